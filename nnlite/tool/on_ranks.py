"""A command on several ranks, started by `mpiexec -n P nnlite train ...`: who speaks, and how all of them end.

Rank 0 alone prints. If a rank fails, the others notice while they wait for it (`system.ranks`), rank 0 prints one line,
and the exit code is 2. A process that mpiexec has started does nothing but watch another, its child, which does the
work: if that is killed, by a person or by the system for its memory, the watcher prints the line. If the watcher itself
is killed, the child ends with it, and a third process, the guard, prints the line.
"""

import ctypes
import io
import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from nnlite.classifier.small_model import SmallMLP
from nnlite.classifier.title_classifier import TitleClassifier
from nnlite.mlp import MLP
from nnlite.ranks.sharded_mlp import sharded
from nnlite.system.ranks import launched, world
from nnlite.tool.values import positive
from nnlite.tool.words import Parser
from nnlite.training.planning import Plan
from nnlite.training.rank_costs import Network, shared

ABOUT = """
  mpiexec -n 4 nnlite train products.jsonl.gz --model shop --shards 8

trains one network on four processes, of one machine or several (pip install "nnlite[mpi]"). Each holds its share of
the words and categories; all must see the same files and folders. Any number of processes, one too, ends with the same
bits for the same --shards. Scores are made of all shares, and the first process writes the model without holding it.
"""
Main = TypeVar("Main", bound=Callable[..., int])

RANK_NAMES = "PMI_RANK", "OMPI_COMM_WORLD_RANK"  # variables that mpiexec sets
GRACE_SECONDS = 10.0  # after which a rank that has failed speaks itself, because rank 0 has not
PASSED_ON_SECONDS = 0.2  # until mpiexec has passed on what was printed
UNWATCHED_SECONDS = 1.0  # until a guard speaks of a killed watcher: longer than mpiexec takes to end them all
KILL_WITH_PARENT = 1  # Linux's PR_SET_PDEATHSIG

_told: list[BaseException] = []  # why this rank ends without the others


def options(command: Parser) -> None:
    """The option of `train`, `plan`, `evaluate` and `predict`."""
    command.add_argument("--shards", type=positive, metavar="N",
                         help="parts of the network that ranks of mpiexec can own; N belongs to the result like --seed")


def plan_options(command: Parser) -> None:
    """The option of `plan` alone."""
    command.add_argument("--ranks", type=positive, metavar="P", help="tell what P ranks of mpiexec would take, too")


def foretold(plan: Plan, n_ranks: int) -> str:
    """What a training takes on so many ranks, as a line of a plan."""
    found, network = shared(plan, n_ranks), Network()
    return (f"ranks      {n_ranks}, each as fast as this process: {found.held / 2**20:,.0f} MiB of parameters and "
            f"state each; each sends {found.sent / 2**20:,.0f} MiB in all; train about {found.work_seconds:,.1f} s and "
            f"{found.message_seconds:,.1f} s for messages at {8e-9 * network.bandwidth:g} Gbit/s and "
            f"{1e6 * network.latency:g} us each")


def watched(main: Main) -> Main:
    """The main function of a program; as a rank among several it runs in a child of this process."""
    @wraps(main)
    def on_rank(argv: Sequence[str] | None = None) -> Any:
        if not launched() or "mpi4py.MPI" in sys.modules or not hasattr(os, "fork"):
            return main(argv)
        for stream in sys.stdout, sys.stderr:
            stream.flush()
        from_watcher, to_guard = os.pipe()
        watcher = os.getpid()
        if child := os.fork():
            _watch(child, to_guard)
        os.close(to_guard)
        if not os.fork():
            _guard(from_watcher)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(KILL_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != watcher:  # it has been killed before this process asked to end with it
            os._exit(2)
        return _one_rank(main, argv)

    return cast(Main, on_rank)


def _watch(child, to_guard):
    """Wait for the end of a child, and end likewise."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child has it, too
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(child, number))
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        os.write(to_guard, b"ends")
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        print(f"nnlite: error: rank {_rank()} was ended by {name}; with --checkpoints DIR the same command resumes",
              file=sys.stderr, flush=True)
        _end_all(2)
    os._exit(os.waitstatus_to_exitcode(status))


def _guard(from_watcher):
    """End all ranks if the watcher, which alone can write into that pipe, is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not os.read(from_watcher, 1):
        time.sleep(UNWATCHED_SECONDS)
        with suppress(OSError):  # mpiexec has ended all
            print(f"nnlite: error: the process that watches rank {_rank()} was ended; with --checkpoints DIR the same "
                  "command resumes", file=sys.stderr, flush=True)
            _end_all(2)
    os._exit(2)


def _end_all(code):
    """End all ranks with this exit code, by the words of MPICH's mpiexec for MPI_Abort, which it says nothing of.

    To end this process alone would be an accident for it: it would say so in ten lines, and choose another code.
    """
    if "PMI_FD" in os.environ:
        time.sleep(PASSED_ON_SECONDS)
        with suppress(OSError):
            os.write(int(os.environ["PMI_FD"]), f"cmd=abort exitcode={code}\n".encode())
            time.sleep(GRACE_SECONDS)
    os._exit(code)


def _one_rank(main, argv):
    """The exit code of main(argv) on this rank. If the others could not go on without it, the process ends here."""
    errors, rank, unsaid = sys.stderr, _rank(), io.StringIO()
    if rank:
        sys.stdout = sys.stderr = unsaid
    code = main(argv)
    if not _told:
        return code
    if rank:
        time.sleep(GRACE_SECONDS)  # until rank 0 has spoken, and mpiexec ends this process
        print(f"{unsaid.getvalue().splitlines()[-1]} (rank {rank})", file=errors, flush=True)
    sys.stderr.flush()
    _end_all(code)


def check(args: Namespace) -> None:
    """ValueError for what several ranks cannot do together; the same errors as `world`."""
    if not launched():
        return
    ranks = world()
    name = args.command.__name__
    if name not in ("train", "evaluate", "predict"):
        raise ValueError(f"mpiexec: want it for train, evaluate and predict, got {ranks.size} ranks for {name}")
    if (args.shards or 1) < ranks.size:
        raise ValueError(f"--shards: want at least as many as ranks, {ranks.size}, got {args.shards or 1}")
    given = args.data if name != "predict" else args.titles or [args.data or "-"]
    if "-" in map(str, given):
        raise ValueError("mpiexec: want files, which every rank reads, got standard input")
    if name != "train":
        return
    if args.minutes is not None or args.memory is not None:
        raise ValueError("--minutes and --memory: want them without mpiexec, because they measure one process")
    if args.base:
        raise ValueError("--from: want it without mpiexec, because a model grows in one process")
    args.threads = args.threads or ranks.threads()


def cut(model: MLP, shards: int | None) -> MLP:
    """A stored network, of which each rank takes its share if there are to be shards."""
    if shards and isinstance(model, SmallMLP):
        raise ValueError("--shards: want a model that is not shrunk, which is small enough for one process")
    return sharded(model, shards or 1)


def alone(classifier: TitleClassifier, folder: Path) -> TitleClassifier:
    """A classifier that predicts without other ranks: of several, the saved one, mapped from its folder."""
    return TitleClassifier.load(folder) if launched() else classifier


def tell(error: BaseException) -> None:
    """Tell the other ranks that this one has failed and ends."""
    if launched():
        _told.append(error)
        with suppress(ImportError, ValueError):  # those of `world` itself: all ranks have them
            world().failed(error, last=True)


def is_first() -> bool:
    """Whether this rank writes what one writes for all."""
    return _rank() == 0


def _rank():
    """Of this process, also where there is no MPI to ask."""
    return next((int(os.environ[name]) for name in RANK_NAMES if launched() and name in os.environ), 0)
