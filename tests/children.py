"""Child processes for tests of what once crashed: a crash is a failed test then, and not the end of all tests."""

import os
import subprocess
import sys


def call(module, function, *args):
    """What module.function(*args) printed in a process of its own, which must end normally."""
    code = f"import {module}; {module}.{function}(*{args!r})"
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
