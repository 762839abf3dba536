"""Claim: texts, percentages and tables become HTML that shows them as they are; the page runs its own script only."""

import base64
import hashlib
import re

import numpy as np
import pytest

from nnlite.tool.report import page as html_page


@pytest.mark.parametrize("fraction, shown", [
    (0, "0"), (0.0049, "&lt;1"), (0.005, "&lt;1"), (0.0051, "1"), (0.994, "99"), (0.9951, "&gt;99"), (1, "100")])
def test_whole_percentages_do_not_round_to_all_or_nothing_either(fraction, shown):
    assert html_page.percent(fraction, 0) == f"{shown}\xa0%"


@pytest.mark.parametrize("kind", ["\0", "\x08", "\x0b", "\x1f", "\x7f", "\x9f", "\ud800", "\udfff", "\ufdd0", "\uffff"])
def test_a_character_that_no_page_may_have_is_replaced(kind):
    assert html_page.bare(f"a{kind}b") == "a\ufffdb"


@pytest.mark.parametrize("kind", ["\u200e", "\u200f", "\u061c", "\u202a", "\u202e", "\u2066", "\u2069"])
def test_a_character_that_turns_the_text_is_left_out(kind):
    assert html_page.bare(f"a{kind}b\t\n\u200d") == "ab\t\n\u200d"


def test_a_table_has_a_header_in_each_row_and_classes_where_words_stand():
    html = html_page.table("C", ["h", "i", "j"], [["a", "b", "c"], ["d", "e", "f"]], words={1: "long", 2: ""})
    assert html == (
        '<div class="box" role="region" tabindex="0" aria-label="C"><table><caption>C</caption><thead><tr>'
        '<th scope="col">h</th><th scope="col" class="words long">i</th><th scope="col" class="words">j</th></tr>'
        '</thead>\n<tbody><tr><th scope="row">a</th><td class="words long">b</td><td class="words">c</td></tr>\n'
        '<tr><th scope="row">d</th><td class="words long">e</td><td class="words">f</td></tr></tbody></table></div>')
    assert html_page.table("C", ["h"], [], sortable=True).count("<table class=sortable>") == 1


def test_the_policy_of_a_page_allows_its_own_script_only():
    html = html_page.page("T", "O", [("x", "X", "inside x"), ("y", "Y", "inside y")])
    script = re.search("<script>(.*?)</script>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in html
    assert '<li><a href="#x">X</a></li><li><a href="#y">Y</a></li>' in html
    assert ('<section aria-labelledby="x"><h2 id="x">X</h2>\ninside x</section>\n'
            '<section aria-labelledby="y"><h2 id="y">Y</h2>\ninside y</section>') in html


def test_a_text_is_cut_after_two_hundred_characters_by_default():
    assert html_page.text("x" * 200) == f"<bdi>{'x' * 200}</bdi>"
    assert html_page.text("x" * 201) == f"<bdi>{'x' * 199}…</bdi>"


@pytest.mark.parametrize("n, of, shown", [
    (0, 1, "0.0"), (1, 9999, "&lt;0.1"), (1, 8, "12.5"), (9999, 10000, "&gt;99.9"), (1, 1, "100.0")])
def test_a_percentage_never_rounds_to_all_or_nothing(n, of, shown):
    assert html_page.percent(n / of) == f"{shown}\xa0%"


@pytest.mark.parametrize("fraction, shown", [
    (0.9995, "&gt;99.9"), (0.99955, "&gt;99.9"), (0.9994, "99.9"), (0.0005, "0.1"), (0.00045, "&lt;0.1")])
def test_a_percentage_at_the_bound_of_all_and_nothing(fraction, shown):
    assert html_page.percent(fraction) == f"{shown}\xa0%"


def test_characters_of_html_are_escaped_quotes_too():
    assert html_page.bare("\"'<&>") == "&quot;&#x27;&lt;&amp;&gt;"
    assert html_page.text("\"'<&>") == "<bdi>&quot;&#x27;&lt;&amp;&gt;</bdi>"


@pytest.mark.parametrize("n, shown", [(9, "x" * 9), (10, "x" * 10), (11, "x" * 9 + "…")])
def test_words_are_cut_to_so_many_characters(n, shown):
    assert html_page.shortened("x" * n, 10) == shown


def test_colours_have_contrast():
    """At least 4.5 between the text and what it stands on, in light and dark: WCAG 2.2, 1.4.3."""
    def luminance(colour):
        rgb = np.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)]) / 255
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    found = re.findall(r"--(\w+): (#\w{6})", html_page.STYLE)
    light, dark = dict(found[:len(found) // 2]), dict(found[len(found) // 2:])
    for theme in light, dark:
        for over, under in [("ink", "paper"), ("muted", "paper"), ("accent", "paper"),
                            *(("ink", mark) for mark in ("weak", "middling", "strong"))]:
            high, low = sorted((luminance(theme[over]), luminance(theme[under])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (over, under)
