"""A made-up catalogue of clothing, shoes and jewellery like Amazon's, for a machine without data.

The *world* is fixed: its shelves, brands and phrases, and what goes with what. A seed only decides what is drawn from
it. Choices follow Zipf's law: the item of rank r in its row weighs 1 / (r + shift). The tables of the world are in
catalogue.txt. How a record is drawn:

1. a shelf: buyer, kind and flavour, such as (girls, boots, outdoor). Its path opens the categories, but some products
   are filed on a wrong shelf, and some paths end before their leaf;
2. one item of every facet (brand, adjective, material, care, ...). What has been drawn so far selects the row: a brand
   serves one of the seven buyers in each group, a material suits the make and the price of the brand, and so on;
3. an item is a text for the title, a label for the categories, or both; its facet says how often each is used;
4. the texts come in one of a few orders, and some titles are spoiled: capitals, a model number, swapped letters.

Some labels follow from one word, and some only from two together: a vague adjective means another flavour for every
make, a brand other buyers in every group, a material other compositions; some are noise. The root category, which all
records would share, is left out. Only `Generator.random`, integers and exact arithmetic are used, so the records are
the same on every platform.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import cycle, islice, product
from numbers import Integral
from operator import itemgetter

import numpy as np

from nnlite.data.records import Record

BLOCK, PRICES = 4096, 3  # records drawn at once; cheap, medium, dear
MISFILED, SHORTENED, SPOILED = 0.11, 0.12, 0.12  # shares of the records
N_CLOTH = 5  # makes: the first ones


@cache
def tables() -> dict[str, list[list[str]]]:
    """The rows of each section of catalogue.txt, a row as a list of its columns."""
    text = resources.files("nnlite.data").joinpath("catalogue.txt").read_text("utf-8")
    text = re.sub(r"(?<=[/|])\n", "", re.sub("^#.*\n", "", text, flags=re.MULTILINE))
    sections = (section.split("\n") for section in text.strip().split("\n\n"))
    return {name.strip("[]"): [row.split("|") for row in rows] for name, *rows in sections}


def zipf(n: int, shift: float) -> np.ndarray:
    """Cumulative shares of n items, the item of rank r weighing 1 / (r + shift): n ascending numbers, the last is 1."""
    ends = np.cumsum(1 / (np.arange(1, n + 1) + shift))
    return ends / ends[-1]


def uniform(rng: np.random.Generator, n: int) -> np.ndarray:
    """(n, BLOCK) numbers that stay inside (0, 1) when the number of a row is added to them."""
    return np.clip(rng.random((n, BLOCK)), 1e-9, 1 - 1e-9)


def shuffled(items: list, rng: np.random.Generator) -> list:
    """The items in a random order, as a list."""
    return [items[i] for i in np.argsort(rng.random(len(items)), kind="stable")]


def turned(items: list, by: int) -> list:
    """The items from place `by` on, then those before it."""
    return items[by % len(items):] + items[:by % len(items)]


def expand(text: str) -> list[str]:
    """'red/{} mm@1,2,2' -> ['red', '1 mm', '1.5 mm', '2 mm']"""
    items = []
    for item in text.replace("\n", "").split("/"):
        form, _, span = item.partition("@")
        low, high, steps = map(float, span.split(",")) if span else (0, 0, 1)
        items += [form.replace("{}", f"{low + i / steps:g}") for i in range(round((high - low) * steps) + 1)]
    return items


def types(text: str) -> list[str]:
    """'Tank Top~Tank/Studs' -> ['Tank Top=Tank Tops', 'Tank=Tank Tops', 'Studs=Studs']"""
    synonyms = [names.split("~") for names in text.split("/")]
    return [f"{name}={names[0].removesuffix('s')}s" for names in synonyms for name in names]


class Facet:
    """One aspect of the products: a row of items for all values of the facts that are `given`; item 0 is empty.

    show, tag: in which shares of the records an item gives its text to the title, and its label to the categories
    """

    def __init__(self, given: list[str], rows: list[list[str]], shift: float, show: float, tag: float):
        numbers: dict[str, int] = {"": 0}
        self.items = np.array([numbers.setdefault(item, len(numbers)) for row in rows for item in row])
        self.ends = np.concatenate([i + zipf(len(row), shift) for i, row in enumerate(rows)])
        pairs = [item.partition("=")[::2] if show else ("", item) for item in numbers]  # never shown: a label
        self.texts, self.labels = np.array(pairs, object).T
        self.given, self.show, self.tag = given, show, tag

    def draw(self, row: np.ndarray | int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The item, the text and the label of BLOCK records."""
        pick, show, tag = uniform(rng, 3)
        item = self.items[np.searchsorted(self.ends, row + pick)]
        return item, self.texts[np.where(show < self.show, item, 0)], self.labels[np.where(tag < self.tag, item, 0)]


@cache
class World:
    """What is the same for every seed: the shelves, the facets, and how many values each fact can take."""

    def __init__(self) -> None:
        self.buyers, self.kinds, self.groups = (tables()[name] for name in ("buyers", "kinds", "groups"))
        self.makes = [[expand(column) for column in row] for row in tables()["makes"]]
        self.adjectives, self.occasions = zip(*(map(expand, row[1:]) for row in tables()["flavours"]))
        self.lists = {name: expand(items) for name, items in tables()["lists"]}
        self.sizes = {"kind": len(self.kinds), "make": len(self.makes), "group": len(self.groups),
                      "buyer": len(self.buyers), "flavour": len(self.adjectives), "price": PRICES}
        self.rng = np.random.default_rng(2014)
        self.place_shelves()
        self.name_items()
        self.facets, makers = {}, self.item_makers()
        for name, given, *numbers in tables()["facets"]:
            rows = [makers[name](*values) for values in np.ndindex(*(self.sizes[fact] for fact in given.split()))]
            self.facets[name] = Facet(given.split(), rows, *map(float, numbers))
            self.sizes[name] = len(self.facets[name].texts)

    def place_shelves(self) -> None:
        """What can be on a shelf, as facts and paths, and how likely each is."""
        makes, groups, buyers = ([row[0] for row in tables()[name]] for name in ("makes", "groups", "buyers"))
        weights, facts, paths = [], [], []
        for k, (codes, group, category, leaves, make, _) in enumerate(self.kinds):
            for code, flavour in product(codes, range(self.sizes["flavour"])):
                _, weight, departments, _ = self.buyers[buyers.index(code)]
                weights.append(int(weight) / (k + 12) / (flavour + 3))
                facts.append((k, makes.index(make), groups.index(group), buyers.index(code), flavour))
                paths.append((*departments.split("/"), group, category, turned(leaves.split("/"), flavour)[0]))
        self.shelf_ends = np.cumsum(weights) / np.cumsum(weights)[-1]
        self.facts = dict(zip(("kind", "make", "group", "buyer", "flavour"), np.array(facts).T))
        self.paths, self.short_paths = np.fromiter(paths, object), np.fromiter((path[:-1] for path in paths), object)

    def name_items(self) -> None:
        """Brands, styles, clubs and the other items that are made of several parts."""
        parts = product(*(self.lists[name] for name in ("heads", "middles", "tails")))
        names = shuffled(["".join(part) for part in parts], self.rng)
        brands, surnames, self.styles, towns = names[:3600], names[3600:7200], names[7200:10500], names[10500:]
        pairs = enumerate(zip(brands, surnames))
        self.brands = [f"{name} {surname}" if i % 2 else name for i, (name, surname) in pairs]
        self.clubs = [f"{town} {mascot}=Fan Shop" for town, mascot in zip(towns, cycle(self.lists["mascots"]))]
        self.patterns = [f"{word}{form}={word} print" for form in ("", " Print", " Pattern")
                         for word in self.lists["patterns"]]
        self.colours = [f"{form}=Color: *".replace("*", word) for form in self.lists["colour forms"]
                        for word in self.lists["colours"]]
        self.features = [[f"{text}={text}" for text in expand(features)] for _, features, _ in self.groups]
        self.details = [shuffled(expand(details), self.rng) for _, _, details in self.groups]

    def item_makers(self) -> dict[str, Callable[..., list[str]]]:
        """For each facet the function that gives the items of a row, from the numbers of the facts that select it."""
        lists, makes = self.lists, self.makes
        return {
            "brand": lambda group, buyer: self.brands[(group + 3 * buyer) % 7::7],
            "style": lambda group: self.styles[group % 3::3],
            "audience": lambda buyer: expand(self.buyers[buyer][3]),
            "adjective": lambda make, flavour: lists["vague"][(flavour - make) % 4::4] + self.adjectives[flavour],
            "type": lambda kind: types(self.kinds[kind][5]),
            "material": lambda make, price: turned([f"{name}={name}" for name in makes[make][1]], 2 * price),
            "colour": lambda: self.colours,
            "motif": lambda flavour: self.clubs if flavour == 1 else turned(self.patterns, 23 * flavour),
            "feature": lambda group, flavour: turned(self.features[group], 3 * flavour),
            "detail": lambda group: self.details[group],
            "composition": self.compositions,
            "closure": lambda make, flavour: turned([f"{name} closure" for name in makes[make][2]], flavour),
            "care": lambda material, make: turned(lists["wash" if make < N_CLOTH else "care"], material),
            "origin": lambda price: turned(lists["origin"], price // 2),
            "measure": lambda make: shuffled(makes[make][3], self.rng),
            "sentence": self.sentences,
            "remark": lambda: lists["remarks"],
        }

    def compositions(self, material: int, make: int) -> list[str]:
        """Phrases such as '100% Cotton'."""
        forms = self.lists["cloth" if make < N_CLOTH else "solid"]
        return turned([form.replace("*", self.facets["material"].texts[material]) for form in forms], 5 * make)

    def sentences(self, make: int, flavour: int) -> list[str]:
        """Sentences about a make, for an occasion, in a random order."""
        words = product(self.lists["sentences"], self.occasions[flavour], self.lists["qualities"], self.makes[make][0])
        return shuffled(list(dict.fromkeys(form.format(*rest) for form, *rest in words)), self.rng)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray], list[np.ndarray]]:
        """BLOCK records in columns: their paths, their texts by facet, their labels."""
        shelf, elsewhere = np.searchsorted(self.shelf_ends, uniform(rng, 2))
        filed = np.where(rng.random(BLOCK) < MISFILED, elsewhere, shelf)
        paths = np.where(rng.random(BLOCK) < SHORTENED, self.short_paths[filed], self.paths[filed])
        facts, texts, labels = {name: values[shelf] for name, values in self.facts.items()}, {}, []
        for name, facet in self.facets.items():
            row = 0
            for fact in facet.given:
                row = row * self.sizes[fact] + facts[fact]
            facts[name], texts[name], tags = facet.draw(row, rng)
            labels.append(tags)
            if name == "brand":
                facts["price"] = facts["brand"] % PRICES
        return paths, texts, labels


def spoiled(title: str, chance: float) -> str:
    """The title in capitals, in small letters, with a model number or with two letters swapped."""
    place = int(chance * 1e6) % len(title)
    swapped = title[:place] + title[place:place + 2][::-1] + title[place + 2:]
    return (title.upper(), title.lower(), f"{title} {title[:2].upper()}{37 * place % 1000}", swapped)[int(4 * chance)]


def records(rng: np.random.Generator) -> Iterator[Record]:
    """Yield Record after Record, without end."""
    names, *_ = lines = [line.split() for line, in tables()["orders"]]
    orders = np.fromiter((itemgetter(*map(names.index, line)) for line in lines), object)
    while True:
        paths, texts, labels = World().draw(rng)
        pick, chances = uniform(rng, 2)
        order = orders[np.searchsorted(zipf(len(orders), 1), pick)]
        parts = zip(*(texts[name] for name in names))
        for path, tags, words, arrange, chance in zip(paths, zip(*labels), parts, order, chances.tolist()):
            title = " ".join(filter(None, arrange(words))).replace(" ,", ",")
            if chance < SPOILED:
                title = spoiled(title, chance / SPOILED)
            yield Record(title, tuple(dict.fromkeys(filter(None, path + tags))))


def make_catalogue(n_records: int, seed: int = 0) -> Iterator[Record]:
    """Iterator of `n_records` made-up records: the first ones of the endless catalogue of this seed.

    TypeError unless both are integers, ValueError if one is negative.
    """
    for name, value in (("n_records", n_records), ("seed", seed)):
        if not isinstance(value, Integral):
            raise TypeError(f"make_catalogue: {name} is not an integer, want an int of 0 or more, got {value!r}")
        if value < 0:
            raise ValueError(f"make_catalogue: {name} is negative, want an int of 0 or more, got {value}")
    return islice(records(np.random.default_rng(seed)), n_records)
