"""A command run in this process, shared by the tests of commands."""

import re

from nnlite.tool.command_line import main

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "2", "--quiet"


def run(*argv):
    return main([str(arg) for arg in argv])


def words_of(path):
    """The text of a page, without its tags."""
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))
