"""A file's encoding is found on a sample, and its bytes come out as UTF-8."""

import bz2
import gzip
import io
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlite.data.files import encoding
from nnlite.data.files.encoding import SAMPLE_BYTES, checked_name, decide, look, utf8

TEXTS = [  # encoding, the codec's name that is found, text
    ("cp1252", "cp1252", "Café crème, Thé vert, Hygiène, Bébé, L’été à la plage, Bœuf, Numéro n°5 – 10 €"),
    ("cp1252", "cp1252", "Größe, Käse, Grüner Tee, Küche & Haushalt, Schöne Tüte, 5 € – „neu“, Straße"),
    ("cp1252", "cp1252", "Größe, Käse, Señora, Maçã, Smörgås, Bébé, Beauté"),
    ("latin-1", "cp1252", "Calções, Camisões, Não, Máquina, Pão, Açúcar"),
    ("cp1252", "cp1252", "Lego® set – 5½ inch, “Big” 20° £5 don’t, Pokémon™"),
    ("cp1250", "cp1250", "Odzież damska, Koszulka z długim rękawem, Buty męskie, Zażółć gęślą jaźń, Książki"),
    ("cp1250", "cp1250", "Dům a zahrada, Dětské hračky, Příslušenství, Pánské oblečení, Dámské boty, Červené tričko"),
    ("cp1250", "cp1250", "Női ruházat, Férfi cipő, Gyerekjáték, Fehér vízforraló, Bőr táska, Fűnyíró"),
    ("cp1251", "cp1251", "Женская одежда, Мужская одежда, Комбинезон с отделкой, Детские игрушки, Книги"),
    ("koi8-r", "koi8_r", "Женская одежда, Мужская одежда, Комбинезон с отделкой, Детские игрушки, Книги"),
    ("cp1253", "cp1253", "Γυναικεία ρούχα, Ανδρικά παπούτσια, Παιχνίδια, Βιβλία, Κουζίνα, Λευκός βραστήρας"),
    ("cp1254", "cp1254", "Kırmızı şapka, Giyim, Ayakkabı"),
    ("cp1252", "cp1252", "Þýskar bækur, Íslensk föt, Skór, Það, Hljóðfæri"),
    ("cp1254", "cp1254", "Kadın giyim, Erkek ayakkabı, Tişört, Çocuk oyuncakları, Mutfak gereçleri, Güneş gözlüğü"),
    ("shift_jis", "cp932", "婦人服, 男性用の靴, 台所用品, おもちゃ, 本とマンガ, 白い電気ケトル, 子供用のTシャツ"),
    ("gbk", "gb18030", "女装, 男鞋, 厨房用品, 儿童玩具, 图书, 白色电热水壶, 运动鞋, 手机配件"),
    ("big5", "big5", "女裝, 男鞋, 廚房用品, 兒童玩具, 圖書, 白色電熱水壺, 運動鞋, 手機配件"),
    ("euc_kr", "cp949", "여성 의류, 남성 신발, 주방용품, 어린이 장난감, 도서, 흰색 전기 주전자, 운동화"),
]
ANY = ["utf-8", "cp1252", "utf-16", "utf-16-le", "utf-32", "shift_jis", "gb18030", "big5", "cp949", "utf-7",
       "iso2022_jp", "hz", "utf-8-sig"]
WIDE = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]


def opened(content):
    return io.BufferedReader(io.BytesIO(content))


def read_as(content, name):
    return utf8(opened(content), name).read()


@pytest.mark.parametrize("name, found, line", TEXTS)
def test_encodings_are_found_and_read(name, found, line):
    if found != "cp1252":
        pytest.importorskip("charset_normalizer", reason="other encodings are guessed by charset-normalizer")
    for n in (1, 5, 50):
        text = "title,category\n" + f"{line}\n" * n
        got, why = decide(text.encode(name))
        assert got == found, n
        assert f"read as {found}: {n} of {n} lines" in why
        assert read_as(text.encode(name), got).decode() == text


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("line", ["Käse,Milch\r\n", "Женская одежда, Товары\n"])
def test_wide_encodings_are_found_and_read(name, line):
    content = ("title,category\n" + line * 9).encode(name)
    got, _ = decide(content)
    assert read_as(content, got).decode().removeprefix("\ufeff") == "title,category\n" + line * 9


def test_without_the_detector_a_western_file_is_read_and_another_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    assert decide("title\nCafé\n".encode("cp1252"))[0] == "cp1252"
    for name, found, line in TEXTS:
        if found not in ("cp1252", "cp1254"):
            with pytest.raises(ValueError, match=r'^1 of 1 lines with other letters .* --encoding.* "nnlite\[files\]"'):
                decide(line.encode(name) + b"\n")


def test_a_few_lines_that_are_not_utf8_do_not_change_the_encoding():
    lines = ["Café\n".encode()] * 9 + ["Café\n".encode("cp1252")] * 3
    got, why = decide(b"".join(lines))
    assert got == "utf-8" and "3 of 12 lines with other letters than ASCII's are not UTF-8" in why
    assert read_as(b"".join(lines), got) == b"".join(lines)


def test_utf8_that_the_sample_cuts_is_utf8():
    for n in range(4):
        assert decide((b"x" * n + "漢".encode() * SAMPLE_BYTES)[:SAMPLE_BYTES]) == ("utf-8", "")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "é\n", "\né", "é", "\n漢"])
@pytest.mark.parametrize("more", [0, 1, 5])
def test_a_sample_may_end_with_any_part_of_a_line(end, more):
    lines, last = "é\n".encode() * 1000, end.encode()
    for n_cut in range(min(3, len(last))):
        cut = last[:len(last) - n_cut]
        assert decide(b"x" * (SAMPLE_BYTES + more - len(lines + cut)) + lines + cut) == ("utf-8", "")


def test_most_lines_lost_is_an_error_at_the_end():
    content = "title,category\nCafé,B\nThé,B\nSavon,C\n".encode("cp1252")
    with pytest.raises(ValueError, match=r"^2 of 2 lines with other letters than ASCII's are not utf-8; .*--encoding"):
        read_as(content, "utf-8")
    assert read_as(b"a\n" * 1000 + content, "utf-8").endswith(content)  # 2 of 1004 lines


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress])
def test_a_late_letter_is_seen_or_its_loss_is_an_error(tmp_path, pack):
    content = b"title,category\n" + b"plain,thing\n" * 60_000 + "Café crème,Thé\n".encode("cp1252") * 30
    path = tmp_path / "a.csv"
    path.write_bytes(pack(content))
    openers = {bytes: open, gzip.compress: gzip.open, bz2.compress: bz2.open}
    with openers[pack](path, "rb") as file:
        sample, file = look(file)
        name, _ = decide(sample)
        if pack is bytes:
            assert name == "cp1252" and utf8(file, name).read().decode() == content.decode("cp1252")
        else:
            with pytest.raises(ValueError, match="30 of 30 lines"):
                utf8(file, name).read()


@pytest.mark.parametrize("name", ["utf8", "UTF-8", "latin1", "windows-1251", "sjis"])
def test_a_name_of_an_encoding_may_be_any_that_python_knows(name):
    assert checked_name(name)


@pytest.mark.parametrize("name", ["", "utf-9", "rot13", "base64", "unicode_escape", "idna", "\0", "x" * 999, None, 7])
def test_another_name_is_an_error(name):
    with pytest.raises(ValueError, match="^encoding: want one that Python knows"):
        checked_name(name)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(ANY))
def test_any_bytes_in_any_encoding_give_text_or_one_clear_error(content, name):
    for attempt in (lambda: decide(content), lambda: read_as(content, name)):
        try:
            attempt()
        except ValueError as error:
            assert "--encoding" in str(error) and not isinstance(error, UnicodeError)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
       st.sampled_from(["utf-8", "utf-16", "utf-32", "gb18030"]), st.integers(1, 9))
def test_text_comes_back_whatever_the_size_of_a_block(text, name, size):
    block, encoding.BLOCK_BYTES = encoding.BLOCK_BYTES, size
    try:
        assert read_as(text.encode(name), name).decode().removeprefix("\ufeff") == text.removeprefix("\ufeff")
    finally:
        encoding.BLOCK_BYTES = block


def test_what_the_encoding_does_not_know_spoils_its_line_only():
    content = "title\r\nгород\r\n".encode("utf-16-le") + b"\x00\xd8\r\x00\n\x00" + "дом\r\n".encode("utf-16-le")
    lines = read_as(content, "utf-16-le").split(b"\r\n")
    assert [line.decode(errors="replace") for line in lines] == ["title", "город", "\ufffd", "дом", ""]


@pytest.mark.parametrize("start", [b"\xe9" * (SAMPLE_BYTES - 1), b"a\n" * (SAMPLE_BYTES // 2 - 1) + b"\xe9"])
def test_a_sample_may_end_with_a_line(start):
    assert look(opened(start + b"\nabc"))[0] == start + b"\n" and decide(start + b"\n")[0]


def test_memory_is_that_of_a_block():
    content = opened("Женская одежда\n".encode("cp1251") * 300_000)
    tracemalloc.start()
    file = utf8(content, "cp1251")
    while file.read1(1 << 16):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
