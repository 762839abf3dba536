"""Folders as nnlite/FORMATS.md describes them, written without nnlite: any contents, right sizes and checksums."""

import json
import shutil
import zlib

import numpy as np

PART_BYTES = 1 << 24  # of a larger file, whose CRC-32s are summed once more


def crc32_of(content):
    """The CRC-32 of a file, or of the CRC-32s of its parts."""
    parts = [zlib.crc32(content[start:start + PART_BYTES]) for start in range(0, len(content), PART_BYTES)] or [0]
    return parts[0] if len(parts) == 1 else zlib.crc32(np.array(parts, "<u4").tobytes())


def array_bytes(array):
    """A file .npy of format 1.0."""
    head = f"{{'descr': '{array.dtype.str}', 'fortran_order': False, 'shape': {array.shape}, }}".encode()
    head += b" " * (-(10 + len(head) + 1) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + array.tobytes()


def text_bytes(lines):
    """A file .txt of texts, one a line."""
    text = "".join(line.replace("\\", "\\\\").replace("\n", "\\n") + "\n" for line in lines)
    return text.encode("utf-8", "surrogatepass")


def write_folder(folder, kind, number, header, arrays, texts):
    """Write a folder of arrays of format `number`, in the place of one that may be there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    contents = {f"{name}.npy": array_bytes(array) for name, array in arrays.items()}
    contents |= {f"{name}.txt": text_bytes(lines) for name, lines in texts.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    files = {name: {"bytes": len(content), "crc32": crc32_of(content)} for name, content in contents.items()}
    (folder / f"{kind}.json").write_text(json.dumps({"format": number, "kind": kind, **header, "files": files}))
