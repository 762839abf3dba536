"""Claim: `predict` and `explain` print what the model says of each title, and messages only where they help."""

import io
import sys
from argparse import Namespace
from types import SimpleNamespace

import pytest
from running import run

from nnlite.classifier.small_model import SmallMLP
from nnlite.scores.explanation import Effect, Explanation
from nnlite.tool import commands, on_ranks

PAIRS = [("=A  b\n", 0.75), ("B", 0.5), ("C", 0.0)]


class Fake:
    """In the place of a model: notes what it is asked."""

    training_, model_ = {"reading": {"title": "Product", "categories": ["Shelf"], "header": False}}, "whole"

    def __init__(self):
        self.asked = []

    def predict_above(self, titles, threshold):
        self.asked.append((titles, None, threshold))
        return [PAIRS[:2]] * len(titles)

    def predict_top_k(self, titles, k):
        self.asked.append((titles, k, None))
        return [PAIRS[:k]] * len(titles)

    def explain(self, title, k):
        self.asked.append((title, k))
        effects = Effect("blue\x1b", 0.1234, 1.236), Effect("dress", -0.9, -12.0)
        return [Explanation("A\x1b", 0.756, effects), Explanation("B", 0.5, ())]


@pytest.fixture
def model(monkeypatch):
    """The model, and in `precision` with which one it was loaded."""
    fake = Fake()
    monkeypatch.setattr(commands.TitleClassifier, "load", lambda path, **options: vars(fake).update(options) or fake)
    return fake


def stdin(monkeypatch, text, is_terminal=False):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text), isatty=lambda: is_terminal))


@pytest.mark.parametrize("options, top, threshold, n", [
    ([], None, None, 2), (["--threshold", 0], None, 0, 2), (["--threshold", 0.25], None, 0.25, 2),
    (["--top", 3], 3, None, 2), (["--top", 1], 1, None, 1), (["--top", 3, "--threshold", 0.5], 3, None, 1),
    (["--top", 3, "--threshold", 0], 3, None, 2)])
@pytest.mark.parametrize("style, want", [
    ([], "blue dress\t'=A b 0.75\tB 0.50"), (["--raw"], "blue dress\t=A b 0.75\tB 0.50"),
    (["--json"], '{"title": "blue dress", "categories": [{"category": "=A  b\\n", "probability": 0.75}, '
                 '{"category": "B", "probability": 0.5}]}')])
def test_the_likeliest_or_those_above_a_threshold_are_printed(model, capsys, options, top, threshold, n, style, want):
    assert run("predict", "m", "blue <b>dress", *options, *style) == 0
    assert model.asked == [(["blue <b>dress"], top, threshold)]
    if n == 1:
        want = want.replace(', {"category": "B", "probability": 0.5}', "").removesuffix("\tB 0.50")
    assert capsys.readouterr() == (f"{want}\n", "")


@pytest.mark.parametrize("titles, said", [
    (["title"], ""), (["a b", "c"], ""), (["a", "b c"], ""), (["a", ""], ""), (["id,title"], ""),
    (["a", "b"], "2 titles of one word; a title of several words wants quotes around it\n"),
    (["a", " b ", "c"], "3 titles of one word; a title of several words wants quotes around it\n")])
def test_titles_that_may_be_the_words_of_one_are_said(model, capsys, titles, said):
    assert run("predict", "m", *titles) == 0
    out, err = capsys.readouterr()
    assert err == said and len(out.splitlines()) == len(titles)


@pytest.mark.parametrize("text, is_terminal, said", [
    (b"red dress\nid,title\n", False, ""), (b"red dress\n", True, "type one title a line; Ctrl-D ends\n"),
    (b"id,ti<b>tle" + b",name" * 20 + b"\nred dress\n", False,
     f"the first line, {('id,ti tle' + ',name' * 20)[:60]!r}, looks like the header of a table, but is read as a "
     "title: --data - reads tables\n"), (b"", False, ""), (b"\n", False, "")])
def test_standard_input_is_read_line_by_line(model, monkeypatch, capsys, text, is_terminal, said):
    stdin(monkeypatch, text, is_terminal)
    monkeypatch.setattr("nnlite.tool.titles.READ_BYTES", 10)
    assert run("predict", "m") == 0
    out, err = capsys.readouterr()
    assert err == said and len(out.splitlines()) == text.count(b"\n")
    assert [title for titles, *_ in model.asked for title in titles] == text.decode().splitlines()


@pytest.mark.parametrize("options, style, header", [
    ([], ("; ", False, False), False), (["--separator", "|", "--raw", "--header"], ("|", True, False), True),
    (["--json", "--no-header"], ("; ", False, True), False)])
@pytest.mark.parametrize("out", ["b.csv", "-", None])
def test_options_reach_the_rows_of_a_file(model, monkeypatch, tmp_path, capsys, options, style, header, out):
    seen = []
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_text("Product\nred dress\n")
    monkeypatch.setattr(commands, "predict_rows", lambda *given: seen.append(given) or "rows said")
    assert run("predict", "m", "--data", "a.csv", *(["--out", out] if out else []), *options, "--top", 2) == 0
    (found, data, reading, place, how, writes), = seen
    assert (str(data), str(place), tuple(how), writes) == ("a.csv", out or "-", style, True)
    assert (reading.title, reading.categories, reading.header) == ("Product", None, header)
    assert found(["x"]) == [PAIRS[:2]] and model.precision == "float32"
    out, err = capsys.readouterr()
    assert not out and err.endswith("rows said\n") and "is there" not in err


def test_the_network_is_cut_into_shards_that_are_asked_for(model, monkeypatch):
    monkeypatch.setattr(on_ranks, "sharded", lambda network, n: (network, n))
    assert run("predict", "m", "a title") == 0 and model.model_ == "whole"
    assert run("predict", "m", "a title", "--shards", 3, "--precision", "bfloat16") == 0
    assert model.model_ == ("whole", 3) and model.precision == "bfloat16"
    assert on_ranks.cut("whole", None) == ("whole", 1)
    small = object.__new__(SmallMLP)
    assert on_ranks.cut(small, None) == (small, 1)
    with pytest.raises(ValueError, match="^--shards: want a model that is not shrunk"):
        on_ranks.cut(small, 1)


@pytest.mark.parametrize("options, top", [([], 3), (["--top", 2], 2)])
def test_an_explanation_has_a_line_for_each_category_and_word(model, capsys, options, top):
    assert run("explain", "m", "blue <b>dress", *options) == 0
    assert model.asked == [("blue dress", top)]
    assert capsys.readouterr().out.splitlines() == [
        r"A\u001b 0.76", r"  +0.123  logit  +1.24  blue\u001b", "  -0.900  logit -12.00  dress", "B 0.50"]


@pytest.mark.parametrize("given, want", [
    ({}, "; the same command starts anew, and with --checkpoints DIR it could resume"),
    ({"chunks": "c"}, "; the same command uses the chunks in c, and with --checkpoints DIR it could resume"),
    ({"checkpoints": "d", "chunks": "c"}, "; the same command resumes from the last checkpoint in d, if there is one"),
    ({"chosen": "--epochs=3"}, "; the same command, with --epochs=3 in place of --minutes and --memory, starts anew, "
                               "and with --checkpoints DIR it could resume"),
    ({"base": "m", "checkpoints": "d"}, "; the same command trains on from m"),
    ({"command": commands.predict, "chunks": "c"}, "")])
def test_what_to_do_after_ctrl_c(given, want):
    args = Namespace(**{"command": commands.train, "base": None, "chunks": None, "checkpoints": None} | given)
    assert commands.how_to_resume(args) == want
