"""What the tests of pages share: a page in a browser, if there is one, and titles that are hard or hostile."""

from contextlib import contextmanager

import pytest

from benchmarks.quality import carried

HARD = [  # each with what JavaScript, or a browser's Unicode, might read otherwise than Python
    "STRASSE Straße GROẞ", "İZMİR ISPARTA ılık İ I\u0307 i\u0307", "ΣΊΣΥΦΟΣ ΑΣ Σ ΑΣ\u0301 ΑΣ.Β ΑΣ\u00adΒ", "ﬁt ﬄ ŉ ǅ ǰ",
    "ＡＢＣ１２ ｶﾞｰﾄﾞ ｱﾊﾟｰﾄ ￦ ﾠ", "Cafe\u0301 Café a\u0323\u0307 a\u0307\u0323", "蓝色连衣裙 夏季、全棉。2個",
    "ワンピース Tシャツ ガ", "파란 드레스 \u1112\u1161\u11ab", "ชุดผ้า เด็ก", "हिन्दी साड\u093cी क्\u200dष", "தமிழ் কাপড়",
    "حَقيبة كـــتاب ا\u0654حمر ٢٠٢٤", "שָׁלוֹם שמלה", "می\u200cخواهم", "👩\u200d🔬 🇫🇷 ❤\ufe0f 👍🏽 1\ufe0f\u20e3",
    "１２３ ४५ ๓ Ⅷ ½ 10m² №5 ㊗ 〇", "Levi's O’Neill rock‘n’roll d`or", "T-Shirt T‐Shirt T‑Shirt well—made a_b __init__",
    "a\u00adb x\u200by \ufeffz", "&amp;amp; &lt;b&gt;dress&lt;/b&gt; &eacute; &notit; &#x41;&#65;",
    "&#0; &#128; &#xD800; &#x110000; &#11; &#28; &ampere; &constructor; &toString; &#12ab;",
    "<b>red</b> 3 < 5 <!-- no --> x <script>y</script> z", "<style>a</style >b <SCRIPT>c <scripty>d</scripty>",
    "a\x1cb\x85c\u2028d\u3000e\xa0f", "𝒜𝒷𝒸𝒹𝑒 𐐀𐐨 𞤀𞥋 \U00016e80", "葛\U000e0100城 \u180b", "\ud800dress\udc00",
    "a\ud83d", "\u0345 \u0301b \u20dd", "ϴ Ω Å K ſ ᾈ ǈ ꭰ Ꭰ", "Ա՛ և Ⴀ Ა ა", "#04 ^ < , ,, (blue)!?",
    "\u0378 \U0001fb95 \ua7cb \U00010d50", "", " ", "…", "a " * 40,
]
HOSTILE = [
    "</script><img src=x onerror=broken()> dress", "<script>broken()</script> dress", "\"'><b onclick=broken()>",
    "</textarea></title></style><svg/onload=broken()> dress", "\u202eesrever dress\u2069\u2066", "dress \ud800 \0 \x1b",
    "&lt;script&gt;broken()&lt;/script&gt; dress", "{{ }} ${broken()} dress", "--> <!-- dress",
    "javascript:broken() dress", "=HYPERLINK(\"https://example.com\") dress", "__proto__ constructor toString dress",
]


@contextmanager
def opened(path):
    """As `carried.opened`; the test is skipped where there is no browser."""
    pytest.importorskip("playwright.sync_api", reason="the page is driven by Playwright")
    if not carried.BROWSER:
        pytest.skip("no Chromium here")
    with carried.opened(path) as page:
        yield page
