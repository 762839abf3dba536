"""How a file of delimited columns is written, decided on a sample of its text, with the evidence as words."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from nnlite.data.files.programs import TITLES, plain, without_language

MAX_ROWS = 400  # of the sample, to try each delimiter on
MAX_EXAMPLES = 500
MAX_ABOVE = 8  # lines above the header
MIN_QUOTED = 8  # rows, before it is believed that all cells of a file are in quotes
MAX_RESTARTS = 64  # behind rows with broken quotes
DELIMITERS = {".tsv": "\t,;|~", ".tab": "\t,;|~"}  # by the file's ending, in order of preference; others:
USUAL_DELIMITERS = ",;\t|~"
DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", "~": "tilde", " ": "space"}
COLUMN_WORDS = re.compile(r"(?:^|[\W_])(?:id|sku|handle|title|name|label|categor\w*|description|price|brand|type|tags?|"
                          r"url|link|image\w*|text|product\w*|item\w*|color|size|rating|status|language)(?:$|[\W_])")
_NUMBER = re.compile(r"[-+]?[\d.,]+")
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass
class Dialect:
    """columns: the names, None without a header; first_row: line number of the first row below the header.

    n_columns: of the file; width: fields of most rows, more where each ends with a delimiter.
    all_quoted: most rows have all cells in quotes
    examples: rows of the sample that are good, for what is usual in a column. why: notes for a person.
    """

    delimiter: str
    quoting: bool
    line_end: str
    columns: list[str] | None
    first_row: int
    n_columns: int
    width: int
    skips_spaces: bool = False
    all_quoted: bool = False
    examples: list[list[str]] = field(default_factory=list)
    why: list[str] = field(default_factory=list)


def decide(sample: str, ending: str = ".csv", delimiter: str | None = None, header: bool = True,
           title: str | None = None) -> Dialect:
    """The Dialect of a file that begins with `sample`, whole lines.

    ending: of the file's name, a hint. header: whether the first row holds the names of the columns.
    title: the name of one of them, if known.
    Raises ValueError (without the path) for an empty sample, a delimiter of not exactly one character, an open header.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise ValueError(f"delimiter: want one character that is no quote and no line end, got {delimiter!r}")
    line_end = "\r" if "\r" in sample and "\n" not in sample else "\n"
    lines = split_lines(sample.removeprefix("\ufeff").replace("\0", "\1"), line_end)
    start, named, why = _preamble(lines)
    rest = lines[start:]
    if not rest:
        raise ValueError("the file is empty")
    if header and (n_above := _lines_above(rest, delimiter or named, title)):
        start, rest = start + n_above, rest[n_above:]
        why.append(f"not read: {n_above} lines above the header")
    chosen = delimiter or named or _best_delimiter(rest, ending.lower())
    quoting, reason = _quoting(rest, chosen)
    skips_spaces = quoting and sum(line.count(f'{chosen} "') for line in rest) > \
        sum(line.count(f'{chosen}"') for line in rest) and chosen != " "
    reader = csv.reader(rest, delimiter=chosen, quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
                        skipinitialspace=skips_spaces)
    try:
        first = next(reader)
    except csv.Error as error:
        raise ValueError(f"no header that the csv module can read: {error}") from None
    names = [name.strip() for name in first]
    n_taken = reader.line_num if header else 0
    good = [row for row in _good_rows(rest[n_taken:], chosen, quoting, skips_spaces) if any(row)]
    width = _width(good, len(first))
    if reader.line_num > 1 and header and len(first) != width:
        raise ValueError(f"no header: a quote stays open in {rest[0][:60]!r}")
    examples = [row for row in good if len(row) == width][:MAX_EXAMPLES]
    why += [f"separated by {DELIMITER_NAMES.get(chosen, repr(chosen))}"] + [reason] * bool(reason)
    return Dialect(chosen, quoting, line_end, names if header else None, start + n_taken + 1,
                   len(names) if header else width, width, skips_spaces,
                   quoting and _are_all_quoted(rest, chosen), examples, why)


def split_lines(text: str, line_end: str) -> list[str]:
    """The lines of `text` with their ends; only `line_end` ("\\n" or "\\r") ends one."""
    lines = text.split(line_end)
    last = lines.pop()
    return [line + line_end for line in lines] + [last] * bool(last)


def header_place(rows: Sequence[Sequence[str]], title: str | None = None) -> int:
    """Index of the row that names the columns, among the first ones of a table: 0, but for what may stand above.

    That is a line of one cell above names of columns, or settings such as 'Version=1' or 'Shop:', or names of groups of
    columns above rows with a column of titles: of several of these, as in Amazon's templates, the last. Where the
    column of titles is known, the header is the first row that names it.
    """
    known = {plain(title)} if title else {*TITLES}
    filled = [[cell.strip() for cell in row if cell.strip()] for row in rows[:MAX_ABOVE + 1]]
    named = [any(plain(without_language(cell)) in known for cell in cells) for cells in filled]
    if not filled or named[0]:
        return 0
    if title:
        return named.index(True) if True in named else 0
    is_title = len(filled[0]) == 1
    places = [i for i, cells in enumerate(filled) if len(cells) > 1 and _are_words(cells) and (is_title or named[i])]
    is_above = places and is_title and (named[places[0]] or max(map(len, filled[:places[0]])) == 1) or \
        any("=" in cell or cell.endswith(":") for cell in filled[0]) or \
        places == [1] and named[1] and len(filled[0]) < len(filled[1])
    if not (places and is_above):
        return 0
    place = places[0]
    while place + 1 in places and named[place] and named[place + 1]:
        place += 1
    return place


def _are_words(cells):
    """Whether cells may name columns: none is a number, and a third has words as columns have."""
    words = [cell for cell in cells if COLUMN_WORDS.search(cell.lower())]
    return 3 * len(words) >= len(cells) and not any(map(_NUMBER.fullmatch, cells))


def _preamble(lines):
    """(lines before the first row, delimiter that `sep=` names or None, notes)."""
    start, named, why, n_comments = 0, None, [], 0
    while start < len(lines):
        line = lines[start]
        if match := _SEPARATOR_LINE.fullmatch(line):
            named = match[1]
            why.append(f"line {start + 1} names the delimiter")
        elif line.startswith("#") and _is_comment(line, lines[start + 1:start + 20]):
            n_comments += 1
        elif line.strip():
            break
        start += 1
    return start, named, why + [f"{n_comments} comment lines before the header"] * bool(n_comments)


def _lines_above(lines, delimiter, title):
    """How many lines stand above the header."""
    first = lines[:MAX_ABOVE + 1]
    counts = Counter(sign for line in first for sign in line if sign in (delimiter or USUAL_DELIMITERS))
    sign = max(counts, key=counts.__getitem__) if counts else ","
    place = header_place([[cell.strip(' "') for cell in line.split(sign)] for line in first], title)
    return 0 if "".join(lines[:place]).count('"') % 2 else place  # which is inside of a cell


def _is_comment(line, below):
    """Whether a line that begins with # has other delimiters than the rows below it."""
    rows = [other for other in below if other.strip() and not other.startswith("#")]
    best = max(USUAL_DELIMITERS, key=lambda d: min((row.count(d) for row in rows), default=0))
    return not rows or line.count(best) < min(row.count(best) for row in rows) or not rows[0].count(best)


def _best_delimiter(lines, ending):
    """The delimiter that gives most rows as many columns as the first has, at least two; else the usual one."""
    candidates = next((d for end, d in DELIMITERS.items() if end in ending), USUAL_DELIMITERS)
    scores = {}
    for delimiter in candidates:
        quoted = _widths(lines, delimiter, csv.QUOTE_MINIMAL)
        raw = _widths(lines, delimiter, csv.QUOTE_NONE)
        share, width = max((_share(quoted), quoted[0] if quoted else 1), (_share(raw), raw[0] if raw else 1))
        scores[delimiter] = share if width > 1 else 0.0
    best = max(scores.values())
    good = [d for d in candidates if scores[d] >= 0.9 * best]
    if best == 0:
        counts = Counter({d: lines[0].count(d) for d in candidates})
        return max(candidates, key=counts.__getitem__)
    return max(good, key=lambda d: (lines[0].count(d), scores[d]))


def _widths(lines, delimiter, quoting):
    try:
        return [len(row) for row in islice(csv.reader(lines, delimiter=delimiter, quoting=quoting), MAX_ROWS) if row]
    except csv.Error:
        return []


def _share(widths):
    """The share of rows as wide as the first; an empty column may be missing or one too many."""
    return sum(1.0 if width == widths[0] else 0.5 if abs(width - widths[0]) == 1 < width else 0
               for width in widths) / len(widths) if widths else 0.0


def _quoting(lines, delimiter):
    """(whether quotes hold fields together, why not)."""
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines if line.strip()]
    fields = [value for row in rows if len(row) == len(rows[0]) for value in row if value.startswith('"')]
    whole = [value for value in fields if len(value) > 1 and value.endswith('"')]
    n_broken = len(fields) - len(whole)
    widths = Counter(map(len, rows))
    is_regular = widths[len(rows[0])] >= 0.98 * len(rows) and len(rows[0]) > 1
    doubled = any('""' in value[1:-1] for value in whole)
    enough = n_broken >= 3 and not whole if delimiter in ",;" else n_broken and 4 * n_broken >= len(whole)
    if is_regular and enough and not doubled:
        return False, f"quotes mean nothing: {n_broken} values begin with one and do not end with one"
    return True, ""


def _are_all_quoted(lines, delimiter):
    """Whether most lines are rows with all their cells in quotes."""
    is_quoted = re.compile(rf'(?:"[^"]*"{re.escape(delimiter)})+"[^"]*"\s*').fullmatch
    lines = [line for line in lines[:MAX_ROWS] if line.strip()]
    return sum(map(bool, map(is_quoted, lines))) >= max(MIN_QUOTED, len(lines) / 2)


def _good_rows(lines, delimiter, quoting, skips_spaces):
    """The rows that the csv module takes, strictly; behind one that it does not, those from the next line on."""
    lines, start = lines[:10 * MAX_EXAMPLES], 0
    if not quoting:
        yield from (line.rstrip("\r\n").split(delimiter) for line in lines)
        return
    for _ in range(MAX_RESTARTS):
        n_lines, reader = 0, csv.reader(lines[start:], delimiter=delimiter, strict=True, skipinitialspace=skips_spaces)
        try:
            for row in reader:
                n_lines = reader.line_num
                yield row
            return
        except csv.Error:
            start += n_lines + 1


def _width(rows, n_columns):
    """The fields of most rows, where they end with more delimiters than the header; else its own number."""
    extra = [len(row) for row in rows if len(row) > n_columns and not any(row[n_columns:])]
    if extra and 2 * len(extra) > len(rows):
        return Counter(extra).most_common(1)[0][0]
    return n_columns
