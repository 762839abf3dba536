"""nnlite's command line: `python -m nnlite COMMAND`, or `nnlite COMMAND`.

An error is one line on standard error and exit code 2. A reader that closes the pipe early is no error.
"""

import argparse
import json
import os
import sys

from nnlite import machine


class Parser(argparse.ArgumentParser):
    """Whose errors are one line, without the usage."""

    def error(self, message):
        """End the program with exit code 2."""
        self.exit(2, f"{self.prog}: error: {message}\n")


def main(argv=None):
    """Run one command with the words of argv (None: those of the command line). Returns the exit code."""
    args = parser().parse_args(argv)
    try:
        args.command(args)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at exit
    except (ImportError, OSError, TypeError, ValueError) as error:
        print(f"nnlite: error: {error}", file=sys.stderr)
        return 2
    return 0


def parser():
    """The commands and their options."""
    top = Parser(prog="nnlite", description="Learns which categories a product belongs to from its title.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    what = "what this machine can do, and what slows it down"
    command = commands.add_parser("doctor", help=what, description=what)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(command=doctor)
    return top


def doctor(args):
    """Print versions, BLAS, speed of matrix products and of copies on one thread and on all, complaints."""
    about = machine.description()
    teams = sorted({1, about["cores"]})
    found = about | {
        "blas_threads": machine.blas()["threads"],
        "sgemm_gflops": {n: round(machine.sgemm_peak(n), 1) for n in teams},
        "copy_gb_per_s": {n: round(machine.copy_bandwidth(n), 1) for n in teams},
        "complaints": machine.complaints(),
    }
    print(json.dumps(found, indent=2) if args.json else _doctors_lines(found))


def _doctors_lines(found):
    def by_threads(figures, unit):
        first, *others = figures.items()
        return ", ".join([f"{first[1]:.1f} {unit} on 1 thread", *(f"{figure:.1f} on {n}" for n, figure in others)])

    lines = [
        ("machine", f"{found['processor']}, {found['cores']} usable cores, {found['memory_gib']} GiB"),
        ("versions", ", ".join(f"{name} {found[name]}" for name in ("nnlite", "python", "numpy", "scipy", "numba"))),
        ("BLAS", f"{found['blas']}, kernels for {found['core']}, {found['blas_threads']} threads"),
        ("SGEMM", by_threads(found["sgemm_gflops"], "GFLOP/s")),
        ("copy", by_threads(found["copy_gb_per_s"], "GB/s") + ", of 64 MiB, read and written"),
        *zip(["complaints", *[""] * len(found["complaints"])], found["complaints"] or ["fine"]),
    ]
    return "\n".join(f"{name:10} {text}" for name, text in lines)


if __name__ == "__main__":
    sys.exit(main())
