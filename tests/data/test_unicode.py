"""Claim: titles of any script become the words that the documentation says, from the file to the prediction.

A word is a run of letters and digits of any script, lower-cased. Punctuation, emoji, joiners and combining marks
separate words; nothing is composed or decomposed.
"""

import json
import unicodedata

import pytest
from problems import compiled

from nnlite import Record, Vocabulary, read_records
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.data.tokens import TokenRules, tokenise

TITLES = [
    ("蓝色连衣裙", ["蓝色连衣裙"]),  # no spaces: one run, one word
    ("夏季 连衣裙，全棉。", ["夏季", "连衣裙", "全棉"]),  # a space and Chinese punctuation
    ("iPhone手机壳 2個", ["iphone手机壳", "2個"]),  # nor does a change of script
    ("ワンピース Tシャツ", ["ワンピース", "tシャツ"]),
    ("파란 드레스", ["파란", "드레스"]),
    ("حقيبة جلدية، ٢٠٢٤", ["حقيبة", "جلدية", "٢٠٢٤"]),  # from right to left, with digits of its own
    ("حَقيبة", ["ح", "قيبة"]),  # a vowel sign is a combining mark
    ("שמלה כחולה", ["שמלה", "כחולה"]),
    ("हिन्दी", ["ह", "न", "द"]),  # and so are most vowels of Devanagari: better kept apart by a language's own tools
    ("ชุด", ["ช", "ด"]),
    ("Caf\u00e9", ["caf\u00e9"]),  # composed, one letter
    ("Cafe\u0301", ["cafe"]),  # a letter and a combining mark, which ends the word
    ("Cre\u0301me", ["cre", "me"]),
    ("👗Dress👠", ["dress"]),  # an emoji is no letter
    ("Dr👗ess", ["dr", "ess"]),
    ("👩\u200d🔬 🇫🇷 ❤\ufe0f 👍🏽", []),  # nor is one of several code points
    ("Size 1\ufe0f\u20e3", ["size", "1"]),  # the digit in a keycap is a digit
    ("STRASSE Straße", ["strasse", "straße"]),  # lower-cased, not folded
    ("ΣΊΣΥΦΟΣ", ["σίσυφος"]),  # the last sigma of a word is another letter
    ("İZMİR", ["i", "zmi", "r"]),  # lower-cased to an i and a combining dot
    ("10m² №5 ½ Ⅷ ﬁt", ["10m²", "5", "½", "ⅷ", "ﬁt"]),  # digits and numbers of all kinds, ligatures
    ("ＡＢＣ１", ["ａｂｃ１"]),  # of full width
    ("a\u00adb x\u200by", ["a", "b", "x", "y"]),  # soft hyphens and the like; `clean` takes them away before
]


@pytest.mark.parametrize("title, words", TITLES)
def test_words_of_a_title(title, words):
    assert tokenise(title) == words
    records = [Record(title, ("C",)), Record("other", ("C",))]
    vocabulary = Vocabulary.build(records, min_count=1)
    assert set(vocabulary.words) == {*words, "other"}
    x = vocabulary.encode_titles([title])
    assert {vocabulary.words[i] for i in x.indices} == set(words)


def test_a_composed_title_keeps_its_words_whole():
    """What the documentation advises: NFC first."""
    for title in "Cre\u0301me", "Gro\u0308\u00dfe", "Ren\u0065\u0301":
        assert len(tokenise(unicodedata.normalize("NFC", title))) == 1


def test_stems_are_letters_not_bytes():
    assert tokenise("连衣裙连衣裙", TokenRules(stem=4))[-1] == "^连衣裙连"
    assert tokenise("حقيبة", TokenRules(stem=4))[-1] == "^حقيب"
    assert tokenise("𝒜𝒷𝒸𝒹𝑒", TokenRules(stem=4))[-1] == "^𝒜𝒷𝒸𝒹"  # beyond the first 65,536 code points


@pytest.mark.parametrize("ending", ["jsonl", "csv"])
@pytest.mark.parametrize("title, name", [
    ("连衣裙", "女装"), ("حقيبة", "حقائب"), ("שמלה", "בגדים"), ("👗 dress", "👗"), ("Cafe\u0301", "Cafe\u0301"),
    ("👩\u200d🔬 coat", "👩\u200d🔬"),
])
def test_titles_and_names_are_read_as_they_are(tmp_path, ending, title, name):
    """The joiner between emoji stays, and so do combining marks: another spelling of a name is another name."""
    path = tmp_path / f"a.{ending}"
    lines = {"jsonl": json.dumps({"title": title, "category": [name]}, ensure_ascii=False),
             "csv": f"title,category\n{title},{name}"}
    path.write_text(lines[ending] + "\n", encoding="utf-8")
    assert list(read_records(path)) == [Record(title, (name,))]


@compiled
def test_learnt_saved_and_predicted(tmp_path):
    world = {"连衣裙": "女装", "حقيبة": "حقائب", "👗 робe\u0301": "Ро\u0301бы", "ชุด": "👗"}
    titles, names = [*world] * 12, [[name] for name in world.values()] * 12
    settings = dict(epochs=60, hidden=(8,), min_count=2, label_min_count=2, dropout=0.0, word_dropout=0.0)
    TitleClassifier(**settings).fit(titles, names).save(tmp_path / "m")
    loaded = TitleClassifier.load(tmp_path / "m")
    assert [found[0] for found in loaded.predict([*world])] == [*world.values()]
    assert {e.word for e in loaded.explain("👗 робe\u0301", 1)[0].effects} == {"робe"}
