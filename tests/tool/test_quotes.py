"""Claim: a word between quotes of a word processor, which no shell knows, is refused unless it holds both."""

import pytest

from nnlite.tool.command_line import parser


@pytest.mark.parametrize("word, is_one", [
    ("“blue", False), ("„blue", False), ("”blue”x”", False), ("‘blue", False), ("“blue” and “red", False),
    ("“blue”", True), ("”blue”", True), ("„blue“", True), ("24”", True), ("a “b", True), ("‘a’", True),
    ("“a” “b”", True), ("“a’", False), ("", True)])
def test_a_quote_that_does_not_end_in_its_word_is_refused(word, is_one, capsys):
    if is_one:
        assert parser().parse_args(["explain", "m", word]).title == word
        return
    with pytest.raises(SystemExit):
        parser().parse_args(["explain", "m", word])
    assert f"{word}: want plain quotes" in capsys.readouterr().err
