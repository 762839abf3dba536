"""Attacks that end in every possible way; nnlite is not involved."""

import os
import time
import warnings

import attack
from attack import Attack


def refuse(case):
    raise ValueError(f"{case.folder}: want one, got two")


def undocumented(case):
    raise KeyError("x")


def several_lines(case):
    raise ValueError("a\nb")


def warn(case):
    warnings.warn("look")


def mistake(case):
    assert 1 + 1 == 3, "2 is not 3"


def sleep(case):
    time.sleep(99)


ATTACKS = {
    "hang": Attack(sleep), "right": Attack(lambda case: None), "refused": Attack(refuse),
    "undocumented": Attack(undocumented), "accepted": Attack(lambda case: None, refused=True),
    "lines": Attack(several_lines), "warning": Attack(warn), "wrong": Attack(mistake),
    "crash": Attack(lambda case: os.abort()), "exit": Attack(lambda case: os._exit(0)),
    "again": Attack(lambda case: None), "last": Attack(refuse),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
