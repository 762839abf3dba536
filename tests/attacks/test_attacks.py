"""Claim: no attack crashes nnlite, hangs it, corrupts what it computes or writes, or is answered wrongly. The runner
(`attack.py`) notices each of these."""

import importlib
from pathlib import Path

import attack
import pytest
import sample_attacks
from problems import compiled

IDEAS = sorted(path.stem for path in Path(__file__).parent.glob("attack_*.py"))


@compiled
@pytest.mark.parametrize("idea", IDEAS)
def test_every_attack_fails(idea):
    module = importlib.import_module(idea)
    outcomes = list(attack.run(module.__file__, list(module.ATTACKS)))
    assert len(outcomes) == len(module.ATTACKS)
    succeeded = [one for one in outcomes if not one.withstood]
    assert not succeeded, f"{len(succeeded)} of {len(outcomes)}\n{attack.table(succeeded)}"


WITHSTOOD = {"right": "right answer", "refused": "error (ValueError: FOLDER: want one", "again": "right answer",
             "last": "error (ValueError"}
SUCCEEDED = {"undocumented": "not documented: KeyError", "accepted": "accepted", "lines": "error (ValueError: a\nb",
             "warning": "not documented: UserWarning: look", "wrong": "wrong answer: 2 is not 3",
             "crash": "crash: exit code", "exit": "crash: exit code 0", "hang": "no answer within 3"}


def test_the_runner_notices_how_attacks_end_and_goes_on(monkeypatch):
    monkeypatch.setattr(attack, "LIMIT_SECONDS", 3)
    outcomes = {one.name: one for one in attack.run(sample_attacks.__file__, list(sample_attacks.ATTACKS))}
    assert list(outcomes) == list(sample_attacks.ATTACKS)
    for withstood, texts in (True, WITHSTOOD), (False, SUCCEEDED):
        for name, text in texts.items():
            assert outcomes[name].withstood is withstood and outcomes[name].text.startswith(text), outcomes[name]


def test_a_file_that_cannot_be_run_is_a_failure(tmp_path):
    path = tmp_path / "attack_none.py"
    path.write_text("1 / 0\n")
    found, = attack.run(str(path), ["a", "b"])
    assert not found.withstood and "ZeroDivisionError" in found.text
