"""Claim: a person sees, hears and copies what the network says; no text breaks out, and nothing leaves the page."""

import pytest
from pages import HOSTILE, opened
from shops import SMALL, shop

from benchmarks.quality.carried import shown
from nnlite.classifier.title_classifier import TitleClassifier

TITLE = "Blue dress zebra"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """The page of a small shop, among whose categories are hostile ones."""
    titles, names = shop()
    path = tmp_path_factory.mktemp("page") / "shop.html"
    titles += [f"{i % 5} hat" for i in range(40)]
    names += [[HOSTILE[i % len(HOSTILE)]] for i in range(40)]
    TitleClassifier(**SMALL, ngrams=2, threads=1).fit(titles, names).to_page(path, example="Red shoe")
    return path


@pytest.fixture(scope="module")
def browser(path):
    with opened(path) as page:
        yield page.context.browser


@pytest.fixture
def tab(browser, path):
    """A new tab, in which nothing may fail, be asked for elsewhere, or be forbidden by the policy."""
    page = shown(browser, path)
    yield page
    assert page.errors == [] and page.asked == [path.as_uri()]
    assert page.evaluate("typeof broken") == "undefined"
    page.context.close()


def text(page, selector):
    return page.locator(selector).inner_text()


def test_categories_bars_and_words(tab):
    tab.fill("#titles", TITLE)
    tab.wait_for_function("() => document.querySelector('#found .for')")
    names = tab.locator("#found .name").all_inner_texts()
    assert len(names) == 5 and set(names[:2]) == {"Women", "Dresses"}
    assert "dress" in text(tab, "#found li:first-child .for") and "zebra" not in text(tab, "#found")
    assert tab.locator("#found li.named").count() == 2 and text(tab, "#said") == f"Named: {names[0]}, {names[1]}."
    assert tab.locator("#words .unknown").all_inner_texts() == ["zebra\n(unknown)"]
    widths = tab.eval_on_selector_all("#found .bar", "bars => bars.map(bar => parseFloat(bar.style.width))")
    assert widths == sorted(widths, reverse=True) and widths[0] > 50
    tab.fill("#titles", "zebra")
    assert tab.locator("#found li.named").count() == 0 and "none is named" in text(tab, "#said")


def test_details_follow_the_title(tab):
    tab.fill("#titles", TITLE)
    for name in "effects", "sheet":
        tab.click(f"#{name} summary")
    assert tab.locator("#effect-table tbody th").all_inner_texts() == ["blue", "dress", "zebra"]
    assert tab.locator("#effect-table tbody td").count() == 15
    shown_sum = tab.locator("#steps .sum").nth(1).locator("tbody tr").last.inner_text().split()
    logit = tab.evaluate("view.found.z[view.found.top[0].label]")
    assert shown_sum[0] == "z" and float(shown_sum[-1].replace("−", "-")) == pytest.approx(logit, abs=6e-4)
    tab.select_option("#category", index=2)
    assert text(tab, "#steps .formula >> nth=1").endswith(f"{tab.evaluate('view.found.top[2].p'):.4f}")
    tab.fill("#unit", "3")
    assert text(tab, "#steps .formula >> nth=0").startswith("h₃ = max(0, z) = ")
    tab.fill("#titles", "shoe")
    tab.wait_for_function("() => document.querySelectorAll('#effect-table tbody th').length == 1")
    assert tab.input_value("#unit") == "3"


def test_many_titles_become_a_table_to_copy(tab):
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.fill("#shown", "2")
    tab.fill("#titles", "blue dress\n\n=1+1 shoe\nzebra\n")
    tab.wait_for_function("() => document.querySelector('#tsv').value")
    assert not tab.is_visible("#one") and tab.locator("#table tbody tr").count() == 4
    tab.click("#copy")
    tab.wait_for_function("() => document.querySelector('#copied').textContent")
    rows = [line.split("\t") for line in tab.evaluate("navigator.clipboard.readText()").splitlines()]
    assert rows[0] == ["title", "category 1", "probability 1", "category 2", "probability 2"]
    assert [row[0] for row in rows[1:]] == ["blue dress", "", "'=1+1 shoe", "zebra"]
    assert rows[2:] == [[""], rows[3], ["zebra"]] and {rows[1][1], rows[1][3]} == {"Women", "Dresses"}
    assert rows[3][1] in ("Men", "Shoes") and float(rows[3][2]) > 0.2
    tab.fill("#titles", "blue dress")
    assert tab.is_visible("#one") and not tab.is_visible("#many")


def test_the_address_reproduces_the_page(tab, browser, path):
    tab.fill("#titles", "Crème & dress #1\nshoe = 100%")
    tab.fill("#shown", "3")
    tab.fill("#above", "0.25")
    tab.wait_for_function("() => location.hash.includes('above=0.25')")
    other = shown(browser, path, tab.evaluate("location.hash"))
    for name in "#titles", "#shown", "#above":
        assert other.input_value(name) == tab.input_value(name)
    other.wait_for_function("() => document.querySelector('#tsv').value")
    assert other.locator("#table thead th").count() == 4
    other.evaluate("location.hash = '#title=dress'")
    other.wait_for_function("() => document.querySelector('#titles').value == 'dress'")
    other.context.close()


@pytest.mark.parametrize("fragment, want", [
    ("", ("Red shoe", "5")), ("#title=&shown=x&above=", ("", "5")), ("#shown=1e9&above=-7&title=%ff", ("\ufffd", "17")),
    ("#shown=0&__proto__=1&title=a&title=b", ("a", "1")), ("#%%%&&==", ("Red shoe", "5"))])
def test_any_address_opens_the_page(fragment, want, browser, path):
    page = shown(browser, path, fragment)
    assert (page.input_value("#titles"), page.input_value("#shown")) == want and page.errors == []
    assert 0 <= float(page.input_value("#above")) <= 1
    page.context.close()


def test_hostile_titles_and_categories_are_words(tab):
    before = tab.evaluate("document.querySelectorAll('*').length")
    tab.fill("#shown", "50")
    for title in [*(title.replace("\0", "").replace("\ud800", "") for title in HOSTILE), "hat"]:
        tab.fill("#titles", title)
        assert tab.locator("img, svg, iframe, object, main script, #found b, #words b").count() == 0
    names = tab.locator("#found .name").all_inner_texts()
    assert any("<script>broken()</script>" in name or "onerror" in name for name in names)
    tab.fill("#titles", "\n".join(HOSTILE[:4]))
    tab.wait_for_function("() => document.querySelector('#tsv').value")
    assert tab.locator("img, svg, iframe, main script").count() == 0 < before


def test_a_title_of_100_000_characters(tab):
    tab.fill("#titles", "dress " * 16_667)
    assert "Dresses" in tab.locator("#found .name").all_inner_texts()
    assert not tab.is_visible("#effects")
    tab.evaluate("view.showOne('x'.repeat(2 ** 20 + 1))")
    assert "more than 1,048,576 characters" in text(tab, "#said") and not tab.is_visible("#one")


def test_all_that_can_be_used_is_reached_by_keys_in_order(tab):
    """And has a name for those who hear the page."""
    for name in "effects", "sheet":
        tab.click(f"#{name} summary")
    tab.focus("#titles")
    reached = ["titles"]
    for _ in range(20):
        tab.keyboard.press("Tab")
        reached.append(tab.evaluate("document.activeElement.id || document.activeElement.tagName + "
                                    "(document.activeElement.ariaLabel ?? document.activeElement.textContent)"))
    wanted = ["titles", "shown", "above", "SUMMARYWhat each word does", "DIVWhat each word does",
              "SUMMARYHow the network computes it", "DIVKnown tokens", "unit", "DIVA sum", "category", "DIVA sum"]
    assert reached[:len(wanted)] == wanted
    unnamed = "all => all.filter(e => !e.labels?.length && !e.textContent && !e.ariaLabel).map(e => e.id)"
    assert tab.eval_on_selector_all("input, textarea, select, button, summary", unnamed) == []
    assert tab.get_attribute("#said", "role") == "status" and tab.get_attribute("html", "lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_scrolls_sideways(scheme, browser, path):
    page = shown(browser, path, viewport={"width": 360, "height": 740}, color_scheme=scheme)
    page.fill("#titles", "W" * 300 + " blue dress with a very long title " * 4)
    for name in "effects", "sheet":
        page.click(f"#{name} summary")
    for title in None, "blue dress\n" + "W" * 300:
        if title:
            page.fill("#titles", title)
            page.wait_for_function("() => document.querySelector('#tsv').value")
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 248)", "dark": "rgb(22, 22, 20)"}[scheme] and page.errors == []
    page.context.close()
