"""Claim: a lesson is a notebook too: the same text in cells, the same output, its pictures below the cells."""

import os
import re

import lesson_runs
import pytest
from lesson_runs import LESSONS
from problems import compiled


def cells(text):
    """Kind and text of each cell."""
    parts = re.split(r"^# %%( \[markdown\])?\n", text, flags=re.MULTILINE)
    assert not parts[0], "text before the first cell"
    return list(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_is_made_of_cells(number):
    first, *rest = cells(LESSONS[number].read_text(encoding="ascii"))
    assert first[0] and first[1].startswith('"""\n# Lesson ') and first[1].endswith('\n"""\n\n')
    for is_text, cell in rest:
        lines = cell.rstrip("\n").split("\n")
        assert all(line.startswith("#") for line in lines) if is_text else not cell.lstrip("\n").startswith("#"), cell


@compiled
def test_all_lessons_run_in_one_notebook(tmp_path, monkeypatch, capsys):
    """The cells of all lessons, one after the other, because a kernel takes seconds to start; with small sizes."""
    jupytext = pytest.importorskip("jupytext", reason="notebooks take jupytext, nbconvert and ipykernel")
    preprocessors = pytest.importorskip("nbconvert.preprocessors", reason="notebooks take nbconvert and ipykernel")
    pytest.importorskip("ipykernel", reason="running a notebook takes ipykernel")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(
        [str(lesson_runs.FOLDER), str(lesson_runs.FOLDER.parents[1]), os.environ.get("PYTHONPATH", "")]))
    notebooks = {number: jupytext.reads(lesson_runs.source(number, *lesson_runs.SMALL.get(number, [])), "py:percent")
                 for number in LESSONS}
    together = notebooks["01"].copy()
    together.cells = [cell for notebook in notebooks.values() for cell in notebook.cells]
    assert [cell.source for cell in together.cells if cell.cell_type == "markdown"][0].startswith("# Lesson 1. ")
    preprocessors.ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(
        together, {"metadata": {"path": str(tmp_path)}})
    outputs = [output for cell in together.cells for output in cell.get("outputs", [])]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    n_pictures = sum("picture(" in path.read_text() for path in LESSONS.values())
    assert sum("image/png" in output.get("data", {}) for output in outputs) == n_pictures
    monkeypatch.chdir(tmp_path)
    for number in "01", "02":
        assert lesson_runs.run(number, capsys).printed in printed
