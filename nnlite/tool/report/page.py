"""A page that stands alone: its style, its few lines of script, and how texts, numbers and tables get into it.

Nothing is fetched from anywhere. The page reads well without its script, on paper and on a phone, in light and dark.
`text` is the only way for words of the data into a page; all else here takes HTML.
"""

import base64
import hashlib
import html
import re

NO_BREAK = "\u00a0"
NOTHING = "–"  # where there is no number

# Marks that would turn the order of the letters around them; controls, lone surrogates and no characters at all.
_TURNING = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

STYLE = """
:root { color-scheme: light dark; --paper: #fffff8; --ink: #1a1a18; --muted: #5c5c54; --rule: #dcdcd0;
  --accent: #97300f; --weak: #fbeadf; --middling: #f6d2bf; --strong: #efb49a; }
@media (prefers-color-scheme: dark) { :root { --paper: #161614; --ink: #e2e2da; --muted: #a6a69c; --rule: #3b3b36;
  --accent: #f39a78; --weak: #37241c; --middling: #562f20; --strong: #783c25; } }
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1rem 4rem; overflow-wrap: anywhere;
  font: 1.0625rem/1.5 Charter, "Bitstream Charter", "Iowan Old Style", Palatino, Georgia, serif;
  font-variant-numeric: lining-nums; }
h1, h2, h3 { font-weight: normal; line-height: 1.2; margin: 0; }
h1 { font-size: 2.1rem; }
h2 { font-size: 1.5rem; margin-top: 3.5rem; }
h3 { font-size: 1.1rem; font-style: italic; margin-top: 2rem; }
p { margin: .7rem 0; max-width: 38rem; }
a { color: var(--accent); }
.of, .muted, caption, small { color: var(--muted); }
.lead { font-size: 1.3rem; line-height: 1.4; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; list-style: none; margin: 1rem 0; padding: 0; }
nav a { display: inline-block; padding: .2rem 0; }
figure { margin: 1.2rem 0; }
figcaption { color: var(--muted); max-width: 34rem; }
svg { display: block; height: auto; max-width: 30rem; width: 100%; }
svg text { fill: var(--ink); font-size: 12px; }
svg text.muted { fill: var(--muted); }
svg text.accent { fill: var(--accent); }
svg text.end { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
.grid { stroke: var(--rule); stroke-width: 1; }
.dotted { fill: none; stroke: var(--muted); stroke-dasharray: 1 4; stroke-linecap: round; stroke-width: 1.5; }
.line { fill: none; stroke-linejoin: round; stroke-width: 1.5; }
.line.first { stroke: var(--accent); }
.line.other { stroke: var(--muted); }
.dot.first { fill: var(--accent); }
.dot.other { fill: var(--muted); }
.box { margin: 1rem 0; overflow: auto; position: relative; }
.box:has(.sortable) { max-height: 36rem; }
.box:focus-visible, a:focus-visible, button:focus-visible, summary:focus-visible, input:focus-visible {
  outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .95em; font-variant-numeric: lining-nums tabular-nums;
  line-height: 1.35; }
caption { padding: 0 0 .4rem; text-align: left; }
th, td { font-weight: normal; overflow-wrap: normal; padding: .25rem 0 .25rem 1.2rem; text-align: right;
  vertical-align: top; }
th:first-child { max-width: 18rem; overflow-wrap: break-word; padding-left: 0; text-align: left; }
thead th { background: var(--paper); border-bottom: 1px solid var(--ink); color: var(--muted); position: sticky; top: 0;
  vertical-align: bottom; }
td { white-space: nowrap; }
tbody tr { border-bottom: 1px solid var(--rule); }
.words { min-width: 6rem; overflow-wrap: break-word; text-align: left; white-space: normal; }
.words.long { min-width: 15rem; }
.words ul { font-size: .9em; list-style: none; margin: 0; padding: 0; }
.words li + li { margin-top: .3rem; }
.bar { background: var(--accent); display: inline-block; height: .55em; }
.track { display: inline-block; margin-left: .6em; text-align: left; width: 5em; }
button { background: none; border: 0; color: inherit; cursor: pointer; font: inherit; padding: 0; text-align: inherit;
  text-decoration: underline dotted; text-underline-offset: .2em; }
[aria-sort] button { color: var(--accent); }
input { background: var(--paper); border: 1px solid var(--muted); color: var(--ink); font: inherit; max-width: 100%;
  padding: .2rem .4rem; }
dl { display: grid; gap: .2rem 1.2rem; grid-template-columns: minmax(0, 2fr) minmax(0, 5fr); }
dt { color: var(--muted); }
dd { margin: 0; }
article { border-top: 1px solid var(--rule); margin: 1rem 0 0; padding: .8rem 0 .4rem; }
article h4 { font-size: 1.1rem; font-weight: normal; line-height: 1.5; margin: 0; }
mark { background: var(--weak); color: var(--ink); padding: .05em .15em; }
mark.middling { background: var(--middling); }
mark.strong { background: var(--strong); }
mark.against { background: none; text-decoration: underline dotted var(--accent) 2px; text-underline-offset: .2em; }
.found { list-style: none; margin: .4rem 0; padding: 0; }
.found li { display: grid; gap: 0 .8rem; grid-template-columns: 3.5rem minmax(0, 1fr); padding: .1rem 0; }
.found .p { font-variant-numeric: lining-nums tabular-nums; text-align: right; white-space: nowrap; }
.found .why { color: var(--muted); font-size: .9em; grid-column: 2; }
mark.weak { background: var(--weak); }
.sr { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; white-space: nowrap; width: 1px; }
.hit { color: var(--accent); }
@media (min-width: 40rem) { .found li { grid-template-columns: 3.5rem minmax(0, 16rem) minmax(0, 1fr); }
  .found .why { grid-column: 3; } }
@media (max-width: 30rem) { body { font-size: 1rem; } th, td { padding-left: .8rem; }
  .words.long { min-width: 11rem; } dl { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); } }
@media print { .box { max-height: none; overflow: visible; } }
"""

# The heads of a table become buttons that sort it, and a field above it keeps the rows whose name contains a text.
SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const text = row.cells[column].textContent, number = parseFloat(text.replace(/,/g, ""));
    return column === 0 ? text : Number.isNaN(number) ? -1 : number;
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const way = head.ariaSort ? (head.ariaSort === "ascending" ? -1 : 1) : column === 0 ? 1 : -1;
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      rows.sort((a, b) => {
        const x = value(a, column), y = value(b, column);
        return way * (column === 0 ? x.localeCompare(y) : x - y);
      });
      body.append(...rows);
    });
  });
  const label = document.createElement("label"), input = document.createElement("input");
  const told = document.createElement("output"), line = document.createElement("p");
  input.type = "search";
  label.append("Names with ", input);
  line.append(label, " ", told);
  table.parentElement.before(line);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    told.textContent = rows.filter(row => !row.hidden).length + " of " + rows.length;
  });
}
"""


def text(words, most=200):
    """Words of the data as HTML that is nothing but these words; after `most` characters they are cut.

    They stand in an element of their own, so that letters from right to left leave those around them where they are.
    """
    return f"<bdi>{bare(shortened(words, most))}</bdi>"


def shortened(words, most):
    """The words, or their first most - 1 characters and an ellipsis."""
    return words if len(words) <= most else words[:most - 1] + "…"


def bare(words):
    """As `text`, whole and without an element of their own."""
    return html.escape(_UNFIT.sub("\ufffd", _TURNING.sub("", words)))


def count(n):
    """1,234"""
    return f"{n:,.0f}"


def percent(fraction, digits=1):
    """12.3 %, the blank one that breaks no line; what is not whole never becomes 0 or 100."""
    if 0 < fraction < 0.5 * 10 ** (-2 - digits):
        return f"<{10 ** -digits:.{digits}f}{NO_BREAK}%".replace("<", "&lt;")
    if 1 > fraction >= 1 - 0.5 * 10 ** (-2 - digits):
        return f"&gt;{100 - 10 ** -digits:.{digits}f}{NO_BREAK}%"
    return f"{100 * fraction:.{digits}f}{NO_BREAK}%"


def bar(fraction):
    """A bar as long as the fraction of its track, beside a number that says the same."""
    return f'<span class="track" aria-hidden="true"><span class="bar" style="width:{5 * fraction:.2f}em"></span></span>'


def table(caption, head, rows, words=(), sortable=False):
    """A table in a box that scrolls by itself. head and rows are lists of HTML; the first cell of a row is its header.

    words: the columns that hold words and not numbers, beside the first: column -> class
    """
    kinds = {i: f' class="words {kind}"' if kind else ' class="words"' for i, kind in dict(words).items()}
    lines = ["".join(f"<td{kinds.get(i, '')}>{cell}</td>" if i else f'<th scope="row">{cell}</th>'
                     for i, cell in enumerate(row)) for row in rows]
    heads = "".join(f'<th scope="col"{kinds.get(i, "")}>{cell}</th>' for i, cell in enumerate(head))
    return (f'<div class="box" role="region" tabindex="0" aria-label="{caption}">'
            f'<table{" class=sortable" * sortable}><caption>{caption}</caption><thead><tr>{heads}</tr></thead>\n<tbody>'
            + "\n".join(f"<tr>{line}</tr>" for line in lines) + "</tbody></table></div>")


def figure(svg, caption):
    """A chart and what it shows."""
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def definitions(pairs):
    """A list of (name, value)."""
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs) + "</dl>"


def page(title, opening, sections):
    """The whole page. sections: (identity, heading, HTML) each; the policy lets no script run but SCRIPT."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    links = "".join(f'<li><a href="#{identity}">{heading}</a></li>' for identity, heading, _ in sections)
    body = "\n".join(f'<section aria-labelledby="{identity}"><h2 id="{identity}">{heading}</h2>\n{inside}</section>'
                     for identity, heading, inside in sections)
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<meta name="color-scheme" content="light dark">\n<title>{title}</title>\n<style>{STYLE}</style>\n'
            f'</head>\n<body>\n<header>{opening}\n<nav aria-label="Contents"><ul>{links}</ul></nav></header>\n'
            f'<main>\n{body}\n</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n')
