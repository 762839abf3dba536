"""The HTML page around a report: texts, numbers and tables as HTML, and the skeleton with its style and script.

The page stands alone: nothing is fetched from anywhere. It reads well without its script, on paper and on a phone, in
light and dark. `text` is the only way for words of the data into a page; all else here takes HTML.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

NO_BREAK = "\u00a0"
NOTHING = "–"  # where there is no number

PAGE, STYLE, SCRIPT = (resources.files(__package__).joinpath(name).read_text("utf-8")
                       for name in ("page.html", "style.css", "script.js"))

# Characters that change the direction of the text around them; controls, lone surrogates and non-characters.
_TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def page(title: str, opening: str, sections: Iterable[tuple[str, str, str]]) -> str:
    """The whole page. sections: (identity, heading, HTML) each. Its policy lets no other script run."""
    sections, script = list(sections), "\n" + SCRIPT
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return PAGE.format(
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        title=title, style=STYLE, opening=opening, script=script,
        links="".join(f'<li><a href="#{identity}">{heading}</a></li>' for identity, heading, _ in sections),
        body="\n".join(f'<section aria-labelledby="{identity}"><h2 id="{identity}">{heading}</h2>\n{inside}</section>'
                       for identity, heading, inside in sections))


def text(words: str, most: int = 200) -> str:
    """Words of the data as HTML that shows them and does nothing else, cut after `most` characters.

    They stand in an element of their own, so that right-to-left letters do not move the text around them.
    """
    return f"<bdi>{bare(shortened(words, most))}</bdi>"


def shortened(words: str, most: int) -> str:
    """The words, or their first most - 1 characters and an ellipsis."""
    return words if len(words) <= most else words[:most - 1] + "…"


def bare(words: str) -> str:
    """As `text`, in full and without an element of their own."""
    return html.escape(_UNFIT.sub("\ufffd", _TURNING.sub("", words)))


def count(n: float) -> str:
    """1,234"""
    return f"{n:,.0f}"


def percent(fraction: float, digits: int = 1) -> str:
    """12.3 %, with a space that does not break. Only 0 and 1 become 0 % and 100 %: 0.9999 is >99.9 %."""
    shown = f"{100 * fraction:.{digits}f}"
    if fraction > 0 and float(shown) == 0:
        shown = f"&lt;{10 ** -digits:.{digits}f}"
    elif fraction < 1 and float(shown) == 100:
        shown = f"&gt;{100 - 10 ** -digits:.{digits}f}"
    return f"{shown}{NO_BREAK}%"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: Mapping[int, str] | None = None,
          sortable: bool = False) -> str:
    """A table in a box that scrolls by itself. Cells of head and rows are HTML; the first of a row is its header.

    words: the columns that hold words and not numbers, beside the first: column -> class
    """
    kinds = {i: f' class="words {kind}"' if kind else ' class="words"' for i, kind in (words or {}).items()}
    lines = ["".join(f"<td{kinds.get(i, '')}>{cell}</td>" if i else f'<th scope="row">{cell}</th>'
                     for i, cell in enumerate(row)) for row in rows]
    heads = "".join(f'<th scope="col"{kinds.get(i, "")}>{cell}</th>' for i, cell in enumerate(head))
    return (f'<div class="box" role="region" tabindex="0" aria-label="{caption}">'
            f'<table{" class=sortable" * sortable}><caption>{caption}</caption><thead><tr>{heads}</tr></thead>\n<tbody>'
            + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</tbody></table></div>")


def figure(svg: str, caption: str) -> str:
    """A chart and what it shows."""
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def definitions(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of (name, value)."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"
