"""Small made-up files of other kinds: data sets, exports of databases and data frames, odd headers."""

from tests.data.files.kinds import Kind, csv, one, table

FLAT = {"Stool": ["Seats"], "Mat": ["Floor"]}

OTHERS = {
    "Flipkart": one(
        csv(["uniq_id", "product_name", "product_category_tree"],
            ["1", "Stool", '["Home >> Kids\' Seats, Low >> Stools"]'],
            ["2", "Mat", '["Home >> Floor"]'], ["3", "Cup", '["Cup of Joy Ceramic ..."]']),
        {"Stool": ["Home", "Kids' Seats, Low", "Stools"], "Mat": ["Home", "Floor"], "Cup": ["Cup of Joy Ceramic ..."]}),
    "Amazon, Kaggle": one(
        csv(["product_id", "product_name", "category"], ["1", "Stool", "Home|Seats,Low&Wide|Stools"],
            ["2", "Mat", "Home|Floor"]),
        {"Stool": ["Home", "Seats,Low&Wide", "Stools"], "Mat": ["Home", "Floor"]}),
    "Amazon India, Kaggle": one(
        csv(["name", "main_category", "sub_category"], ["Stool", "home, kitchen, pets", "Seats"],
            ["Radio", "tv, audio & cameras", "All Electronics"],
            ["Ball", "sports & fitness", "All Sports, Fitness & Outdoors"]),
        {"Stool": ["home, kitchen, pets", "Seats"], "Radio": ["tv, audio & cameras", "All Electronics"],
         "Ball": ["sports & fitness", "All Sports, Fitness & Outdoors"]}),
    "Mercari": one(
        table("\t", ["train_id", "name", "item_condition_id", "category_name", "brand_name"],
              ["0", "Oak Stool", "3", "Home/Seats/Stools", ""], ["1", "Old Chair", "3", "Home/Seats/Chairs", "X"],
              ["2", "Red Tee", "1", "Men/Tops/T-shirts", ""], ["3", "Blue Vest", "1", "Men/Tops/Vests", ""],
              ["4", "Cap", "2", "Men/Hats/Caps", ""], ["5", "Thing", "2", "", ""]),
        {"Oak Stool": ["Home", "Seats", "Stools"], "Old Chair": ["Home", "Seats", "Chairs"],
         "Red Tee": ["Men", "Tops", "T-shirts"], "Blue Vest": ["Men", "Tops", "Vests"],
         "Cap": ["Men", "Hats", "Caps"]}, "a.tsv"),
    "fashion images, Kaggle": one(
        csv(["id", "gender", "masterCategory", "subCategory", "articleType", "productDisplayName"],
            ["1", "Men", "Apparel", "Topwear", "Shirts", "Acme Men Check Shirt"]),
        {"Acme Men Check Shirt": ["Apparel", "Topwear"]}),
    "Walmart lines": one(
        '{"itemId": 1, "name": "Stool", "categoryPath": "Home/Seats/Low", "categoryNode": "4044_1"}\n'
        '{"itemId": 2, "name": "Chair", "categoryPath": "Home/Seats/High"}\n'
        '{"itemId": 3, "name": "Mat", "categoryPath": "Home/Floor/Mats"}\n'
        '{"itemId": 4, "name": "Rug", "categoryPath": "Home/Floor/Rugs"}\n',
        {"Stool": ["Home", "Seats", "Low"], "Chair": ["Home", "Seats", "High"], "Mat": ["Home", "Floor", "Mats"],
         "Rug": ["Home", "Floor", "Rugs"]}, "a.jsonl"),
    "WooCommerce REST lines": one(
        '{"id": 1, "name": "Stool", "type": "simple", "categories": [{"id": 9, "name": "Seats, Low", "slug": "s"}], "tags": []}\n'
        '{"id": 2, "name": "Mat", "categories": [{"id": 8, "name": "Floor &amp; Wall", "slug": "f"}]}\n',
        {"Stool": ["Seats, Low"], "Mat": ["Floor & Wall"]}, "a.jsonl"),
    "Shopify API lines": Kind(
        "a.jsonl",
        '{"title": "Stool", "handle": "stool", "body_html": "", "product_type": "Seats", "tags": ["oak", "low"]}\n'
        '{"title": "Mat", "handle": "mat", "body_html": "", "product_type": "Floor", "tags": "wool, red"}\n',
        [({}, "--categories product_type --categories tags"),
         ({"categories": ["product_type", "tags"]},
          {"Stool": ["Seats", "oak", "low"], "Mat": ["Floor", "wool", "red"]})]),
    "Algolia lines": one(
        '{"name": "Stool", "hierarchicalCategories": {"lvl0": "Home", "lvl1": "Home > Seats"}}\n',
        {"Stool": ["Home", "Seats"]},
        "a.jsonl", categories="hierarchicalCategories"),
    "Open Food Facts": one(
        table("\t", ["code", "product_name", "categories", "categories_tags", "main_category", "pnns_groups_1"],
              ["1", "Rusks", "Snacks, Sweet snacks,Biscuits", "en:snacks,en:biscuits", "en:biscuits", "Sugary snacks"],
              ["2", "Tea", "Drinks", "en:drinks", "en:drinks", "Drinks"]),
        {"Rusks": ["Snacks", "Sweet snacks", "Biscuits"], "Tea": ["Drinks"]}),
    "Open Food Facts, tags": Kind(
        "a.jsonl", '{"product_name": "Rusks", "categories_tags": ["en:snacks", "en:biscuits"]}\n',
        [({}, "--categories categories_tags"), ({"categories": "categories_tags"},
                                                {"Rusks": ["en:snacks", "en:biscuits"]})]),
    "Instacart": Kind(
        "a.csv", csv(["product_id", "product_name", "aisle_id", "aisle", "department"],
                     ["1", "Rusks", "3", "cookies", "snacks"]),
        [({}, "--categories aisle --categories department"),
         ({"categories": ["department", "aisle"]}, {"Rusks": ["snacks", "cookies"]})]),
    "Rakuten": one("Oak Stool\t12>7>3\nMat\t12>9\n", {"Oak Stool": ["12", "7", "3"], "Mat": ["12", "9"]}, "a.tsv",
                   header=False, title=1, categories=2),
    "Lazada": Kind(
        "a.csv", 'my,N1,Oak Stool,Home,Seats,Low,"<b>x</b>",33.0,local\nph,N2,"Mat, red",Home,Floor,Mats,,20.0,local\n',
        [({}, "--no-header"), ({"header": False, "title": 3, "categories": [4, 5, 6]},
                               {"Oak Stool": ["Home", "Seats", "Low"], "Mat, red": ["Home", "Floor", "Mats"]})]),
    "text sets": Kind("a.csv", csv(["Category", "Text"], ["Household", "Stool, oak"], ["Office", "Print"]),
                      [({}, "--title"), ({"title": "text"}, {"Stool, oak": ["Household"], "Print": ["Office"]})]),
    "numpy": one(csv(["title", "category"], ["Stool", "['Seats' \"Kids' Low\"]"], ["Mat", "['Floor'\n 'Wool']"],
                     ["Cup", "[]"]),
                 {"Stool": ["Seats", "Kids' Low"], "Mat": ["Floor", "Wool"]}),
    "numpy 2": one(csv(["title", "category"], ["Stool", "[np.str_('Seats'), np.str_('Low')]"]),
                   {"Stool": ["Seats", "Low"]}),
    "sets": one(csv(["title", "category"], ["Stool", "{'Seats'}"], ["Mat", "frozenset({'Floor'})"], ["Cup", "set()"],
                    ["Pot", "dict_keys(['Pots, Pans'])"]), {**FLAT, "Pot": ["Pots, Pans"]}),
    "PostgreSQL": one(csv(["title", "category"], ["Stool", '{Seats,"Low, wide",NULL}'], ["Mat", "{Floor}"],
                          ["Cup", "{}"]),
                      {"Stool": ["Seats", "Low, wide"], "Mat": ["Floor"]}),
    "multi-hot": Kind(
        "a.csv", csv(["title", "Seats", "Floor"], ["Stool", "1.0", "0.0"], ["Mat", "0.0", "1.0"],
                     ["Cup", "0.0", "0.0"]),
        [({}, "--categories Seats --categories Floor"), ({"categories": ["Seats", "Floor"]}, FLAT)]),
    "numbered columns": one(
        csv(["title", "category_1", "category_2", "category_3"], ["Stool", "Home", "Seats", ""],
            ["Mat", "Home", "Floor", "nan"]),
        {"Stool": ["Home", "Seats"], "Mat": ["Home", "Floor"]}),
    "main and sub": one(
        table(";", ["Product Name", "Main Category", "Sub Category 1", "Sub Category 2"],
              ["Stool", "Home", "Seats, low", ""],
              ["Mat", "Home", "Floor", "Rugs"]),
        {"Stool": ["Home", "Seats, low"], "Mat": ["Home", "Floor", "Rugs"]}),
    "levels": one(csv(["Product Title", "Category L1", "Category L2"], ["Stool", "Home", "Seats"]),
                  {"Stool": ["Home", "Seats"]}),
    "numbers as labels": one(csv(["title", "category"], ["Stool", "12"], ["1984", "13"]),
                             {"Stool": ["12"], "1984": ["13"]}),
    "ids beside names": one(csv(["category_id", "title", "category"], ["7", "Stool", "Seats"], ["8", "Mat", "Floor"]),
                            FLAT),
    "no values": one(
        csv(["Title", "CATEGORY"], ["Stool", "Seats"], ["nan", "Seats"], ["Cup", "NaN"], ["Pot", "null"],
            ["Pan", "<NA>"],
            ["Jar", "\\N"], ["", "Seats"], ["Mat", "Floor"]), FLAT),
    "empty categories": Kind(
        "a.csv", csv(["title", "category", "type"], ["Stool", "", "Seats"], ["Mat", "nan", "Floor"]),
        [({}, "'category' is empty"), ({"categories": "type"}, FLAT)]),
    "HTML and entities": one(
        csv(["title", "category"], ["<b>Stool</b>&nbsp;low", "Home &amp; Bath &gt; Seats"],
            ["Mat", "Home &amp;amp; Bath&raquo;Floor"]),
        {"Stool low": ["Home & Bath", "Seats"], "Mat": ["Home & Bath", "Floor"]}),
    "line ends": one(csv(["title", "category"], ["Stool", "Seats\nOak\n"], ["Mat", "Floor"]),
                     {"Stool": ["Seats", "Oak"], "Mat": ["Floor"]}),
    "another language": Kind(
        "a.csv", csv(["Bezeichnung", "Warengruppe", "Kategorie"], ["Hocker", "A", "Sitze"]),
        [({}, "'Bezeichnung', 'Warengruppe', 'Kategorie'"),
         ({"title": "Bezeichnung", "categories": "Kategorie"}, {"Hocker": ["Sitze"]})]),
    "a misspelt option": Kind("a.csv", csv(["title", "category"], ["Stool", "Seats"]),
                              [({"categories": "Kategorie"}, "'title', 'category'")]),
    "full paths": one(csv(["title", "category"], ["Tee", "Women > Tops"], ["Vest", "Men > Tops"]),
                      {"Tee": ["Women > Tops"], "Vest": ["Men > Tops"]}, paths="full"),
    "leaves": one(csv(["title", "category"], ["Tee", "Women > Tops"], ["Vest", "Men"]),
                  {"Tee": ["Tops"], "Vest": ["Men"]},
                  paths="leaf"),
    "LF-AmazonTitles": one('{"uid": "1", "title": "Stool", "target_ind": [3, 12], "target_rel": [1.0, 1.0]}\n',
                           {"Stool": ["3", "12"]}, "trn.json"),
    "a separator of one's own": one(csv(["title", "category"], ["Stool", "Home~Seats, low"]),
                                    {"Stool": ["Home", "Seats, low"]},
                                    separator="~"),
    "an option beats escapes": one(csv(["title", "category"], ["Stool", r"Seats\, low, Oak"]),
                                   {"Stool": ["Seats, low", "Oak"]},
                                   separator=","),
}
