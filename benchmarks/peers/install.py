"""Makes one virtual environment per peer: .venv-NAME beside this file, from requirements-NAME.txt.

    python -m benchmarks.peers.install [NAME ...]

Without names it makes all of them, with the interpreter that runs this script. An environment stays as it is if its
stamp (the Python version and the text of the requirement file) is up to date. A peer that cannot be installed leaves
.venv-NAME.failed with the last lines of pip's output: benchmarks print a row that says so, and the exit status is 1.
Each requirement file pins the versions of what a peer needs.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = sorted(path.stem.removeprefix("requirements-") for path in HERE.glob("requirements-*.txt"))


def folder(name: str) -> Path:
    return HERE / f".venv-{name}"


def failure(name: str) -> Path:
    """The file that says why a peer could not be installed; it exists only then."""
    return HERE / f".venv-{name}.failed"


def wanted(name: str) -> str:
    """The stamp of an environment that is up to date."""
    requirements = (HERE / f"requirements-{name}.txt").read_text()
    return f"# Python {sys.version.split()[0]}\n{requirements}"


def stamp(name: str) -> Path:
    return folder(name) / "stamp.txt"


def is_current(name: str) -> bool:
    return stamp(name).is_file() and stamp(name).read_text() == wanted(name)


def python(name: str) -> Path:
    """The interpreter of an installed peer. RuntimeError, with the reason, where there is none."""
    if stamp(name).is_file():
        return folder(name) / "bin" / "python"
    if failure(name).is_file():
        raise RuntimeError(f"{name}: could not be installed: {failure(name).read_text().strip().splitlines()[-1]}")
    raise RuntimeError(f"{name}: not installed, want `python -m benchmarks.peers.install {name}` first")


def size_mib(path: Path) -> float:
    return sum(file.lstat().st_size for file in path.rglob("*") if not file.is_dir()) / 2**20


def install(name: str) -> str | None:
    """Make one environment anew. None, or the last lines of the failed command's output."""
    shutil.rmtree(folder(name), ignore_errors=True)
    failure(name).unlink(missing_ok=True)
    pip = [folder(name) / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for command in ([sys.executable, "-m", "venv", folder(name)], [*pip, "-r", HERE / f"requirements-{name}.txt"]):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            complaint = "\n".join(line[:300] for line in (done.stdout + done.stderr).strip().splitlines()[-8:])
            failure(name).write_text(complaint + "\n")
            shutil.rmtree(folder(name), ignore_errors=True)
            return complaint
    stamp(name).write_text(wanted(name))
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} (default: all)")
    names = parser.parse_args().names or NAMES
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        parser.error(f"no such peer: {', '.join(unknown)}; there are {', '.join(NAMES)}")

    failed = False
    for name in names:
        if is_current(name):
            print(f"{name}: up to date", flush=True)
            continue
        print(f"{name}: installing", flush=True)
        complaint = install(name)
        failed |= complaint is not None
        print(f"{name}: " + (f"FAILED\n{complaint}" if complaint else f"{size_mib(folder(name)):.0f} MiB"), flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
