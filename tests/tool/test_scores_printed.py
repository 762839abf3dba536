"""Claim: `evaluate` prints the scores of `evaluate` in Python, each beside its name, and says what they are of."""

import json

import pytest
from held_out import RECORDS
from problems import compiled
from running import run
from shops import SMALL, lines

from nnlite import Record, evaluate
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.scores import metrics
from nnlite.tool import commands

pytestmark = compiled
AT_K = {f"{name}@{k}": (i + k / 10) / 10 for i, name in enumerate(("P", "R", "nDCG", "PSP", "coverage"))
        for k in (1, 3, 5)}
OTHERS = {"rows": 1_234, "rows_without_label": 1_000, "micro_f1": 0.6, "macro_f1": 0.7, "record_f1": 0.8,
          "bce": 0.123456, "threshold": 0.255}


@pytest.mark.parametrize("more, last", [
    ({}, []), ({"accuracy": 0.5}, ["accuracy       50.00 %   of the likeliest category"]),
    ({"unknown_share": 0.25, "accuracy": 1.0}, ["accuracy      100.00 %   of the likeliest category",
                                                "unknown        25.00 %   of the titles' words"])])
def test_each_score_has_its_line_in_the_table(more, last):
    assert list(commands._table(AT_K | OTHERS | more)) == [
        "1,234 records, of which 1,000 have no category that the model knows; P, R, nDCG, PSP and record F1 leave "
        "these out",
        "                    @1        @3        @5", "P               1.00 %    3.00 %    5.00 %",
        "R              11.00 %   13.00 %   15.00 %", "nDCG           21.00 %   23.00 %   25.00 %",
        "PSP            31.00 %   33.00 %   35.00 %", "coverage       41.00 %   43.00 %   45.00 %",
        "micro F1       60.00 %   of the categories above 0.26", "macro F1       70.00 %", "record F1      80.00 %",
        "BCE            0.12346", *last]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a model m of major categories and n of all, and new.jsonl of products new to them."""
    monkeypatch.chdir(tmp_path)
    records = [Record(f"{title} zzz", names) for title, names in RECORDS[:40]]
    (tmp_path / "new.jsonl").write_text(lines([*records, Record("a thing", ("Nowhere",))]))
    (tmp_path / "old.jsonl").write_text(lines(RECORDS[100:110]))
    for name, more in ("m", {"major": 3}), ("n", {}):
        TitleClassifier(**SMALL | {"epochs": 2} | more).fit(*zip(*RECORDS[100:300])).save(tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name, precision", [("m", "float32"), ("n", "float32"), ("n", "bfloat16")])
def test_the_scores_are_those_of_python(folder, capsys, name, precision):
    one = TitleClassifier.load(name, precision=precision)
    records = [*map(Record, *zip(*((f"{title} zzz", names) for title, names in RECORDS[:40]))),
               Record("a thing", ("Nowhere",))]
    vocabulary, data = one.vocabulary_, one.encode(records)
    want = evaluate(one.model_, data, thresholds=one.threshold_, propensities=metrics.propensities(
        vocabulary.label_counts, vocabulary.n_records))
    assert run("evaluate", name, "new.jsonl", "--json", "--precision", precision) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads(json.dumps(want)) | {
        "threshold": one.threshold_, "unknown_share": one.unknown_share([title for title, _ in records]),
        "new": True, "trained_on": 0}
    assert "the scores are of 41 titles that the model was not trained on\n" in err and "held out" not in err
    assert run("evaluate", name, "new.jsonl", "--precision", precision) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == ["the scores are of 41 titles that the model was not trained on",
                                *commands._table(json.loads(json.dumps(want)) | {
                                    "threshold": one.threshold_, "unknown_share": one.unknown_share(
                                        [title for title, _ in records])})]
    assert "41 records" in err and "the scores are" not in err


@pytest.mark.parametrize("held", [0, 7])
def test_the_score_of_the_training_is_said_for_products_that_were_trained_on(folder, capsys, held):
    one = TitleClassifier.load("n")
    one.training_ |= {"counts": {"held_out": held}, "validation": [{"P@1": 0.5}]}
    one.save("n")
    for name, is_said in ("old.jsonl", bool(held)), ("new.jsonl", False):
        assert run("evaluate", "n", name, "--json") == 0
        out, err = capsys.readouterr()
        assert ("on 7 products held out in its training the first category named was true for 50.0 %" in err) == is_said
        assert json.loads(out)["new"] == (name == "new.jsonl")
