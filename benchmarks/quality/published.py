"""Figures that others published, in percent.

Those of Bibtex and Delicious are from Tables 2, 6 and 7 of an older version of the Extreme Classification Repository's
page; later versions list only larger data sets. Its splits may differ from ours, but have the same sizes. Those of few
titles are from `results/README.md` of MinishLab/model2vec (commit c901407): the mean accuracy over 15 sets of texts
with one label each, 1,000 training rows, and the texts that one system classifies in a second.
"""

PUBLISHED_COLUMNS = ("P@1", "P@3", "P@5", "PSP@1", "PSP@3", "PSP@5", "nDCG@5")
PUBLISHED = {
    "bibtex": {
        "SLEEC, published": (65.08, 39.64, 28.87, 51.12, 53.95, 59.56, 62.64),
        "FastXML, published": (63.42, 39.23, 28.86, 48.54, 52.30, 58.28, 61.70),
        "PfastreXML, published": (63.46, 39.22, 29.14, 52.28, 54.36, 60.55, 62.12),
        "LEML, published": (62.54, 38.41, 28.21, 47.97, 51.42, 57.53, 60.53),
        "1-vs-All, published": (62.62, 39.09, 28.79, 48.84, 52.96, 59.29, 61.58),
    },
    "delicious": {
        "SLEEC, published": (67.59, 61.38, 56.56, 32.11, 33.21, 33.83, 59.28),
        "FastXML, published": (69.61, 64.12, 59.27, 32.35, 34.51, 35.43, 61.90),
        "PfastreXML, published": (67.13, 62.33, 58.62, 34.57, 34.80, 35.86, 60.74),
        "LEML, published": (65.67, 60.55, 56.08, 30.73, 32.43, 33.26, 58.47),
        "1-vs-All, published": (65.02, 58.88, 53.28, 31.95, 33.24, 33.47, 56.28),
    },
}

FEW_TITLES = [
    {"published, 15 sets, 1,000 rows": name, "accuracy": accuracy, "texts / s": speed}
    for name, accuracy, speed in (
        ("TF-IDF, logistic regression", 70.8, 108_434),
        ("static embeddings (potion), logistic regression", 78.0, 17_925),
        ("static embeddings, fine-tuned (Model2Vec)", 79.2, 24_744),
        ("SetFit, MiniLM", 82.6, 716),
        ("bge-base, logistic regression", 82.8, 118),
    )
]
