"""How the characters of a file are written as bytes: `look` decides on a sample, `utf8` gives the file as UTF-8.

A file without a mark is UTF-16 if every other byte is 0, else UTF-8 unless most lines with other letters than ASCII's
are not: then windows-1254 or -1252 if its letters are Turkish or Western, else what charset-normalizer finds.
"""

import codecs
import io
import re
import warnings
from contextlib import suppress
from typing import Any

from nnlite.data.lines import DAMAGE

SAMPLE_BYTES = 1 << 18
MAX_SCANNED_BYTES = 1 << 28  # for the first letter that is not ASCII, in a file that can be read twice
MAX_GUESSED_BYTES = 1 << 14
BLOCK_BYTES = 1 << 16
MIN_LOST = 20  # lines that are not in the encoding, or a tenth of all, before a file is refused for them
HINT = "name its encoding with --encoding, such as cp1252, cp1251, shift_jis or gb18030"
MARKS = {  # the longer ones first: the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
WESTERN = {  # letters of windows-1252 by language
    "French": "àâæçéèêëîïôœùûüÿ",
    "German": "äöüßéà",
    "Spanish, Catalan": "áéíóúñüçàèòï",
    "Portuguese": "áàâãçéêíóôõúü",
    "Italian": "àèéìíîòóùú",
    "Nordic": "åäæöøéèü",
    "Dutch": "éëïöüèáóíê",
    "Icelandic": "áéíóúýðþæö",
    "several": "àâäáãåæçèéêëîïíôöóøõœùûüúñß",
}
TURKISH = "ğışĞİŞ"
CANDIDATES = ["cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874",
              "iso8859_2", "cp932", "euc_jp", "gb18030", "big5", "cp949"]  # that charset-normalizer compares
NO_TEXT = {"idna", "punycode", "raw_unicode_escape", "unicode_escape", "undefined", "mbcs", "oem"}
_OTHER = re.compile(r"[^\0-\x7f]")
_ODD = re.compile(r"(?<=[^\W\d_])[^\w\s\0-\x7f·´’‘–—…•®™°\xad](?=[^\W\d_])|"
                  r"[²³¹](?=[^\W\d_])|õ(?!e)")  # not in a Western word


def checked_name(encoding: str) -> str:
    """The encoding's usual name. ValueError for one that Python does not know, or that is not one of text."""
    with suppress(LookupError, ValueError, TypeError):
        found = codecs.lookup(encoding)
        if found.name.replace("-", "_") not in NO_TEXT and getattr(found, "_is_text_encoding", True):
            return found.name
    raise ValueError(f"encoding: want one that Python knows, such as utf-8, cp1252 or shift_jis, got {encoding!r}")


def decide(sample: bytes) -> tuple[str, str]:
    """(name of the encoding, why) of a file that begins with `sample`; why is empty where nothing was assumed.

    Raises ValueError (without the path) where the encoding cannot be decided.
    """
    for mark, name in MARKS.items():
        if sample.startswith(mark):
            return name, "" if name == "utf-8" else f"read as {name}: the file begins with its mark"
    if sample.isascii() and b"\0" not in sample:
        return "utf-8", ""
    if name := _wide(sample):
        return name, f"read as {name}: every other byte is 0"
    lines = [line for line in _whole_lines(sample).splitlines() if not line.isascii()]
    n_lost = sum(not _is_utf8(line) for line in lines)
    if not n_lost:
        return "utf-8", ""
    found = f"{n_lost:,} of {len(lines):,} lines with other letters than ASCII's are not UTF-8"
    if 2 * n_lost <= len(lines):
        return "utf-8", f"read as UTF-8, but {found}"
    name, reason = _eight_bit(b"\n".join(lines)[:SAMPLE_BYTES], found)
    return name, f"read as {name}: {found}, {reason}"


def look(file: Any) -> tuple[bytes, Any]:
    """(sample, file) of a file of bytes: its beginning, or, if all that is ASCII, what is around the first other byte.

    The file returned begins where the one given does now. Only a plain file is searched beyond its beginning.
    """
    sample = _read(file, SAMPLE_BYTES)
    if isinstance(file, io.BufferedReader) and isinstance(file.raw, io.FileIO) and file.seekable():
        start = file.tell() - len(sample)
        found, n_scanned = sample, len(sample)
        while found.isascii() and n_scanned < MAX_SCANNED_BYTES and (block := file.read(BLOCK_BYTES << 4)):
            n_scanned += len(block)
            if not block.isascii():
                file.seek(start + n_scanned - len(block) + len(block[:_first_other(block)]) & ~3)
                found = sample[:BLOCK_BYTES] + b"\n" + file.readline() + file.read(SAMPLE_BYTES - BLOCK_BYTES)
        file.seek(start)
        return found, file
    return sample, io.BufferedReader(_Joined(sample, file), BLOCK_BYTES)


def utf8(file: Any, encoding: str) -> Any:
    """The file (of bytes, with read1) as a file of UTF-8 bytes, whatever its encoding.

    Bytes that the encoding does not know come out as a byte that is not UTF-8. Where the file ends, reading raises
    ValueError if most lines with other letters than ASCII's hold such bytes.
    """
    name = checked_name(encoding)
    recoded = file if name == "utf-8" else io.BufferedReader(_Recoded(file, name), BLOCK_BYTES)
    return io.BufferedReader(_Watched(recoded, name), BLOCK_BYTES)


def _read(file, n_bytes):
    """The next bytes, as many as are asked for unless the file ends or is damaged."""
    parts: list[bytes] = []
    while (n_bytes := n_bytes - len(parts[-1] if parts else b"")) > 0:
        try:
            block = file.read1(n_bytes)
        except (ValueError, *DAMAGE):  # which will be met again
            break
        if not block:
            break
        parts.append(block)
    return b"".join(parts)


def _first_other(block):
    """Index of the first byte that is not ASCII."""
    return len(block) - len(block.lstrip(bytes(range(128))))


def _whole_lines(sample):
    """The sample without a last line that may be cut, or without a last character that may be, if it is one line."""
    if len(sample) < SAMPLE_BYTES:
        return sample
    end = max(sample.rfind(b"\n"), sample.rfind(b"\r")) + 1 or len(sample) - 1
    while len(sample) > end > len(sample) - 4 and 0x80 <= sample[end] < 0xc0:  # the middle of a character in UTF-8
        end -= 1
    return sample[:end]


def _is_utf8(line):
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _wide(sample):
    """UTF-16 of either order, where one byte of most pairs is 0 in the characters that are ASCII."""
    n_pairs = len(sample) // 2
    first, second = sample[:2 * n_pairs:2].count(0), sample[1:2 * n_pairs:2].count(0)
    for name, many, few in (("utf-16-le", second, first), ("utf-16-be", first, second)):
        if n_pairs and many > 0.1 * n_pairs and few < 0.01 * n_pairs:
            with suppress(UnicodeDecodeError):
                sample[:2 * n_pairs].decode(name, "ignore").encode()
                return name
    return ""


def _eight_bit(lines, found):
    """(encoding, reason) of lines that are not UTF-8."""
    fit = _western_fit(lines)
    if _is_turkish(lines):
        return "cp1254", "and the letters are those of Turkish"
    if fit >= 0.95:
        return "cp1252", "and the letters are those of a Western language"
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        if fit >= 0.9:
            return "cp1252", "and most letters are those of a Western language"
        raise ValueError(f'{found}; {HINT}, or install charset-normalizer (pip install "nnlite[files]")') from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        guess = from_bytes(lines[:MAX_GUESSED_BYTES], cp_isolation=CANDIDATES).best()
    if not guess and fit < 0.8:
        raise ValueError(f"{found}, and what they are is not clear; {HINT}")
    return guess.encoding if guess else "cp1252", "and charset-normalizer takes it for that"


def _is_turkish(lines):
    """Whether it is Turkish, whose own letters stand in place of Icelandic ones."""
    text = lines.decode("cp1254", "ignore").lower()
    return len(re.findall(f"[{TURKISH}]", text)) * 5 >= len(_OTHER.findall(text)) > 0 and not re.search("[áæóú]", text)


def _western_fit(lines):
    """The share of letters that are not ASCII, as windows-1252, that one language has; 0 if it cannot be that."""
    try:
        text = lines.decode("cp1252")
    except UnicodeDecodeError:
        return 0.0
    letters = [letter for letter in _OTHER.findall(text.lower()) if letter.isalpha() and letter not in "ªºµƒ"]
    n_odd = len(_ODD.findall(text))
    runs = re.findall("[^\\W\\d_\\0-\\x7f]{3,}", text)  # words of no ASCII letters
    if n_odd * 20 > len(letters) or sum(map(len, runs)) * 10 > len(letters) > 0:
        return 0.0
    return max(sum(letter in own for letter in letters) for own in WESTERN.values()) / len(letters) if letters else 1.0


def _invalid(error):
    """The error handler that keeps what cannot be decoded as a byte that is not UTF-8."""
    return ("\udcff" if isinstance(error, UnicodeDecodeError) else b"\xff"), error.end


codecs.register_error("nnlite.invalid", _invalid)


class _Raw(io.RawIOBase):
    """A file made of blocks: `_block` gives the next one, b"" at the end."""

    def __init__(self) -> None:
        self._ready = b""

    def readable(self) -> bool:
        """As the io module asks: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with bytes of one block at most; how many, 0 at the end."""
        self._ready = self._ready or self._block()
        n = min(len(buffer), len(self._ready))
        buffer[:n], self._ready = self._ready[:n], self._ready[n:]
        return n

    def read1(self, size: int = -1) -> bytes:
        """Some bytes, at most `size`, without a copy where a block is not longer."""
        block, self._ready = self._ready or self._block(), b""
        if 0 <= size < len(block):
            block, self._ready = block[:size], block[size:]
        return block

    def _block(self) -> bytes:
        raise NotImplementedError


class _Joined(_Raw):
    """Some bytes, then a file."""

    def __init__(self, start: bytes, file: Any):
        super().__init__()
        self._ready, self._file = start, file

    def _block(self) -> bytes:
        return self._file.read1(BLOCK_BYTES)


class _Recoded(_Raw):
    """A file in another encoding as UTF-8."""

    def __init__(self, file: Any, encoding: str):
        super().__init__()
        self._file, self._name = file, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)("nnlite.invalid")
        self._is_end = False

    def _block(self) -> bytes:
        text = ""
        while not text and not self._is_end:
            block = self._file.read1(BLOCK_BYTES)
            self._is_end = not block
            try:
                text = self._decoder.decode(block, final=self._is_end)
            except UnicodeError:  # no mark tells the order of the bytes: as most have it
                block = self._decoder.getstate()[0] + block
                self._decoder = codecs.getincrementaldecoder(f"{self._name}-le")("nnlite.invalid")
                text = self._decoder.decode(block, final=self._is_end)
        return text.encode("utf-8", "surrogateescape" if "\udcff" in text else "nnlite.invalid")


class _Watched(_Raw):
    """A file of UTF-8 bytes that counts the lines which are not."""

    def __init__(self, file: Any, name: str):
        super().__init__()
        self._file, self._name, self._rest = file, name, b""
        self._n_lines = self._n_good = self._n_lost = 0

    def _block(self) -> bytes:
        block = self._file.read1(BLOCK_BYTES)
        lines, end, rest = (self._rest + block).rpartition(b"\n")
        self._rest = rest[:SAMPLE_BYTES] if block else b""
        self._count(lines if block else lines + rest)
        if not block and self._n_lost > self._n_good and (
                self._n_lost >= MIN_LOST or 10 * self._n_lost >= self._n_lines):
            raise ValueError(f"{self._n_lost:,} of {self._n_lost + self._n_good:,} lines with other letters than "
                             f"ASCII's are not {self._name}; {HINT}")
        return block

    def _count(self, lines: bytes) -> None:
        self._n_lines += (n_lines := lines.count(b"\n") + 1)
        if lines.isascii():
            return
        if _is_utf8(lines):
            self._n_good += n_lines  # not more
            return
        for line in lines.split(b"\n"):
            if not line.isascii():
                is_good = _is_utf8(line)
                self._n_good, self._n_lost = self._n_good + is_good, self._n_lost + (not is_good)
