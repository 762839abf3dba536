"""Claim: `train` names its files, what it has learnt and what it has saved, and is quiet when asked to be."""

import copy
import logging

import pytest
from running import QUICK, run, words_of
from shops import lines, shop, shop_file

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.tool import commands


def test_a_training_names_its_files_and_what_it_has_learnt(tmp_path, capsys):
    """Two files to train on and two to validate on."""
    records = list(map(nnlite.Record, *shop(40)))
    names = [tmp_path / f"{name}.jsonl" for name in "abcd"]
    for path, n in zip(names, (30, 10, 6, 4)):
        path.write_text(lines(records[:n]))
    assert run("train", *names[:2], "--model", tmp_path / "m", *QUICK[:-1], "--epochs", 2, "--major", 3,
               "--validation", *names[2:]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "titles from" not in line]
    one = TitleClassifier.load(tmp_path / "m")
    assert said[0] == f"reading {names[0]}, {names[1]}" and said[1].startswith("40 records")
    assert said[2] == f"reading {names[2]}, {names[3]}" and said[3].startswith("10 records")
    seen, first = one.training_, said.index(one.training_["categories"][0].splitlines()[0])
    assert first > 3 and said[-4:-2] == [
        f"validation after epoch   {epoch}  P@1 {100 * scores['P@1']:.1f} %  P@3 {100 * scores['P@3']:.1f} %"
        for epoch, scores in enumerate(seen["validation"], start=1)]
    assert said[-2] == (
        f"{tmp_path / 'm'}: {one.vocabulary_.n_words:,} words, 3 categories; {seen['steps']:,} of {seen['n_steps']:,} "
        f"steps in {seen['seconds']:.1f} s, loss from {seen['first_loss']:.5f} to {seen['last_loss']:.5f}; names a "
        f"category above {one.threshold_:.2f}")
    assert len(seen["validation"]) == 2


@pytest.mark.parametrize("n, shown", [(20, list(range(1, 21))), (21, [10, 20, 21]), (40, [10, 20, 30, 40])])
def test_of_many_epochs_every_tenth_and_the_last_are_scored_in_a_line(n, shown, trained):
    one = copy.copy(trained)
    one.training_ = trained.training_ | {"validation": trained.training_["validation"][:1] * n}
    said = [line for line in commands._about_training(one, "m") if line.startswith("validation")]
    assert [int(line.split()[3]) for line in said] == shown


def test_the_source_of_a_report_is_all_files(home, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(commands, "write_report", lambda path, one, records, source, **_: seen.append((
        str(path), len(list(records)), source)))
    monkeypatch.chdir(home)
    files, train = ["test.jsonl", "test.jsonl"], ["train", "train.jsonl", "--model", tmp_path / "m", *QUICK]
    assert run(*train, "--validation", *files, "--report", "a") == 0
    assert run(*train, "--report", "b") == 0
    assert run("evaluate", "shop", *files, "--report", "c") == 0
    assert seen == [("a", 300, "test.jsonl, test.jsonl"), ("b", 300, "train.jsonl"),
                    ("c", 300, "test.jsonl, test.jsonl")]


def test_a_training_from_chunks_shows_its_epochs(tmp_path, capsys):
    assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *QUICK[:-1], "--chunks", tmp_path / "c") == 0
    err = capsys.readouterr().err
    assert "epoch   1  loss 0." in err and "reading" not in err and (tmp_path / "c").is_dir()


@pytest.mark.parametrize("learnt, quiet", [(True, False), (True, True), (False, False)])
def test_an_interrupted_training_is_saved_if_something_is_learnt(tmp_path, monkeypatch, capsys, learnt, quiet):
    fit = TitleClassifier.fit

    def interrupted(self, *args):
        if learnt:
            fit(self, *args)
        raise KeyboardInterrupt

    monkeypatch.setattr(TitleClassifier, "fit", interrupted)
    assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *(QUICK if quiet else QUICK[:-1])) == 130
    last = capsys.readouterr().err.splitlines()[-1:]
    assert (tmp_path / "m").exists() == learnt and bool(last) == (not quiet)
    begin = "; interrupted, what was learnt so far is saved" if learnt else "nnlite: interrupted"
    end = "; the same command starts anew, and with --checkpoints DIR it could resume"
    assert quiet or last[0].endswith(begin + end)


def test_quiet_gives_the_logger_its_level_back(tmp_path):
    logger = logging.getLogger("nnlite")
    before = logger.level
    try:
        for level in logging.WARNING, logging.DEBUG:
            logger.setLevel(level)
            assert run("train", shop_file(tmp_path), "--model", tmp_path / "m", *QUICK) == 0
            assert logger.level == level
            assert run("train", tmp_path / "nowhere.jsonl", "--model", tmp_path / "m", *QUICK) == 2
            assert logger.level == level
    finally:
        logger.setLevel(before)


def test_a_quiet_training_logs_no_warning_and_a_loud_one_does(tmp_path, caplog):
    path = shop_file(tmp_path)
    path.write_text("no json\n" + path.read_text())
    assert run("train", path, "--model", tmp_path / "m", *QUICK) == 0 and not caplog.records
    assert run("train", path, "--model", tmp_path / "m", *QUICK[:-1]) == 0 and "not JSON" in caplog.text


@pytest.mark.parametrize("chunks", [False, True])
def test_a_report_is_on_the_validation_products_or_says_that_it_is_not(home, tmp_path, chunks, monkeypatch):
    monkeypatch.chdir(home)  # because long paths are cut
    train = ["train", "train.jsonl", "--model", tmp_path / "m", "--epochs", 1, "--quiet"]
    train += ["--chunks", tmp_path / "chunks"] * chunks
    assert run(*train, "--report", tmp_path / "a.html") == 0
    assert run(*train, "--report", tmp_path / "b.html", "--validation", "test.jsonl") == 0
    own, others = (words_of(tmp_path / name) for name in ("a.html", "b.html"))
    assert "300 records of train.jsonl, trained on, " in own
    assert "150 records of test.jsonl, " in others and "trained on" not in others


def test_validation_products_reach_a_training_from_chunks(home, tmp_path):
    assert run("train", home / "train.jsonl", "--model", tmp_path / "m", *QUICK, "--chunks", tmp_path / "chunks",
               "--validation", home / "test.jsonl") == 0
    scores, = TitleClassifier.load(tmp_path / "m").training_["validation"]
    assert scores["rows"] == 150
