"""Claim: an encoding is decided at known shares of lines and letters; bytes come out once, in any pieces."""

import codecs
import io

import pytest

from nnlite.data.files import encoding
from nnlite.data.files.encoding import HINT, MIN_LOST, SAMPLE_BYTES, decide, look, utf8

GOOD, BAD = "Café\n".encode(), "Café\n".encode("cp1252")


class Pieces(io.BytesIO):
    """A file that is read `size` bytes at a time and, if it is damaged, raises an error where it ends."""

    def __init__(self, content, size=5, is_damaged=False):
        super().__init__(content)
        self.size, self.is_damaged = size, is_damaged

    def read1(self, size=-1):
        block = super().read1(min(self.size, size) if size >= 0 else self.size)
        if self.is_damaged and not block:
            raise OSError("damaged")
        return block


@pytest.mark.parametrize("n_bad, n_good, name", [
    (1, 1, "utf-8"), (2, 1, "cp1252"), (2, 2, "utf-8"), (3, 2, "cp1252"), (0, 3, "utf-8"), (1, 0, "cp1252")])
def test_most_lines_decide(n_bad, n_good, name):
    found, why = decide(b"plain\n" * 9 + BAD * n_bad + GOOD * n_good)
    assert found == name and (f"{n_bad} of {n_bad + n_good} lines" in why) == (n_bad > 0)


@pytest.mark.parametrize("mark, name", [*encoding.MARKS.items()])
def test_marks(mark, name):
    found, why = decide(mark + "a\n".encode(name))
    assert found == name and bool(why) == (name != "utf-8")


@pytest.mark.parametrize("text, name, is_wide", [
    ("a" * 9, "utf-16-le", True), ("a" * 9, "utf-16-be", True), ("ж" * 9 + "a", "utf-16-le", False),
    ("ж" * 8 + "a", "utf-16-le", True)])
def test_utf16_without_a_mark_has_zeros_at_every_other_byte(text, name, is_wide):
    try:
        found = decide(text.encode(name))[0]
    except ValueError:
        found = ""
    assert (found == name) == is_wide
    assert decide(b"a\0\0b" * 9 + b"a")[0] == "utf-8" and decide(b"\0")[0] == "utf-8"


@pytest.mark.parametrize("character", ["é", "ÿ", "€", "漢", "\U0001f600", "\U000bffff", "߿"])
def test_a_character_that_the_sample_cuts_is_no_damage(character):
    size = len(character.encode())
    for n in range(size):
        sample = (b"x" * n + character.encode() * SAMPLE_BYTES)[:SAMPLE_BYTES]
        assert decide(sample) == ("utf-8", "")
        assert decide(b"x\n" + sample[:SAMPLE_BYTES - 2]) == ("utf-8", "")


@pytest.mark.parametrize("n_lost, n_lines, is_refused", [
    (MIN_LOST, 10_000, True), (MIN_LOST - 1, 10_000, False), (5, 49, True), (5, 50, False), (1, 9, True),
    (1, 10, False)])
def test_from_when_on_lost_lines_are_an_error(n_lost, n_lines, is_refused):
    content = b"plain\n" * (n_lines - n_lost) + BAD * n_lost
    for size in 7, 1 << 20:
        file = utf8(Pieces(content, size), "utf-8")
        if is_refused:
            with pytest.raises(ValueError, match=f"^{n_lost} of {n_lost} lines with other letters"):
                file.read()
        else:
            assert file.read() == content


@pytest.mark.parametrize("n_lost, n_good, is_refused", [(3, 2, True), (3, 3, False), (2, 3, False)])
def test_lines_are_lost_where_most_with_other_letters_are(n_lost, n_good, is_refused):
    content = (BAD + GOOD) * min(n_lost, n_good) + BAD * (n_lost - n_good) + GOOD * (n_good - n_lost)
    try:
        assert utf8(Pieces(content, 5), "utf-8").read() == content and not is_refused
    except ValueError as error:
        assert is_refused and HINT in str(error) and f"{n_lost} of {n_lost + n_good} lines" in str(error)


@pytest.mark.parametrize("line, name", [
    ("Kırmızı şapka", "cp1254"), ("şapka çığ böğ ö", "cp1254"), ("ş" + "ö" * 4, "cp1254"), ("ş" + "ö" * 5, None),
    ("Kırmızı é á", None)])
def test_turkish_is_known_by_a_fifth_of_its_letters(line, name):
    line = " ".join(f"a{letter}b" if not letter.isascii() else letter for letter in line)
    try:
        found = decide(line.encode("cp1254") + b"\n")[0]
    except ValueError:
        found = None
    assert (found == "cp1254") == (name == "cp1254")


def test_a_file_that_can_be_read_twice_is_searched(tmp_path, monkeypatch):
    path = tmp_path / "a"
    for n in 1, SAMPLE_BYTES // 6 - 9, SAMPLE_BYTES // 2:
        path.write_bytes(b"# " + b"plain\n" * n + BAD * 3 + b"later\n")
        with open(path, "rb") as file:
            file.read(2)
            sample, same = look(file)
            assert same is file and file.tell() == 2 and BAD in sample and decide(sample)[0] == "cp1252"
            assert sample.startswith(b"plain\n") and file.read() == path.read_bytes()[2:]
    monkeypatch.setattr(encoding, "MAX_SCANNED_BYTES", SAMPLE_BYTES + 9)
    with open(path, "rb") as file:
        assert decide(look(file)[0])[0] == "cp1252"  # one block more is looked at
    monkeypatch.setattr(encoding, "MAX_SCANNED_BYTES", SAMPLE_BYTES)
    with open(path, "rb") as file:
        assert look(file)[0].isascii()


@pytest.mark.parametrize("size", [1, 3, 1 << 20])
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_file_that_can_be_read_once_comes_out_whole(size, is_damaged):
    content = b"abc\n" * (SAMPLE_BYTES // 2 if size > 3 else 9)
    sample, file = look(Pieces(content, size, is_damaged))
    assert sample == content[:SAMPLE_BYTES]
    got = []
    try:
        while block := file.read1(100):
            got.append(block)
    except OSError:
        assert is_damaged
    assert b"".join(got) == content and max(map(len, got)) <= 100


@pytest.mark.parametrize("name, content, text", [
    ("utf-16", "aé".encode("utf-16-le"), "aé"), ("utf-16", "aé".encode("utf-16"), "aé"),
    ("utf-32", "aé".encode("utf-32-le"), "aé"),
    ("utf-16", codecs.BOM_UTF16_BE + "aé".encode("utf-16-be"), "aé"), ("cp1252", b"a\x80", "a€"),
    ("utf-8", "aé".encode(), "aé")])
def test_other_encodings_come_out_in_any_pieces(name, content, text):
    for size in 1, 2, 3, 99:
        assert utf8(Pieces(content, size), name).read().decode().removeprefix("\ufeff") == text
        file, found = utf8(Pieces(content, size), name).raw, b""
        while block := file.read1(1):
            found += block
            assert len(block) == 1
        assert found.decode().removeprefix("\ufeff") == text


@pytest.mark.parametrize("text, fits", [
    ("Größe Käse", True), ("aéb " * 19 + " ašb", True), ("aéb " * 18 + " ašb", False), ("²a", False), ("aõe", True),
    ("aõb", False),
    ("aääb", True), ("äääb", False), ("a£b", False), ("£ 5", True), ("a’b é", True)])
def test_western_letters(text, fits, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "charset_normalizer", None)
    try:
        name, why = decide(text.encode("cp1252") + b"\n")
    except ValueError:
        name, why = "", ""
    assert (name == "cp1252" and "and the letters are those" in why) == fits
