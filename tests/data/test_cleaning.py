"""Claim: cleaning leaves the text that a reader of the page would see, on one line, in linear time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from product_files import quick

from nnlite.data.cleaning import clean
from nnlite.data.lines import MAX_LINE_BYTES


@pytest.mark.parametrize(
    "text, want",
    [
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("Tom &amp;amp;amp; Jerry", "Tom &amp; Jerry"),
        ("AT&T, 911&GT3, R&D;", "AT&T, 911&GT3, R&D;"),
        ("&#39;a&#x27;&nbsp;b &unknown; &;", "'a' b &unknown; &;"),
        ("3 < 5 > 4, I <3 you, <<, a <", "3 < 5 > 4, I <3 you, <<, a <"),
        ("3 &lt; 5", "3 < 5"),
        ("<b>Bold</b><br/>mug <!DOCTYPE html><?xml?>", "Bold mug"),
        ("&lt;b&gt;Mug&lt;/b&gt;", "Mug"),
        ("<A HREF='x'\n>Mug", "Mug"),
        ("a<script type='x'>if (a < b) { c() }</SCRIPT >b<style>p {}</style>c", "a b c"),
        ("Mug <script> var\n x\n", "Mug"),
        ("Mug <!-- a >\n b --> cup <!-- x", "Mug cup"),
        (" a \t\r\n b\u00a0\u2028c\x1fd ", "a b c d"),
        ("\x00a\x1b[1m\x7f\u200b\u200eb\ud83d\ufeff", "a[1mb"),
        ("👩\u200d🔬 caf\u00e9", "👩\u200d🔬 caf\u00e9"),
        ("", ""),
    ],
)
def test_cleaning(text, want):
    assert clean(text) == want


@quick
@given(st.text(st.one_of(st.sampled_from("<>/!-a b\n\x00"), st.characters(exclude_characters="&"))))
def test_cleaning_twice_is_cleaning_once(text):
    once = clean(text)
    assert clean(once) == once
    assert "\n" not in once and once == once.strip()
    once.encode()


@pytest.mark.parametrize("unit, stays", [
    ("<", True), ("<a", True), ("<!--", False), ("<script", False), ("<script>", False), ("</script ", True),
    ("<style></style>", False), ("&", True), ("&amp", True), ("&#", True), ("< ", True), ("<a '", True)])
def test_cleaning_takes_linear_time(unit, stays):
    text = unit * (MAX_LINE_BYTES // len(unit))
    assert clean(text) == (text.strip() if stays else "")  # quadratic time would take hours
