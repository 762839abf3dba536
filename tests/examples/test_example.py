"""Claim: the example runs from raw titles to the top 5, says what it does, and turns bad input into one line."""

import gzip
import json
from pathlib import Path

import pytest
import train_amazon
from problems import compiled

from nnlite import TitleClassifier, make_catalogue
from nnlite.tool.command_line import main

PLUMBING = "words  ", "dropped", "epochs in batches of", "MiB: held already", "operands of products", "peak memory"
REAL = Path(__file__).parents[3] / "shared" / "data" / "amazon_titles_100k.jsonl.gz"


@pytest.fixture(autouse=True)
def short_trials(monkeypatch):
    """The time that is told is not judged here."""
    monkeypatch.setattr(train_amazon, "TRIAL_SECONDS", 0.05)


def run(*argv):
    return train_amazon.main([str(arg) for arg in argv])


@compiled
def test_the_deck_fails_to_learn_and_the_default_recipe_learns(tmp_path, capsys):
    out, figures = tmp_path / "out", tmp_path / "figures.json"
    assert run("--records", 5_000, "--out", out, "--json", figures, "--verbose") == 0
    said = capsys.readouterr().out
    results = json.loads(figures.read_text())
    assert results == json.loads((out / "metrics.json").read_text())
    assert [results[name] for name in ("n_records", "n_train", "n_test", "skipped_lines")] == [5_000, 4_000, 1_000, {}]
    deck, default = results["deck"], results["default"]
    assert 0.67 < deck["first_loss"] < 0.73 and deck["last_loss"] > 5 * results["floor_bce"]
    assert default["first_loss"] < 2 * results["floor_bce"] and default["test"]["bce"] < 0.7 * results["floor_bce"]
    assert default["test"]["P@1"] > deck["test"]["P@1"] + 0.2
    assert default["seconds"] > 0 and default["peak_mib"] > 50
    for words in (*PLUMBING, "epoch 100", "test BCE of ignoring the title", "micro f1", "true ", "*",
                  f"The recipe deck never beat ignoring the title: a test BCE of {deck['test']['bce']:.4f} against "
                  f"{results['floor_bce']:.4f}, although its loss fell", "The recipe default learnt what titles mean"):
        assert words in said, words
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert results["n_words"] == default["n_words"] > deck["n_words"]


@compiled
def test_the_models_in_the_folder_are_loaded_and_predict(tmp_path, capsys):
    assert run("--records", 600, "--out", tmp_path, "--threads", 1) == 0
    said = capsys.readouterr().out
    in_order = ["480 products to learn from, 120 to test", "This takes about ", "\nThe recipe default: ", "Watch when",
                "On the test products", "\nThe recipe deck: ", "Watch how", "P@1", "true  ", "The likeliest category",
                "curves.png", f'    nnlite predict {tmp_path / "default"} "Blue cotton dress"\n']
    places = [said.index(words) for words in in_order]
    assert places == sorted(places) and not any(words in said for words in PLUMBING)
    assert run("--records", 600, "--out", tmp_path, "--recipe", "default") == 0  # it is replaced
    results = json.loads((tmp_path / "metrics.json").read_text())
    assert results["expected_seconds"]["default"] > 0 and results["default"]["all_seconds"] > 0
    for name in "deck", "default":
        classifier = TitleClassifier.load(tmp_path / name)
        assert classifier.get_params()["recipe"] == name and len(classifier.classes_) == results["n_labels"]
        assert all(classifier.predict(["Blue Cotton Dress", "Men's Running Shoes"]))
    assert classifier.vocabulary_.n_words == results["default"]["n_words"]
    assert main(["predict", str(tmp_path / "default"), "Blue Cotton Dress"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("Blue Cotton Dress\t")


def test_a_folder_with_other_files_is_refused_before_the_work(tmp_path, capsys):
    (tmp_path / "deck").mkdir()
    (tmp_path / "deck" / "mine.txt").write_text("mine")
    assert run("--records", 50, "--out", tmp_path) == 2
    out, err = capsys.readouterr()
    assert err.startswith("error: ") and "mine.txt" in err and "words " not in out


@compiled
def test_own_files_are_read_and_skipped_lines_shown(tmp_path, capsys):
    path = tmp_path / "own.jsonl.gz"
    lines = [json.dumps({"title": r.title, "category": list(r.categories)}) for r in make_catalogue(600)]
    lines[100:100] = ["no json", '{"title": "x"}']
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    assert run("--data", path, "--recipe", "default", "--out", tmp_path / "out", "--json", tmp_path / "f.json") == 0
    results = json.loads((tmp_path / "f.json").read_text())
    assert results["n_records"] == 600 and results["skipped_lines"] == {"not JSON": 1, "no category": 1}
    assert "600 records, 2 skipped lines" in capsys.readouterr().out
    assert "deck" not in results


@pytest.mark.parametrize("bce, lowest, said", [
    (0.55, 0.55, "The recipe deck never beat ignoring the title: a test BCE of 0.5500 against 0.0200, although its "
     "loss fell from 0.700 to 0.600."),
    (0.021, 0.019, "The recipe deck does not beat ignoring the title: a test BCE of 0.0210 against 0.0200."),
    (0.019, 0.019, "The recipe deck hardly beats ignoring the title: a test BCE of 0.0190 against 0.0200."),
    (0.01, 0.01, "The recipe deck learnt what titles mean: a test BCE of 0.0100 against 0.0200."),
])
def test_the_conclusion_is_that_of_the_figures(bce, lowest, said):
    deck = {"test": {"bce": bce, "P@1": 0.25}, "first_loss": 0.7, "last_loss": 0.6, "lowest_loss": lowest,
            "seconds": 9}
    assert train_amazon.conclusion({"deck": deck}, 0.02) == said
    both = train_amazon.conclusion({"default": deck | {"seconds": 3}, "deck": deck}, 0.02)
    assert both.endswith(f"{said} The likeliest category is true for 25.0% of the products with default and for 25.0% "
                         "with deck, in 3 and 9 seconds of training.")


@pytest.mark.parametrize("name, content, message", [
    ("empty.jsonl", b"", "empty"),
    ("nothing.jsonl", b"nothing\n" * 3, "cannot be read"),
    ("table.xlsx", b"x", "no rows"),
    ("one.jsonl", b'{"title": "a", "category": ["b"]}', "want at least 2 records"),
    ("rare.jsonl", b'{"title": "a", "category": ["b"]}\n' * 9, "want a label that occurs in at least 10 records"),
    ("columns.csv", b"a,b\n1,2\n", "no column of titles"),
])
def test_bad_input_is_one_line_and_code_2(name, content, message, tmp_path, capsys):
    path = tmp_path / name
    path.write_bytes(content)
    assert run("--data", path, "--out", tmp_path / "out") == 2
    last = capsys.readouterr().err.strip().split("\n")[-1]
    assert last.startswith("error: ") and message in last
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_not_there(capsys):
    assert run("--data", "nowhere.jsonl") == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and "No such file" in said and "nowhere.jsonl" in said


@pytest.mark.parametrize("argv", [["--records", "0"], ["--recipe", "none"], ["--threads", "x"]])
def test_impossible_arguments_are_refused(argv, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*argv)
    assert stop.value.code == 2


@compiled
@pytest.mark.skipif(not REAL.exists(), reason="the real titles are not here")
def test_real_titles_are_learnt_by_the_default_recipe(tmp_path):
    argv = "--data", REAL, "--records", 25_000, "--recipe", "default", "--out", tmp_path, "--json", tmp_path / "f.json"
    assert run(*argv) == 0
    results = json.loads((tmp_path / "f.json").read_text())
    test = results["default"]["test"]
    assert (results["n_train"], results["n_test"], test["rows_without_label"]) == (20_000, 5_000, 13)
    assert test["P@1"] >= 0.873 and test["P@3"] >= 0.597 and test["P@5"] >= 0.383 and test["bce"] <= 0.0131
