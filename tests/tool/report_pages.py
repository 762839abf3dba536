"""Reports on a small shop, and what stands in the page of one: shared by the tests of reports."""

import copy
import re
from html.parser import HTMLParser

from nnlite import Record
from nnlite.tool.report import page as html_page
from nnlite.tool.report.sections import write_report

SMALL = dict(epochs=30, hidden=(8,), min_count=2, label_min_count=2, batch_rows=8, word_dropout=0.0, dropout=0.0)
CURVE = [(step, 1 / step) for step in range(1, 1001)]
VOID = {"meta", "br", "input", "path", "circle", "polyline"}


class Page(HTMLParser):
    """What stands in a page: its tags as they open, ids, the cells of each table by caption, all text."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.ids, self.tables, self.words, self.bdi = [], [], [], {}, [], []
        self.caption, self.rows = "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("caption", "table"):
            self.caption, self.rows = "", []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "bdi":
            self.bdi.append("")

    def handle_startendtag(self, tag, attributes):
        assert tag in VOID
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "table":
            self.tables[self.caption] = self.rows

    def handle_data(self, data):
        self.words.append(data)
        if "caption" in self.open:
            self.caption += data
        if "td" in self.open or "th" in self.open:
            self.rows[-1][-1] += data
        if "bdi" in self.open:
            self.bdi[-1] += data

    def values(self, caption):
        """The rows of a table without its head."""
        return self.tables[caption][1:]


def shop(n=60):
    """Titles of which the middle word tells two categories; but some have only the second, or another, or none."""
    things = {"dress": ("Women", "Dresses"), "shoe": ("Men", "Shoes"), "bag": ("Women", "Bags")}
    for i in range(n):
        word, categories = list(things.items())[i % 3]
        yield Record(f"{'blue red green'.split()[i // 3 % 3]} {word} {i % 5}",
                     ("Gifts",) if i % 7 == 3 else categories[i % 5 == 1:] * (i > 0))


def text_of(path):
    return path.read_text(encoding="utf-8")


def check_alone(html):
    """Balanced tags, ids once each, nothing from elsewhere, every link leads somewhere."""
    page = Page(html)
    assert len(set(page.ids)) == len(page.ids)
    for tag, attributes in page.tags:
        assert tag not in ("img", "link", "iframe", "object", "embed", "base", "form")
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "srcset", "action")]
        if "href" in attributes:
            assert attributes["href"][0] == "#" and attributes["href"][1:] in page.ids
        for name in attributes.get("aria-labelledby", "").split():
            assert name in page.ids
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert not re.search(r"url\(|@import|@font-face", html_page.STYLE)
    return page


def with_curve(classifier, curve):
    """A copy of the classifier, of whose training another curve was noted."""
    one = copy.copy(classifier)
    one.training_ = {**classifier.training_, "curve": curve}
    return one


def page_of(folder, classifier, records, **options):
    """The HTML of a report on some records."""
    write_report(folder / "report.html", classifier, records, **options)
    return text_of(folder / "report.html")


def words_in(html):
    """The texts of a page, without its tags, as one."""
    return "".join(Page(html).words)


def percent(fraction):
    """As a reader sees it."""
    return html_page.percent(fraction).replace("&gt;", ">").replace("&lt;", "<")


def sample_titles(html):
    return ["".join(Page(head).words) for head in re.findall("<h4>.*?</h4>", html)]
