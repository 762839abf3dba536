"""Claim: titles of any script become the words that the documentation says, from the file to the prediction.

A word is a run of letters, digits and combining marks of any script, lower-cased and composed. Punctuation and emoji
separate words. What can be left out in writing, as vowel points and joiners, is left out.
"""

import json

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
    ("حَقيبة", ["حقيبة"]),  # vowel points are left out
    ("كـــتاب", ["كتاب"]),  # so is what only stretches a word
    ("أحمر ا\u0654حمر", ["أحمر", "أحمر"]),  # but not a hamza, which is composed
    ("می\u200cخواهم", ["میخواهم"]),  # nor is a joiner a space
    ("שָׁלוֹם", ["שלום"]),
    ("שמלה כחולה", ["שמלה", "כחולה"]),
    ("हिन्दी साड\u093cी", ["हिन्दी", "साड\u093cी"]),  # vowel signs and viramas belong to the word
    ("क्\u200dष", ["क्ष"]),
    ("தமிழ்", ["தமிழ்"]),
    ("ชุดผ้า", ["ชุดผ้า"]),  # a script without spaces
    ("Caf\u00e9", ["caf\u00e9"]),  # composed, one letter
    ("Cafe\u0301 Cre\u0301me", ["caf\u00e9", "cr\u00e9me"]),  # a letter and a combining mark
    ("Ti\u1ebfng Vi\u1ec7t Tie\u0302\u0301ng", ["ti\u1ebfng", "vi\u1ec7t", "ti\u1ebfng"]),
    ("\u1eb9\u0301kpe", ["\u1eb9\u0301kpe"]),  # that no composed letter has
    ("\u1112\u1161\u11ab 한", ["한", "한"]),
    ("👗Dress👠", ["dress"]),  # an emoji is no letter
    ("Dr👗ess", ["dr", "ess"]),
    ("👩\u200d🔬 🇫🇷 ❤\ufe0f 👍🏽", []),  # nor is one of several code points
    ("Size 1\ufe0f\u20e3", ["size", "1"]),  # the digit in a keycap is a digit
    ("STRASSE Straße", ["strasse", "straße"]),  # lower-cased, not folded
    ("ΣΊΣΥΦΟΣ", ["σίσυφος"]),  # the last sigma of a word is another letter
    ("İZMİR TİŞÖRT tişört i\u0307", ["izmir", "tişört", "tişört", "i"]),  # the dot of İ is that of i
    ("10m² №5 ½ Ⅷ ﬁt", ["10m²", "5", "½", "ⅷ", "ﬁt"]),  # digits and numbers of all kinds, ligatures
    ("ＡＢＣ１ ｱﾊﾟｰﾄ", ["abc1", "アパート"]),  # of full and of half width
    ("葛\U000e0100城", ["葛城"]),  # a selector of the shape of a letter
    ("a\u0301 \u0301b", ["á", "b"]),  # a mark without a letter before it is nothing
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
    assert {e.word for e in loaded.explain("👗 робe\u0301", 1)[0].effects} == {"роб\u00e9"}
