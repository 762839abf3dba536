"""A made-up catalogue of clothing, shoes and jewellery in the manner of Amazon's, for a machine without data.

The *world* is fixed: its shelves, brands and phrases, and what goes with what. A seed only decides what is drawn from
it. Choices follow Zipf's law: the item of rank r in its row weighs 1 / (r + shift). How a record is drawn:

1. a shelf: buyer, kind and flavour, such as (girls, boots, outdoor). Its path opens the categories, but some products
   are filed on a wrong shelf, and some paths end before their leaf;
2. one item of every facet (brand, adjective, material, care, ...). What has been drawn so far selects the row: a brand
   serves one of the seven buyers in each group, a material suits the make and the price of the brand, and so on;
3. an item is a text for the title, a label for the categories, or both: shown and told as often as its facet says;
4. the texts come in one of a few orders, and some titles are spoiled: capitals, a model number, swapped letters.

So some labels follow from one word, and some only from two together: a vague adjective means another flavour on every
make, a brand other buyers in every group, a material other compositions; some are noise. The root category, which all
would share, is left out. Only `Generator.random`, integers and exact arithmetic: the same records on every platform.
"""

from functools import cache
from itertools import cycle, islice, product
from numbers import Integral
from operator import itemgetter

import numpy as np

from nnlite.data.records import Record

BLOCK, PRICES = 4096, 3  # records drawn at once; cheap, medium, dear
MISFILED, SHORTENED, SPOILED = 0.11, 0.12, 0.12  # shares of the records

# Lists are separated by "/". "Gym=Fitness" is a text with its label; "{} mm@1,2,4" is 1, 1.25, 1.5, 1.75 and 2 mm.
BUYERS = {  # code: weight, departments, words of the title
    "w": (31, "Women", "Women's/Womens/Ladies/Plus Size=Plus-Size/Juniors=Juniors/Petite=Petite/Maternity=Maternity"),
    "m": (29, "Men", "Men's/Mens/Men/Big & Tall=Big & Tall/Gentlemen's/Tall Men's=Big & Tall/Male/Guys"),
    "g": (12, "Girls", "Girls'/Girls/Big Girls'=Big Girls/Little Girls'=Little Girls/Kids/Toddler/Youth/Children's"),
    "b": (10, "Boys", "Boys'/Boys/Big Boys'=Big Boys/Little Boys'=Little Boys/Kids/Toddler/Youth/Children's"),
    "x": (7, "Baby/Baby Girls", "Baby Girls'/Baby Girl/Infant/Newborn=Newborn/Baby/Toddler/Girls"),
    "y": (7, "Baby/Baby Boys", "Baby Boys'/Baby Boy/Infant/Newborn=Newborn/Baby/Toddler/Boys"),
    "u": (34, "", "Unisex/Adult/Unisex-Adult/Men and Women/Family"),
}
# buyers | group | category | leaves by flavour, in turn | make | types, with "~" before a synonym
KINDS = """
wmgbxy|Clothing|Tops & Tees|Knits & Tees/Active Tops/Blouses|top|T-Shirt~Tee/Tank Top~Tank/Polo/Henley/Tunic
wmgbxy|Shoes|Sneakers|Fashion Sneakers/Athletic/Lace-Ups|shoe|Sneaker~Trainer/Running Shoe~Runner/High Top/Skate Shoe
wm|Jewelry|Rings|Bands/Statement/Engagement/Stacking|ring|Ring/Wedding Band~Band/Signet Ring/Promise Ring
wgx|Clothing|Dresses|Casual/Tennis Dresses/Special Occasion|dress|Maxi Dress/Sundress~Sun Dress/Shift Dress/Gown
wmgb|Shoes|Boots|Ankle & Bootie/Riding/Knee-High/Snow Boots|boot|Ankle Boot~Bootie/Hiking Boot~Hiker/Rain Boot
wmu|Watches|Wrist Watches|Casual/Sport Watches/Dress Watches/Dive Watches|watch|Timepiece~Watch/Chronograph/Diver
u|Luggage|Backpacks|Casual Daypacks/Gym Bags/Laptop Bags|bag|Backpack~Rucksack/Daypack/Bookbag~Pack/Sling Bag
wmgb|Clothing|Pants|Casual/Active Pants/Dress Pants/Cargo|pant|Chino~Khakis/Trouser~Slacks/Jogger~Sweatpant/Yoga Pant
mwuxy|Accessories|Hats & Caps|Baseball Caps/Visors/Fedoras/Sun Hats|hat|Baseball Cap~Ball Cap/Beanie~Skull Cap/Fedora
wg|Jewelry|Necklaces|Pendants/Chains/Pearl Strands/Lockets|chain|Pendant~Pendant Necklace/Choker/Link Chain/Locket
wmgb|Clothing|Hoodies|Fashion Hoodies/Active Hoodies/Zip-Ups/Fleece|top|Hoodie~Hooded Sweatshirt/Sweatshirt/Quarter Zip
w|Accessories|Handbags|Totes/Fashion Backpacks/Clutches|bag|Tote Bag~Tote/Clutch Bag~Clutch/Satchel/Hobo/Wallet
wmg|Shoes|Sandals|Slides/Athletic/Heeled Sandals|shoe|Flip Flop~Thong Sandal/Slide Sandal/Wedge~Espadrille/Gladiator
wm|Clothing|Coats & Jackets|Lightweight/Windbreakers/Wool & Blends|coat|Parka~Puffer/Trench Coat/Bomber/Peacoat/Blazer
wg|Jewelry|Earrings|Studs/Clip-Ons/Drop & Dangle|ring|Stud Earrings~Studs/Hoop Earrings~Hoops/Ear Cuff
wmgb|Clothing|Jeans|Straight/Relaxed/Skinny/Bootcut|pant|Skinny Jean~Jegging/Bootcut Jean/Straight Leg Jean/Carpenter
u|Clothing|Novelty|T-Shirts/Fan Shop/Costumes|top|Graphic Tee~Funny T-Shirt/Novelty Shirt/Slogan Hoodie/Tour Shirt
w|Shoes|Pumps|Platforms/Wedges/Stilettos|shoe|Pump~Heel/Stiletto/Slingback/Peep Toe/D'Orsay
mw|Jewelry|Bracelets|Bangles/Identification/Tennis|chain|Bracelet~Wristlet/Bangle/Cuff Bracelet~Cuff/Anklet
u|Luggage|Suitcases|Carry-Ons/Duffels/Garment Bags|bag|Suitcase~Upright/Spinner/Duffel~Weekender/Luggage Set~Trunk
wmgbxy|Clothing|Sleepwear|Pajama Sets/Lounge/Nightgowns|dress|Pajama Set~Pajamas/Robe~Bathrobe/Nightgown~Nightshirt
"""
# make | materials | closures | measures; the first N_CLOTH makes are of cloth
N_CLOTH, MAKES = 5, """
top|Cotton/Polyester/Rayon/Fleece/Modal/Jersey/Merino/Acrylic/Cashmere|Pull On/Button/Zipper/Snap|{} inches long@20,34,1
dress|Polyester/Cotton/Chiffon/Satin/Lace/Velvet/Silk|Zipper/Pull On/Snap/Hook and Eye|Hem falls {} inches@30,60,1
pant|Denim/Cotton/Spandex/Twill/Nylon/Linen/Corduroy|Zipper/Elastic/Drawstring/Button|Inseam: {} inches@3,36,1
coat|Polyester/Wool/Down/Nylon/Softshell/Tweed/Faux Fur|Zipper/Button/Toggle/Belted|Back length: {} inches@22,48,1
hat|Wool/Cotton/Acrylic/Silk/Straw/Felt|Adjustable/Stretch/Snapback/Self-Tie|About {} inches around@18,30,2
shoe|Leather/Canvas/Suede/Mesh/Synthetic/Patent/Cork|Lace-Up/Slip-On/Buckle/Ankle Strap|Heel measures {} inches@1,5,4
boot|Leather/Suede/Rubber/Faux Leather/Nubuck/Shearling|Lace-Up/Zipper/Slip-On/Pull Tab|Shaft measures {} inches@3,19,2
ring|Sterling Silver/Gold/Stainless Steel/Titanium/Tungsten/Rose Gold|Push-Back/Screw-Back/Clip|Band: {} mm@1,12,2
chain|Silver/Sterling Silver/Gold/Pearl/Copper/Crystal/Alloy|Lobster/Spring Ring/Magnetic|Chain length: {} inches@6,36,1
watch|Stainless Steel/Leather/Silicone/Resin/Ceramic|Buckle/Fold-Over/Deployant|Case diameter: {} mm@22,54,1
bag|Leather/Canvas/Nylon/Faux Leather/Straw|Zipper/Magnetic Snap/Drawstring/Flap|Height: {} inches@5,32,1
"""
CLOTH = "100% */Material: 100% */*/95% *, 5% Spandex/* blend/60% *, 40% Polyester/80% *, 20% Nylon/97% *, 3% Elastane"
SOLID = "*/Genuine */Material: */* finish/High quality */* and synthetic/Crafted in *"
FLAVOURS = {  # adjectives, then occasions
    "everyday": ("Casual=Casual/Basic/Relaxed/Comfy/Short Sleeve/Long Sleeve/Solid/Stretch/Simple/Crew Neck/V-Neck",
                 "every day/the weekend/school days/lounging at home/a walk in town/lazy Sundays/casual Fridays"),
    "sport": ("Running=Running/Athletic/Training=Training/Yoga=Yoga/Gym=Fitness/Golf=Golf/Tennis=Tennis/Dance=Dance",
              "the gym/a morning run/yoga class/team practice/match day/long rides/the dance floor/race day"),
    "dressy": ("Elegant/Formal=Formal/Evening=Evening/Wedding=Wedding/Luxury/Bridal=Wedding/Slim Fit/Prom=Prom/Chic",
               "weddings/date night/the office/cocktail parties/prom/a dinner out/graduation/an evening out"),
    "outdoor": ("Waterproof/Hiking=Hiking/Insulated/Winter=Cold Weather/Work=Work Wear/Camo=Hunting/Rugged/Snow/Trail",
                "camping trips/the trail/winter mornings/rainy days/the job site/ski weekends/long hikes/the farm"),
}
VAGUE = "Classic/Modern/Premium/Signature/Original/Essential/New/Fashion/Ultra/Deluxe/Heritage/Select/Pro/Core/Elite/A1"
GROUPS = {  # features, then details such as sizes and packs
    "Clothing": ("with Pockets/Hooded/Sleeveless/Button Front/High Waist/Tagless/Ripped/Wrinkle Free/Scoop Neck/Lined",
                 ", Small/, Medium/, Large/, X-Large/Size {}@0,26,0.5/, Pack of {}@2,12,1/- 2XL/XX-Large/3XL/XS/S/M/L"),
    "Shoes": ("Slip On/Memory Foam/Lace Up/Non Slip/Pointed Toe/Open Toe/Wide Width/Arch Support/Low Top/Fur Lined",
              ", {} M US@5,14,2/Size {}@4,15,2/, {} D(M) US@7,15,2/{} Wide@5,14,2/, {} B(M) US@5,12,2/EU {}@34,47,1"),
    "Jewelry": ("with Cubic Zirconia/Gift Box/Engraved/Birthstone/Heart/Celtic/Infinity/Freshwater/Two Tone/Opal/Halo",
                ", {} Inch@6,36,1/, Size {}@4,13,2/{}mm@2,40,1/{} cttw@0.1,2,10/14k/10k/18k/925/{} Gauge@2,20,0.5"),
    "Luggage": ("Expandable/Foldable/USB Port/Rolling/Padded", "{} Inch@13,32,1/{} Liter@10,80,0.2/{}L@5,90,0.2"),
    "Watches": ("Analog/Digital/Automatic/Quartz/Solar/Skeleton/LED", "{}mm@20,52,1/{}M@30,300,0.1/Set of {}@2,4,1"),
    "Accessories": ("One Size/UV Protection/Reversible/RFID Blocking/Fringe/Quilted/Studded/Wide Brim/Knit/Pom Pom",
                    ", One Size/{}mm@40,72,1/, Pack of {}@2,12,1/{} Inch@8,80,0.5/L-XL/S-M/{} oz@8,24,1"),
}
COLOURS = """Black/White/Navy/Red/Blue/Grey/Brown/Pink/Green/Purple/Gold/Silver/Tan/Gray/Beige/Ivory/Charcoal/Royal/
Khaki/Orange/Yellow/Turquoise/Teal/Coral/Olive/Cream/Camel/Chocolate/Multi/Heather/Cognac/Wine/Mint/Lavender/Bronze"""
COLOUR_FORMS = "*/, */(*)/- */in */* & White/Dark */Light */, * Multi"
PATTERNS = """Floral/Striped/Plaid/Paisley/Leopard/Zebra/Camouflage/Checkered/Gingham/Tropical/Geometric/Argyle/Skull/
Heart/Star/Butterfly/Owl/Wolf/Eagle/Horse/Cat/Dog/Bear/Fox/Dragon/Unicorn/Shark/Turtle/Lion/Panda/Feather/Anchor/Moon"""
MASCOTS = "Hawks/Badgers/Comets/Otters/Rams/Storm/Pioneers/Herons/Bisons/Thunder/Lynx/Mariners/Stallions/Cobras"
WASH, CARE = "Machine Wash/Hand Wash Only/Dry Clean Only/Hand Wash/Tumble dry", "Spot clean/Wipe clean/Polish/Keep dry"
ORIGIN = "Imported/Made in USA/Made in the USA or Imported/Made in Italy/Made in Portugal/Made in India/Made in Peru"
SENTENCES = """Perfect for {0}/Great for {0}/A {1} {2} for {0}/Our {2} is {1}/Ideal choice for {0} or as a gift/
Wear this {2} on {0}/Looks {1}, even after {0}"""  # {0} an occasion, {1} a quality, {2} a make
QUALITIES = "comfortable/stylish/durable/soft/breathable/lightweight/warm/timeless/elegant/sturdy/playful/roomy/sleek"
REMARKS = """Officially licensed/Brand new with tags/Gift ready packaging/See the size chart/<br>/Note/Limited edition/
True to size/Runs small, order one size up/New season/One year warranty/Great gift idea/Model wears size {}@0,18,1/
Pack contains {} pieces@1,48,1/Box: {} inches@4,30,4/About {} g@10,900,0.2/Item number {}@1000,2600,1"""
ORDERS = """
brand audience adjective style motif material type feature colour detail
brand style audience adjective material type motif feature colour detail
audience adjective motif material type feature brand style colour detail
brand adjective motif type style audience material feature detail colour
"""
# A head, a middle and a tail make the name of a brand, a style or a town.
HEADS = "Bel/Bran/Cor/Dal/Drev/El/Fal/Fen/Gar/Grel/Hal/Ister/Jav/Jor/Kel/Kov/Lor/Mal/Mer/Nor/Ov/Quel/Ral/Riv/Sel/Tal"
MIDDLES = "a/e/i/o/u/an/en/or/il/um/av/es/ith/oth/ur/em/ol/ab/ey/un"
TAILS = "bury/dane/dell/dorn/fell/ford/gand/gart/gren/kett/kin/lenth/lia/low/mard/mond/nock/rick/sall/shaw/tam/zeth"


def zipf(n, shift):
    """Cumulative shares of n items, the item of rank r weighing 1 / (r + shift): n ascending numbers, the last is 1."""
    ends = np.cumsum(1 / (np.arange(1, n + 1) + shift))
    return ends / ends[-1]


def uniform(rng, n):
    """(n, BLOCK) numbers that stay inside (0, 1) when the number of a row is added to them."""
    return np.clip(rng.random((n, BLOCK)), 1e-9, 1 - 1e-9)


def shuffled(items, rng):
    """The items in a random order, as a list."""
    return [items[i] for i in np.argsort(rng.random(len(items)), kind="stable")]


def turned(items, by):
    """The items from place `by` on, then those before it."""
    return items[by % len(items):] + items[:by % len(items)]


def expand(text):
    """'red/{} mm@1,2,2' -> ['red', '1 mm', '1.5 mm', '2 mm']"""
    items = []
    for item in text.replace("\n", "").split("/"):
        form, _, span = item.partition("@")
        low, high, steps = map(float, span.split(",")) if span else (0, 0, 1)
        items += [form.replace("{}", f"{low + i / steps:g}") for i in range(round((high - low) * steps) + 1)]
    return items


def types(text):
    """'Tank Top~Tank/Studs' -> ['Tank Top=Tank Tops', 'Tank=Tank Tops', 'Studs=Studs']"""
    synonyms = [names.split("~") for names in text.split("/")]
    return [f"{name}={names[0].removesuffix('s')}s" for names in synonyms for name in names]


class Facet:
    """One aspect of the products: for all values of the facts that are `given` a row of items; item 0 is the blank."""

    def __init__(self, given, rows, shift, show, tell):
        numbers = {"": 0}
        self.items = np.array([numbers.setdefault(item, len(numbers)) for row in rows for item in row])
        self.ends = np.concatenate([i + zipf(len(row), shift) for i, row in enumerate(rows)])
        pairs = [item.partition("=")[::2] if show else ("", item) for item in numbers]  # never shown: a label
        self.texts, self.labels = np.array(pairs, object).T
        self.given, self.show, self.tell = given, show, tell

    def draw(self, row, rng):
        """The item, the text and the label of BLOCK records."""
        pick, show, tell = uniform(rng, 3)
        item = self.items[np.searchsorted(self.ends, row + pick)]
        return item, self.texts[np.where(show < self.show, item, 0)], self.labels[np.where(tell < self.tell, item, 0)]


@cache
class World:
    """What is the same for every seed: the shelves, the facets, and how many values each fact can take."""

    def __init__(self):
        self.kinds = [line.split("|") for line in KINDS.strip().split("\n")]
        self.makes = [[expand(part) for part in line.split("|")] for line in MAKES.strip().split("\n")]
        self.sizes = {"kind": len(self.kinds), "make": len(self.makes), "group": len(GROUPS), "buyer": len(BUYERS),
                      "flavour": len(FLAVOURS), "price": PRICES}
        self.facets = {}
        self.place_shelves()
        self.add_facets(np.random.default_rng(2014))

    def place_shelves(self):
        """What can be on a shelf, as facts and paths, and how likely each is."""
        makes, groups, buyers = [make[0][0] for make in self.makes], list(GROUPS), list(BUYERS)
        weights, facts, paths = [], [], []
        for k, (codes, group, category, leaves, make, _) in enumerate(self.kinds):
            for code, flavour in product(codes, range(len(FLAVOURS))):
                weight, departments, _ = BUYERS[code]
                weights.append(weight / (k + 12) / (flavour + 3))
                facts.append((k, makes.index(make), groups.index(group), buyers.index(code), flavour))
                paths.append((*departments.split("/"), group, category, turned(leaves.split("/"), flavour)[0]))
        self.shelf_ends = np.cumsum(weights) / np.cumsum(weights)[-1]
        self.facts = dict(zip(("kind", "make", "group", "buyer", "flavour"), np.array(facts).T))
        self.paths, self.short_paths = np.fromiter(paths, object), np.fromiter((path[:-1] for path in paths), object)

    def add_facets(self, rng):
        """The names that a record draws from: brands, styles, clubs and the like."""
        names = shuffled(["".join(parts) for parts in product(*map(expand, (HEADS, MIDDLES, TAILS)))], rng)
        brands, surnames, styles, towns = names[:3600], names[3600:7200], names[7200:10500], names[10500:]
        brands = [f"{name} {surname}" if i % 2 else name for i, (name, surname) in enumerate(zip(brands, surnames))]
        clubs = [f"{town} {mascot}=Fan Shop" for town, mascot in zip(towns, cycle(expand(MASCOTS)))]
        patterns = [f"{word}{form}={word} print" for form in ("", " Print", " Pattern") for word in expand(PATTERNS)]
        colours = [f"{form}=Color: *".replace("*", word) for form in expand(COLOUR_FORMS) for word in expand(COLOURS)]
        adjectives, occasions = zip(*(map(expand, texts) for texts in FLAVOURS.values()))
        buyers, vague, makes = [expand(texts) for _, _, texts in BUYERS.values()], expand(VAGUE), self.makes
        features = [[f"{text}={text}" for text in expand(texts)] for texts, _ in GROUPS.values()]
        details = [shuffled(expand(texts), rng) for _, texts in GROUPS.values()]
        materials = [[f"{name}={name}" for name in make[1]] for make in makes]

        def compositions(material, m):
            forms = CLOTH if m < N_CLOTH else SOLID
            return turned(expand(forms.replace("*", self.facets["material"].texts[material])), 5 * m)

        def sentences(m, f):
            choices = product(expand(SENTENCES), occasions[f], expand(QUALITIES), makes[m][0])
            texts = [form.format(*words) for form, *words in choices]
            return shuffled(list(dict.fromkeys(texts)), rng)

        def add(name, given, row, shift, show=0.0, tell=0.0):
            rows = [row(*values) for values in np.ndindex(*(self.sizes[fact] for fact in given.split()))]
            self.facets[name] = Facet(given.split(), rows, shift, show, tell)
            self.sizes[name] = len(self.facets[name].texts)

        add("brand", "group buyer", lambda g, b: brands[(g + 3 * b) % 7::7], 5, show=1)
        add("style", "group", lambda g: styles[g % 3::3], 900, show=0.9)
        add("audience", "buyer", lambda b: buyers[b], 1, show=0.55, tell=0.9)
        add("adjective", "make flavour", lambda m, f: vague[(f - m) % 4::4] + adjectives[f], 0, show=0.95, tell=0.6)
        add("type", "kind", lambda k: types(self.kinds[k][5]), 1, show=0.77, tell=0.6)
        add("material", "make price", lambda m, p: turned(materials[m], 2 * p), 1, show=0.55, tell=0.25)
        add("colour", "", lambda: colours, 4, show=0.7, tell=0.03)
        add("motif", "flavour", lambda f: clubs if f == 1 else turned(patterns, 23 * f), 20, show=0.4, tell=0.15)
        add("feature", "group flavour", lambda g, f: turned(features[g], 3 * f), 3, show=0.75, tell=0.2)
        add("detail", "group", lambda g: details[g], 3, show=0.75)
        add("composition", "material make", compositions, -0.5, tell=0.65)
        add("closure", "make flavour", lambda m, f: turned([x + " closure" for x in makes[m][2]], f), -0.5, tell=0.6)
        add("care", "material make", lambda i, m: turned(expand(WASH if m < N_CLOTH else CARE), i), 0, tell=0.4)
        add("origin", "price", lambda p: turned(expand(ORIGIN), p // 2), 0, tell=0.6)
        add("measure", "make", lambda m: shuffled(makes[m][3], rng), 0, tell=0.15)
        add("sentence", "make flavour", sentences, 0, tell=0.25)
        add("remark", "", lambda: expand(REMARKS), 0, tell=0.3)

    def draw(self, rng):
        """BLOCK records in columns: their paths, their texts by facet, their labels."""
        shelf, elsewhere = np.searchsorted(self.shelf_ends, uniform(rng, 2))
        filed = np.where(rng.random(BLOCK) < MISFILED, elsewhere, shelf)
        paths = np.where(rng.random(BLOCK) < SHORTENED, self.short_paths[filed], self.paths[filed])
        facts, texts, labels = {name: values[shelf] for name, values in self.facts.items()}, {}, []
        for name, facet in self.facets.items():
            row = 0
            for fact in facet.given:
                row = row * self.sizes[fact] + facts[fact]
            facts[name], texts[name], told = facet.draw(row, rng)
            labels.append(told)
            if name == "brand":
                facts["price"] = facts["brand"] % PRICES
        return paths, texts, labels


def spoiled(title, chance):
    """The title in capitals, in small letters, with a model number or with two letters swapped."""
    place = int(chance * 1e6) % len(title)
    swapped = title[:place] + title[place:place + 2][::-1] + title[place + 2:]
    return (title.upper(), title.lower(), f"{title} {title[:2].upper()}{37 * place % 1000}", swapped)[int(4 * chance)]


def records(rng):
    """Yield Record after Record, without end."""
    names, *_ = lines = [line.split() for line in ORDERS.strip().split("\n")]
    orders = np.fromiter((itemgetter(*map(names.index, line)) for line in lines), object)
    while True:
        paths, texts, labels = World().draw(rng)
        pick, chances = uniform(rng, 2)
        order = orders[np.searchsorted(zipf(len(orders), 1), pick)]
        parts = zip(*(texts[name] for name in names))
        for path, told, words, arrange, chance in zip(paths, zip(*labels), parts, order, chances.tolist()):
            title = " ".join(filter(None, arrange(words))).replace(" ,", ",")
            if chance < SPOILED:
                title = spoiled(title, chance / SPOILED)
            yield Record(title, tuple(dict.fromkeys(filter(None, path + told))))


def make_catalogue(n_records, seed=0):
    """Iterator of `n_records` made-up records: the first ones of the endless catalogue of this seed."""
    for name, value in (("n_records", n_records), ("seed", seed)):
        if not isinstance(value, Integral):
            raise TypeError(f"make_catalogue: {name} is not whole, want an int of 0 or more, got {value!r}")
        if value < 0:
            raise ValueError(f"make_catalogue: {name} is negative, want an int of 0 or more, got {value}")
    return islice(records(np.random.default_rng(seed)), n_records)
