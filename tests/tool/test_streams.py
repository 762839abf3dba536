"""Claim: data reach standard output as they are, or spelt out on a terminal; messages are said once, if they can be."""

import io
import json
import logging
import sys
import warnings
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from nnlite.tool import printing

LOGGER = logging.getLogger("nnlite")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("data", ["a\n", "a\r\nb", "\x1b\u202e\ud800 é\n\n", ""])
def test_data_are_written_as_they_are_behind_what_was_printed(monkeypatch, data):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    sys.stdout.write("before")
    printing.write(data)
    assert stream.buffer.getvalue() == b"before" + data.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize("data, shown", [("a\tb\x1b\n", "a\tb\\u001b\n"), ("a", "a\n"), ("a\n\n", "a\n\n"), ("", "\n")])
def test_data_on_a_terminal_are_spelt_out(monkeypatch, data, shown):
    monkeypatch.setattr(sys, "stdout", Terminal())
    printing.write(data)
    assert sys.stdout.getvalue() == shown


def test_without_streams_nothing_is_said(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    for function in printing.write, printing.show, printing.say:
        function("a\n")


def test_a_message_is_shown_on_standard_error_flushed_at_once(monkeypatch, capsys):
    flushed = []
    printing.say("a\tb\x1b\nc")
    assert capsys.readouterr() == ("", "a\tb\\u001b\nc\n")
    printing.show(7)
    assert capsys.readouterr() == ("7\n", "")
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=len, flush=lambda: flushed.append(1)))
    printing.say("a")
    assert flushed


def test_a_message_stands_above_the_bars_that_are_shown(monkeypatch):
    seen, stream = [], io.StringIO()

    @contextmanager
    def external_write_mode(file):
        seen.append((file, file.getvalue()))
        yield
        seen.append((file, file.getvalue()))

    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setitem(sys.modules, "tqdm.auto", SimpleNamespace(
        tqdm=SimpleNamespace(external_write_mode=external_write_mode)))
    printing.say("a")
    assert seen == [(stream, ""), (stream, "a\n")]


@pytest.mark.parametrize("fails", [False, True])
def test_the_log_and_warnings_are_messages_once_each_and_only_within(monkeypatch, capsys, fails):
    monkeypatch.setattr(LOGGER, "level", logging.ERROR)
    before = list(LOGGER.handlers), warnings.showwarning
    try:
        with printing.messages():
            for name in "one", "two", "one":
                LOGGER.info("%s", name)
                LOGGER.debug("no")
            warnings.simplefilter("always")
            warnings.warn("odd", FutureWarning)
            if fails:
                raise KeyError
    except KeyError:
        assert fails
    assert capsys.readouterr().err.splitlines() == ["one", "two", "FutureWarning: odd"]
    assert (LOGGER.handlers, warnings.showwarning) == before and LOGGER.level == logging.ERROR
    LOGGER.info("no")
    with printing.messages():
        LOGGER.info("one")
    assert capsys.readouterr().err == "one\n"


def test_json_has_null_for_numbers_that_are_not_finite_and_all_else_as_it_is():
    value = {"a": [1.5, True, None, "x", {"b": (float("inf"), -2)}], "é": {"c": float("nan")}}
    want = {"a": [1.5, True, None, "x", {"b": [None, -2]}], "é": {"c": None}}
    assert printing.json_text(value) == json.dumps(want)
    assert printing.json_text(value, indent=1, ensure_ascii=False) == json.dumps(want, indent=1, ensure_ascii=False)
    assert printing.json_text({"a": (1, 2.5)}, indent=1) == json.dumps({"a": [1, 2.5]}, indent=1)
    assert printing.json_text([float("nan"), {7}], default=str) == '[null, "{7}"]'
