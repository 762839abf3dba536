"""Claim: a report is one file that stands alone, and no data can break out of it."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from problems import compiled
from report_pages import CURVE, SMALL, check_alone, page_of, shop, text_of, with_curve

from nnlite import Record
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool.report.samples import MAX_SAMPLE_CHARS
from nnlite.tool.report.sections import write_report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_a_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium here")

HOSTILE = [
    "<script>broken()</script> dress", "</bdi></td></table><img src=x onerror=broken()> dress",
    "\"'><b onclick=broken()>", "</title></style></script><script>broken()</script> dress",
    "\u202eesrever dress\u2069\u2066", "dress \ud800 \0 \x1b", "&lt;script&gt;broken()&lt;/script&gt; dress",
    "👗👠 dress 👩\u200d👩\u200d👧", "dress " + "x" * 5000, "--> <!-- dress", "]]> dress {{ }} ${1}", "حقيبة dress فستان",
    "<svg/onload=broken()> javascript:broken() https://example.com/x.js dress",
]


def test_the_page_stands_alone(written):
    page = check_alone(text_of(written))
    tags = dict(page.tags)
    assert tags["html"]["lang"] == "en" and sum(tag == "h1" for tag, _ in page.tags) == 1
    assert [attributes["scope"] for tag, attributes in page.tags if tag == "th"]
    assert sum(tag == "svg" for tag, _ in page.tags) == sum(tag == "desc" for tag, _ in page.tags) == 3
    assert list(written.parent.iterdir()) == [written]  # nothing beside it


def test_headings_link_to_the_sections_in_order(written):
    html = text_of(written)
    names = ["scores", "data", "training", "frequency", "reliability", "confused", "samples", "categories"]
    assert re.findall('<li><a href="#(.*?)">', html) == re.findall('<h2 id="(.*?)">', html) == names


@pytest.mark.parametrize("source, title", [
    ("", "Categories from titles"), ("x" * 80, "Categories from titles: " + "x" * 80),
    ("x" * 81, "Categories from titles: " + "x" * 79 + "…")])
def test_the_title_of_a_page_names_the_source(source, title, trained, tmp_path):
    html = page_of(tmp_path, trained, shop(), source=source)
    assert f"<title>{title}</title>" in html
    assert ("60 records of " in html) == bool(source) and f"{len(trained.classes_)} categories</p>" in html


@pytest.mark.parametrize("name", ["title", "category", "source"])
def test_hostile_words_stay_words(name, trained, tmp_path):
    records = list(shop(21)) + [Record(title, ("Gifts",)) for title in HOSTILE]
    classifier = trained
    if name == "category":
        names = 5 * HOSTILE
        records = [Record(f"{i % 3} dress", tuple(names[i:i + 3])) for i in range(60)]
        classifier = TitleClassifier(**{**SMALL, "epochs": 2}).fit(*zip(*records))
    write_report(tmp_path / "report.html", classifier, records, source=HOSTILE[0] if name == "source" else "")
    html = text_of(tmp_path / "report.html")
    page = check_alone(html)
    assert not re.search("[\0-\x08\x1b\u202a-\u202e\u2066-\u2069]", html)
    assert html.count("<script>") == 1 and len(html.encode()) < 1_000_000
    shown = "".join(page.words)
    assert "broken()" in shown and all(len(words) <= MAX_SAMPLE_CHARS for words in page.bdi)


def test_what_cannot_be_reported_is_an_error(trained, tmp_path):
    with pytest.raises(ValueError, match="want records with a category that the model knows, got none in 1"):
        write_report(tmp_path / "report.html", trained, [Record("red dress", ("Other",))])
    with pytest.raises(ValueError, match="got none in 0"):
        write_report(tmp_path / "report.html", trained, [])
    with pytest.raises(ValueError, match="want a trained"):
        write_report(tmp_path / "report.html", TitleClassifier(), shop())
    with pytest.raises(OSError):
        write_report(tmp_path / "nowhere" / "report.html", trained, shop())


def test_odd_data_have_a_report(trained, tmp_path):
    """Perfect predictions, no short title, no curve, odd figures in a model that came from elsewhere."""
    for records in ([Record("blue dress", ("Women", "Dresses"))], [Record("dress " * 99, ("Women", "Dresses"))]):
        write_report(tmp_path / "report.html", trained, records)
        check_alone(text_of(tmp_path / "report.html"))
    kept = trained.training_
    for odd in {}, {"steps": "<b>", "seconds": None, "validation": 5}, {"validation": [3, {"P@1": "<b>"}]}:
        trained.training_ = odd
        write_report(tmp_path / "report.html", trained, shop())
        check_alone(text_of(tmp_path / "report.html"))
    trained.training_ = kept


def test_major_categories_have_a_report(tmp_path):
    titles, categories = zip(*shop())
    classifier = TitleClassifier(**SMALL, major=["Dresses", "Shoes", "Bags"]).fit(titles, categories)
    write_report(tmp_path / "report.html", classifier, shop())
    page = check_alone(text_of(tmp_path / "report.html"))
    assert "accuracy" in "".join(page.words) and len(page.values("All categories")) == 3


@compiled
def test_below_1_mb(tmp_path):
    """2,000 labels with long names of which each letter needs five, and titles likewise."""
    rng = np.random.default_rng(0)
    names = [f"{i} " + "&" * 300 for i in range(2_000)]
    records = [Record("& " * 150 + "".join(rng.choice(list("abc "), 90)), tuple(names[2 * i % 2000:][:2]))
               for i in range(4_000)]
    classifier = TitleClassifier(**{**SMALL, "epochs": 1, "batch_rows": 512}).fit(*zip(*records))
    assert len(classifier.classes_) == 2_000
    write_report(tmp_path / "report.html", with_curve(classifier, CURVE), records)
    html = text_of(tmp_path / "report.html")
    rows = len(check_alone(html).values("All categories"))
    assert len(html.encode()) < 1_000_000 and f"The {2_000 - rows:,} rarest are left out." in html


PROBE = """<script>
const errors = [];
addEventListener("error", event => errors.push(event.message));
addEventListener("securitypolicyviolation", event => errors.push(event.violatedDirective));
addEventListener("load", () => {
  const frame = document.querySelector("iframe"), page = frame.contentDocument, view = frame.contentWindow;
  const table = page.querySelector("table.sortable"), name = () => table.tBodies[0].rows[0].cells[0].textContent;
  const buttons = table.querySelectorAll("button"), input = page.querySelector("input");
  const seen = [page.documentElement.scrollWidth, view.innerWidth, view.broken ? 1 : 0];
  buttons[0].click(); seen.push(name());
  buttons[0].click(); seen.push(name());
  input.value = "shoe"; input.dispatchEvent(new view.Event("input"));
  seen.push(page.querySelector("output").textContent);
  document.title = JSON.stringify([...seen, errors]);
});
</script><iframe src="report.html" style="width:360px;height:800px;border:0"></iframe>"""


def browse(folder, address, *options):
    """Standard output and error of a headless Chromium."""
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--allow-file-access-from-files",
         "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", *options, address.as_uri()],
        capture_output=True, timeout=120, encoding="utf-8", errors="replace")
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    return done.stdout


@in_a_browser
def test_on_a_phone(trained, tmp_path):
    """360 pixels wide the page does not scroll sideways, whatever the titles; tables sort and filter; no error."""
    write_report(tmp_path / "report.html", with_curve(trained, CURVE),
                 [*shop(), *(Record(title, ("Gifts",)) for title in HOSTILE), Record("W" * 399, ("Gifts",))])
    (tmp_path / "probe.html").write_text(PROBE)
    found = re.search(r"<title>(.*?)</title>", browse(tmp_path, tmp_path / "probe.html", "--dump-dom"))
    names = sorted(trained.classes_)
    assert found[1] == f'[360,360,0,"{names[0]}","{names[-1]}","1 of {len(names)}",[]]'


@in_a_browser
def test_in_the_dark(written, tmp_path):
    image = pytest.importorskip("matplotlib.image", reason="the screenshot is read with matplotlib")
    paper = {}
    for scheme, number in ("light", 1), ("dark", 0):
        browse(tmp_path, written, f"--blink-settings=preferredColorScheme={number}", "--window-size=500,400",
               f"--screenshot={tmp_path / scheme}.png")
        paper[scheme] = image.imread(tmp_path / f"{scheme}.png")[5, 5, :3].mean()
    assert paper["dark"] < 0.2 < 0.9 < paper["light"]
