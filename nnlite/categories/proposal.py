"""A mapping proposed from the data, for a person to judge line by line; each line says why, and for how many records.

Amazon's lists of categories hold more than categories: care, materials, measures, sentences from the description. And
one category comes in several spellings. `propose` makes three changes:

1. Names that differ in case, spaces, accents, punctuation, `&` for "and", a plural or a leading "All" become the most
   frequent of them.
2. Feature phrases and sentences are dropped: names that look like one, names of which many differ in a number only, and
   names that stand behind feature phrases in nearly all records, because categories come first.
3. A rare category becomes the rarest frequent one that nearly all of its records hold as well, if there is one.

The other frequent names are kept, each with its line, and every name without a line is dropped. The words and the rule
for capitals are English. The rules can be wrong: 'Leather' may be a category. So a person has the last word.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from nnlite.data.records import Record

NEARLY_ALL = 0.9
MANY_NAMES = 100  # in a record: no path is so long, and comparing all of them takes quadratic time
MIN_BEHIND = 5  # records that must show a name together with a feature phrase, to judge where it stands
MIN_FAMILY = 5  # names that differ in a number only
MANY_WORDS = 8  # make a sentence

MATERIALS = set("""acrylic alloy aluminium aluminum bamboo brass bronze canvas cashmere ceramic chiffon copper
corduroy cork cotton crystal denim down elastane faux felt fleece fur gold jersey jute lace leather linen lycra
lyocell merino mesh metal microfiber modal nubuck nylon organza patent pearl pewter plastic platinum plush polyamide
polycarbonate polyester polypropylene polyurethane pu pvc rayon resin rhodium rubber satin shearling sheepskin
silicone silk silver softshell spandex stainless steel sterling straw suede synthetic textile titanium tpu tungsten
tweed twill velvet vinyl viscose wood wool""".split())
ABOUT_MATERIALS = set("""a all and blend blended brushed crafted fabric fine finish genuine high imitation in insole
knit lining made man of or organic outer outsole pure quality real recycled rose shell soft sole solid top upper
vegan white with woven yellow""".split())
ATTRIBUTES = """band care case clasp closure collar colou?r composition country of origin department depth diameter
dimensions? fabric fit gender height heel inseam length lining material metal neckline occasion outer pattern
package quantity season sleeve size sole stone strap style thickness type upper weight width"""
UNITS = r"(inch(es)?|cm|mm|oz|ounces?|lbs?|pounds?|kgs?|grams?|ml|lit(er|re)s?|watts?|volts?|mah|carats?|cttw)"
PHRASES = {why: re.compile(phrase, re.DOTALL) for why, phrase in {  # what the whole name, in small letters, looks like
    "where it was made": r"(\w+ )?imported|.+ or imported|(made|crafted|printed|designed|assembled) in .+",
    "care": r"((hand|machine)[ -]wash|(dry|spot|wipe)[ -]clean(?!ing|er)|(tumble|line|hang|air|drip)[ -]dry|"
            r"do not (bleach|iron|wash|tumble|dry)|iron (low|on)|(cold|warm) wash).*",
    "a closure": r".+ (closure|fastening)s?",
    "a share": r".*\d ?%.*",
    "a measure": rf".*\d[ -]?({UNITS}\b|\"|''|”|″).*",
    "a pattern": r".+ (print|pattern)",
    "a heading": r".*:",
    "an attribute": rf"(.* )?({'|'.join(ATTRIBUTES.split())})s? ?:.+|[^:]+: ?[\d.,]+\b.*",
    "a sentence": r"(a|an|the|our|this|these|it|it's|you|your|we|perfect|ideal|great|suitable|designed|features?|"
                  r"includes?|comes|wear|looks|fits|runs|see|please|note) .+ .+",
    "a part of a sentence": r"(with|without|for|from|by|in|on|and|or|not) .+|.+[,;]",
}.items()}
_APOSTROPHE = re.compile("['‘’`´ʼ′＇]")


def propose(records: Iterable[Record], min_count: int = 10) -> tuple[dict[str, str], dict[str | None, str]]:
    """Rules (raw category -> category, "" drops it) for an iterable of Record, read once, and by raw category why.

    The reason of None is that of all other categories, which are dropped.
    min_count: records that make a category frequent, as for `Vocabulary.build`. ValueError if none is.
    Memory holds the categories of all records, each distinct name once.
    """
    names: dict[str, str] = {}
    rows = [tuple({names.setdefault(name, name): None for name in record.categories}) for record in records]
    raw_counts = Counter(name for row in rows for name in row)
    if max(raw_counts.values(), default=0) < min_count:
        raise ValueError(f"propose: want a category in at least {min_count} records, got {len(raw_counts)} rarer ones "
                         f"in {len(rows)} records")
    spelling = spellings(raw_counts)
    rows = [tuple(dict.fromkeys(map(spelling.__getitem__, row))) for row in rows]
    counts = Counter(name for row in rows for name in row)
    features = feature_phrases(rows, counts, min_count)
    frequent = [name for name in _falling(counts) if counts[name] >= min_count]
    kept = [name for name in frequent if name not in features]
    parents = rare_parents(rows, counts, set(kept), features)

    lines = {name: (name, "kept") for name in kept}  # raw category -> what it becomes, and why
    lines |= {name: ("", features[name]) for name in frequent if name in features}
    for raw in _falling(raw_counts):
        name = spelling[raw]
        if name in parents:
            parent, n = parents[name]
            lines[raw] = parent, f"rare, and {n:,} of {counts[name]:,} are in this one"
        elif raw != name and name in lines:
            lines[raw] = lines[name][0], f"a spelling of {name}" + (f", {features[name]}" if name in features else "")
    rules = {raw: to for raw, (to, _) in lines.items()}
    notes: dict[str | None, str] = {
        raw: f"{(n := raw_counts[raw]):,} record{'s' * (n > 1)}: {why}" for raw, (_, why) in lines.items()}
    notes[None] = f"{len(raw_counts) - len(rules):,} others, none in {min_count} records, and all to come"
    return rules, notes


def _falling(counts):
    return sorted(counts, key=lambda name: (-counts[name], name))


def spellings(counts: dict[str, int]) -> dict[str, str]:
    """Raw name -> the most frequent of the names with the same key, of equal ones the first in the alphabet."""
    groups = defaultdict(list)
    for name in counts:
        groups[key(name)].append(name)
    for short in [k for k in groups if "all" + k in groups]:
        groups[short] += groups.pop("all" + short)
    best = {k: min(group, key=lambda name: (-counts[name], name)) for k, group in groups.items()}
    return {name: best[k] for k, group in groups.items() for name in group}


def key(name: str) -> str:
    """The name in small letters, without accents, spaces and punctuation, in the singular: equal for all its spellings.

    >>> key("Womens T-Shirts & Caps") == key("Women's Tshirt and cap")
    True
    """
    plain = _APOSTROPHE.sub("", name.casefold()).replace("&", " and ")
    if not plain.isascii():  # one by one: a long run of accents takes quadratic time to sort, and all are removed
        plain = "".join(unicodedata.normalize("NFKD", character) for character in plain)
        plain = "".join(character for character in plain if not unicodedata.combining(character))
    words = re.findall(r"\w+", plain)
    return "".join(map(singular, words)) or name


def singular(word: str) -> str:
    """'watches' -> 'watch', 'babies' -> 'baby', 'shoes' -> 'shoe', 'dress' -> 'dress'"""
    if len(word) < 4 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word.removesuffix("s")


def feature_phrases(rows: list[tuple], counts: dict[str, int], min_count: int) -> dict[str, str]:
    """Name -> why it is a feature phrase and not a category."""
    capitals = in_capitals(name for name, n in counts.items() if n >= min_count)
    found = {name: why for name in counts if (why := reads_like(name, capitals))}
    families = defaultdict(list)
    for name in counts:
        if name not in found and re.search(r"\d", name):
            families[re.sub(r"\d+([.,/]\d+)*", "0", name)].append(name)
    for family in families.values():
        if len(family) >= MIN_FAMILY:
            found |= dict.fromkeys(family, f"one of {len(family):,} that differ in a number")
    return found | behind(rows, found)


def in_capitals(names: Iterable[str]) -> bool:
    """Whether most names of several words begin all their longer words with a capital, as in 'Tops & Tees'."""
    several = [_rest(name) for name in names if name[:1].isupper() and _rest(name)]
    return bool(several) and sum(not _small(rest) for rest in several) > len(several) / 2


def _rest(name):
    """The words of more than three letters after the first word."""
    return [word for word in re.findall(r"[^\W\d_]+", name)[1:] if len(word) > 3]


def _small(words):
    return sum(word.islower() for word in words)


def reads_like(name: str, capitals: bool = False) -> str | None:
    """Why the name alone reads like a feature phrase, or None.

    capitals: categories are written in capitals, so that 'Gift ready packaging' is none.
    """
    plain = name.casefold()
    words = re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", plain)
    titled = len(words) < 5 and _rest(name) and not _small(_rest(name))  # as 'The Designer Boutique' is
    for why, phrase in PHRASES.items():
        is_sentence = why == "a sentence"
        if (phrase.fullmatch(plain) or is_sentence and _has_end(plain)) and not (titled and is_sentence):
            return why
    if len(words) >= MANY_WORDS:
        return f"{len(words)} words"
    if MATERIALS.intersection(words) and MATERIALS.union(ABOUT_MATERIALS).issuperset(words):
        return "a material"
    if capitals and name[:1].isupper() and _small(_rest(name)) > 1:
        return "in small letters like a sentence"
    return None


def _has_end(text):
    """Whether it has three words and the end of a sentence. The regular expression would take cubic time."""
    first = text.find(" ", 1)
    return text.endswith((".", "!", "?")) and 0 < first < text.rfind(" ", 0, len(text) - 2) - 1


def behind(rows: list[tuple], features: Collection[str]) -> dict[str, str]:
    """Name -> why, of those that stand behind a feature phrase in nearly all records that hold both."""
    together: Counter[str] = Counter()
    after: Counter[str] = Counter()
    for row in rows:
        first = next((i for i, name in enumerate(row) if name in features), len(row))
        if first < len(row):
            together.update(row)
            after.update(row[first + 1:])
    return {name: f"behind feature phrases in {n:,} of {together[name]:,} records with such"
            for name, n in after.items()
            if name not in features and together[name] >= MIN_BEHIND and n >= NEARLY_ALL * together[name]}


def rare_parents(rows: list[tuple], counts: dict[str, int], frequent: set[str],
                 features: Collection[str]) -> dict[str, tuple[str, int]]:
    """Rare name -> (the rarest frequent one that nearly all of its records hold, in how many of them it is).

    Of frequent names that stand before it, if there are any: a path comes from the root. In records of more than
    MANY_NAMES names it has none.
    """
    places: dict[str, list[tuple[tuple, int]]] = defaultdict(list)  # of each rare name: rows, and where it is in them
    for row in rows:
        if len(row) <= MANY_NAMES:
            for i, name in enumerate(row):
                if name not in frequent and name not in features:
                    places[name].append((row, i))
    found = {}
    for name, rows_of_name in places.items():
        beside = Counter(other for row, _ in rows_of_name for other in frequent.intersection(row))
        before = Counter(other for row, i in rows_of_name for other in frequent.intersection(row[:i]))
        parent = _rarest(before, counts, counts[name]) or _rarest(beside, counts, counts[name])
        if parent:
            found[name] = parent, beside[parent]
    return found


def _rarest(found, counts, n):
    """The rarest of the names that are found in nearly all of n records, or None."""
    return min((name for name, seen in found.items() if seen >= NEARLY_ALL * n),
               key=lambda name: (counts[name], name), default=None)
