"""A command run in this process, in a copy of a warm one or in a new one, shared by the tests of commands."""

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection

import children

from nnlite.tool.command_line import main

QUICK = "--epochs", "1", "--hidden", "4", "--label-min-count", "2", "--quiet"


def run(*argv):
    return main([str(arg) for arg in argv])


def words_of(path):
    """The text of a page, without its tags."""
    return re.sub("<.*?>", "", path.read_text(encoding="utf-8"))


class Copy:
    """The command line in a copy of a process that has imported it (`children`), with pipes, used like a Popen.

    A new interpreter (`start_python`) takes a second more. Only it shows how the program starts, finds its locale and
    its streams, and what it does when it exits.
    """

    def __init__(self, argv, stderr=None, file_bytes=None):
        (given, stdin), (stdout, out) = os.pipe(), os.pipe()
        errors, err = (None, os.dup(stderr)) if stderr else os.pipe()
        self.stdin, self.stdout, self.stderr = open(stdin, "wb"), open(stdout, "rb"), errors and open(errors, "rb")
        theirs = [Connection(given, writable=False), Connection(out, readable=False), Connection(err, readable=False)]
        self.process = children.begin(_command, theirs, argv, file_bytes)
        for connection in theirs:
            connection.close()

    def poll(self):
        self.process.join(0)
        return self.process.exitcode

    def wait(self, timeout):
        self.process.join(timeout)
        if self.process.exitcode is None:
            raise subprocess.TimeoutExpired("nnlite", timeout)
        return self.process.exitcode

    @property
    def returncode(self):
        return self.process.exitcode

    def send_signal(self, number):
        os.kill(self.process.pid, number)

    def communicate(self, given=None, timeout=None):
        with ThreadPoolExecutor(2) as pool:
            results = [pool.submit(_all_of, file) if file else None for file in (self.stdout, self.stderr)]
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(given or b"")
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()  # else the readers would wait for ever
                raise
            return [result and result.result() for result in results]


def _all_of(file):
    with file:
        return file.read()


def _command(streams, argv, file_bytes):
    """The program, with these ends of pipes as its streams and files of file_bytes at most."""
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if file_bytes:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    sys.exit(main(argv))


def start(*argv, **options):
    """The command line in a copy of a warm process, in bytes, with pipes."""
    return Copy([*map(str, argv)], **options)


def start_python(*argv, **options):
    """The command line in a new interpreter, in bytes, with pipes."""
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
