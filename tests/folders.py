"""A small folder of arrays of every kind, changes of it, and how it is refused."""

import io
import json
import zlib

import numpy as np
import pytest
from problems import change_json

from nnlite.system import array_folder

KIND = "model"
ARRAYS = {"features.W": np.arange(12, dtype=np.float32).reshape(4, 3), "counts": np.array([5, 3], np.int64)}
TEXTS = {"words": ["blue", "", "a\\nb", "two\nlines", "\\", "tab\t", "\r", "\x85\u2028", "裙子", "\ud800"]}


def write(folder, header=None, arrays=ARRAYS, texts=TEXTS):
    array_folder.write(folder, KIND, header or {"answer": 42}, arrays, texts)
    return folder


def change(folder, **entries):
    """Change the JSON of a folder."""
    change_json(folder / "model.json", **entries)


def put(folder, name, content):
    """Put a file into a folder, with the size and the checksum that belong to it."""
    (folder / name).write_bytes(content)
    files = json.loads((folder / "model.json").read_text())["files"]
    change(folder, files=files | {name: {"bytes": len(content), "crc32": zlib.crc32(content)}})


def npy(descr="<f4", shape=(4, 3), content=b"\0" * 48, by_columns=False):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": by_columns, "shape": shape})
    return file.getvalue() + content


def texts_of(folder):
    return {name: list(lines) for name, lines in array_folder.read(folder, KIND)[2].items()}


def refused(folder, *words):
    with pytest.raises(ValueError) as error:
        array_folder.read(folder, KIND)
    for word in (str(folder), *words):
        assert word in str(error.value)
