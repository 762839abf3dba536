"""A command run in this process or in its own, shared by the tests of commands."""

import re
import subprocess
import sys

from nnlite.tool.command_line import main

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "2", "--quiet"


def run(*argv):
    return main([str(arg) for arg in argv])


def words_of(path):
    """The text of a page, without its tags."""
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))


def start(*argv, **options):
    """The command line as a process of its own, in bytes, with pipes."""
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return subprocess.Popen([sys.executable, "-m", "nnlite", *map(str, argv)], **pipes | options)


def finish(process, given=None):
    """(exit code, standard output, standard error) of a process, in which there is no traceback."""
    out, err = process.communicate(given, timeout=120)
    assert not err or b"Traceback" not in err and b"Exception ignored" not in err, err.decode()
    return process.returncode, (out or b"").decode(), (err or b"").decode()


def one_line(err):
    assert err.count("\n") == 1 and err.startswith("nnlite"), err
    return err
