"""Kill a rank of a training, at random moments and often; each time it must end in one line, and at last be whole.

    python tests/ranks/kill_ranks.py --kills 20

Every step is saved. After the kills another number of ranks finishes the training, whose model must be that of one
process that was never killed. Prints a line for each kill, exits with 1 if one went wrong.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))
from mpi import command, environment, on_mpi, wait_for, watchers_of, workers_of  # noqa: E402
from shops import lines  # noqa: E402

import nnlite  # noqa: E402
from nnlite.classifier.title_classifier import TitleClassifier  # noqa: E402
from nnlite.tool.command_line import main  # noqa: E402

PROGRAM = """
import sys
from nnlite.tool.command_line import main
from nnlite.training.trainer import _Run
_Run.is_due = lambda run: True
sys.exit(main(sys.argv[1:]))
"""
OPTIONS = "--shards", "4", "--epochs", "40", "--hidden", "8", "--label-min-count", "2", "--quiet", "--holdout", "0"
SECONDS = 60  # within which all must have ended


def kill(words: list, n_ranks: int) -> str:
    """Start a training, kill a rank, or what watches it, after a random time, and say what went wrong, if it did."""
    process = subprocess.Popen(command(n_ranks, *words), stderr=subprocess.PIPE, text=True, env=environment())
    try:
        wait_for(lambda: len(workers_of(process.pid)) == n_ranks)
        try:
            process.wait(random.uniform(0, 12))
            return f"it ended before, with {process.returncode}: {process.stderr.read()}"
        except subprocess.TimeoutExpired:
            os.kill(random.choice(workers_of(process.pid) + watchers_of(process.pid)), signal.SIGKILL)
        _, err = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    is_right = process.returncode == 2 and err.count("\n") == 1 and "was ended" in err
    return "" if is_right else f"exit code {process.returncode}: {err}"


def run() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random.seed(args.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = folder / "shop.jsonl"
        data.write_text(lines(nnlite.make_catalogue(2_000)))
        assert main(["train", str(data), "--model", str(folder / "one"), *OPTIONS]) == 0
        words = ["train", data, "--model", folder / "several", "--checkpoints", folder / "saved", *OPTIONS]
        for i in range(args.kills):
            n_ranks = (2, 4, 3)[i % 3]
            said = kill(["-c", PROGRAM, *words], n_ranks)
            steps = [max(path.name for path in shard.glob("step-*")) for shard in (folder / "saved").glob("shard-*")
                     if list(shard.glob("step-*"))]
            print(f"{i + 1}: {n_ranks} ranks, {said or 'one line, exit code 2'}; newest {set(steps)}", flush=True)
            wrong += bool(said)
        done = on_mpi(2, "-m", "nnlite", *words)
        models = [TitleClassifier.load(folder / which).model_ for which in ("one", "several")]
        same = all((models[0].params[p] == models[1].params[p]).all() for p in models[0].params)
        print(f"finished by 2 ranks with exit code {done.returncode}; the bits of one process: {same}")
    return int(wrong > 0 or done.returncode > 0 or not same)


if __name__ == "__main__":
    sys.exit(run())
