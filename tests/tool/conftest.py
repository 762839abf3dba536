"""What several files of tests use: a trained classifier, the report on its records, files and a model, a machine."""

import os

import pytest
from held_out import RECORDS
from report_pages import CURVE, SMALL, shop, with_curve
from running import run
from shops import lines

import nnlite
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.system import groups
from nnlite.tool import doctor
from nnlite.tool.report.sections import write_report
from nnlite.training import costs


@pytest.fixture(autouse=True)
def no_process(monkeypatch):
    """A plan starts no process to measure the start of one."""
    monkeypatch.setattr(costs, "start", lambda: costs.Start(0.5, 2**27))


@pytest.fixture(scope="module")
def trained():
    titles, categories = zip(*shop())
    return TitleClassifier(**SMALL).fit(titles, categories, validation=(titles, categories))


@pytest.fixture(scope="module")
def written(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(path, with_curve(trained, CURVE), shop(), source="shop <b>")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with train.jsonl, test.jsonl and the model "shop"."""
    home = tmp_path_factory.mktemp("home")
    records = list(nnlite.make_catalogue(450))
    (home / "train.jsonl").write_text(lines(records[:300]))
    (home / "test.jsonl").write_text(lines(records[300:]))
    assert run("train", home / "train.jsonl", "--model", home / "shop", "--quiet") == 0
    return home


@pytest.fixture
def products(tmp_path, monkeypatch):
    """The current folder, with all.jsonl of 600 products, few.jsonl of 30 and other.jsonl of 150 others."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.jsonl").write_text(lines(RECORDS))
    (tmp_path / "few.jsonl").write_text(lines(RECORDS[:30]))
    (tmp_path / "other.jsonl").write_text(lines(list(nnlite.make_catalogue(150, seed=1))))
    return tmp_path


@pytest.fixture
def two_cores(monkeypatch, tmp_path):
    """For `doctor`: a machine of two cores, without CPUINFO, control groups and variables that slow it."""
    for name in (*doctor.THREAD_COUNTS, *doctor.SLOW_NUMBA):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr(groups, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(groups, "OWN", tmp_path / "own")
    monkeypatch.setattr(doctor, "usable_cores", lambda: 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
