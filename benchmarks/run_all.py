"""Runs the benchmarks and writes what they print to benchmarks/RESULTS.md, with the pictures beside it.

    python -m benchmarks.run_all [SECTION ...] [--quick] [--titles FILE ...] [--data FOLDER] [--list]

Without names it runs all sections; with names it renews these and keeps the others, so that a run can be done in parts.
Each is a process of its own, one after the other, and the file is written after each. `--titles` and `--data` are
handed to the scripts that take them. `--list` prints the sections and about how many minutes each takes on two idle
cores with all peers installed and 100,000 titles. Only this script writes the file.
"""

import argparse
import ast
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.process import ROOT, command

RESULTS = ROOT / "benchmarks" / "RESULTS.md"


class Section(NamedTuple):
    """One run of a script."""

    minutes: float  # about, on two idle cores
    module: str  # of benchmarks
    arguments: tuple = ()
    takes: tuple = ()  # of --titles and --data
    picture: str | None = None


TITLES, DATA = "--titles", "--data"
ON_TITLES = "--seeds", "5", "--datasets", "titles", "--systems"
SECTIONS = {
    # how fast
    "train_step": Section(8, "speed.train_step", ("--job", "deck-1500", "deck-5000", "memory")),
    "mini_batches": Section(7, "speed.train_step", ("--job", "mini", "mini-adam"), (TITLES,)),
    "many_labels": Section(10, "speed.train_step", ("--job", "labels-131k", "labels-670k")),
    "roofline": Section(2, "speed.roofline", ("--picture", "benchmarks/roofline.png"), (), "roofline.png"),
    "ingest": Section(3, "speed.ingest", (), (TITLES,)),
    "predict": Section(1, "speed.predict", (), (TITLES,)),
    "start": Section(3, "speed.start"),
    "serve": Section(1, "speed.serve", (), (TITLES,)),
    "first_run": Section(4, "speed.first_run"),
    "plan": Section(8, "speed.plan"),
    "audit_time": Section(4, "speed.audit", (), (TITLES,)),
    "scale": Section(6, "speed.scale", ("--picture", "benchmarks/scale.png"), (), "scale.png"),
    "ranks": Section(5, "speed.ranks"),
    # how good
    "few_titles": Section(9, "quality.few_titles", (), (TITLES,)),
    "ablation": Section(5, "quality.ablation", (), (TITLES,)),
    "sizes": Section(20, "quality.sizes", ("--seeds", "5"), (TITLES,)),
    "sizes_many": Section(3, "quality.sizes", ("--many",)),
    "growing": Section(6, "quality.growing", ("--seeds", "5"), (TITLES,)),
    "categories": Section(1, "quality.categories", (), (TITLES,)),
    "page": Section(2, "quality.page", (), (TITLES,)),
    "audit": Section(4, "quality.audit", (), (TITLES,)),
    "quality_xmc": Section(8, "quality.compare", ("--datasets", "bibtex", "delicious"), (DATA,)),
    "quality_titles": Section(39, "quality.compare", (
        *ON_TITLES, "nnlite (own)", "nnlite (shared)", "napkinXC PLT (shared)", "LinearSVC (own)",
        "LinearSVC (shared)"), (TITLES,)),
    "quality_titles_sgd": Section(34, "quality.compare", (
        *ON_TITLES, "omikuji (shared)", "SGDClassifier (own)", "SGDClassifier (shared)"), (TITLES,)),
    "quality_titles_fasttext": Section(26, "quality.compare", (
        *ON_TITLES, "fastText (own)", "fastText (shared)"), (TITLES,)),
}
OPENING = """# Results

Made by `python -m benchmarks.run_all`. Every section is what one script printed; its first line says when, on what
machine, with which versions and by which command; its last one, how long it took. Times on a shared machine vary: read
the ratios.
"""
TOOK = "It took {:.1f} minutes."


def question(module: str) -> str:
    """The first line of a module's docstring, without importing it."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]


def section(name: str, quick: bool, given: dict[str, list]) -> str:
    """Run one benchmark; its output as a section of the results. given: the words after --titles and --data."""
    what = SECTIONS[name]
    module, arguments = f"benchmarks.{what.module}", [*what.arguments]
    for option in what.takes:
        arguments += [option, *given[option]] if given[option] else []
    arguments += ["--quick"] * quick
    start = time.perf_counter()
    done = subprocess.run(command(sys.executable, module, *arguments), capture_output=True, text=True, cwd=ROOT)
    took = TOOK.format((time.perf_counter() - start) / 60)
    printed = done.stdout
    print(printed, done.stderr[-2000:], f"{name} ended with status {done.returncode}. {took}", sep="\n", flush=True)
    parts = [f"## {name}", question(module), printed.replace("\n## ", "\n### ").strip()]
    if " disagreements** (" not in printed:
        why = " ".join(done.stderr.split()[-40:]) or "it printed no reason"
        parts.append(f"**It ended with status {done.returncode}**: {why}")
    if what.picture:
        parts.append(f"![{name}]({what.picture})")
    return "\n\n".join([*parts, took]) + "\n"


def kept() -> dict[str, str]:
    """The sections that the file holds already, by name."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.split("\n")[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in found}


def opening(parts: dict[str, str]) -> str:
    """What stands above the sections: when they were made, and how long all took."""
    text = "\n".join(parts.values())
    days = sorted(set(re.findall(r"^(\d{4}-\d\d-\d\d): ", text, re.MULTILINE)))
    minutes = sum(map(float, re.findall(r"^It took ([\d.]+) minutes", text, re.MULTILINE)))
    made = f"Made on {days[0]}" + f" to {days[-1]}" * (len(days) > 1) if days else "Empty"
    return f"{OPENING}\n{made}, in {minutes:.0f} minutes for {text.count(TOOK[:8])} of {len(SECTIONS)} sections.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all of it runs; do not commit")
    parser.add_argument("--titles", nargs="+", type=Path, default=[], metavar="FILE", help="product files")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="the folder of bibtex_train.txt.gz and so on")
    parser.add_argument("--list", action="store_true", help="print the sections and their minutes, and stop")
    args = parser.parse_args()
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f"want sections of {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    names = args.sections or list(SECTIONS)
    if args.list:
        print("\n".join(f"{name:24} {SECTIONS[name].minutes:3} minutes" for name in names))
        print(f"{'all of these':24} {sum(SECTIONS[name].minutes for name in names):3} minutes")
        return
    given = {TITLES: [path.resolve() for path in args.titles], DATA: [args.data.resolve()] if args.data else []}
    parts = kept()
    for name in names:
        parts[name] = section(name, args.quick, given)
        shown = {n: parts[n] for n in SECTIONS if n in parts}
        RESULTS.write_text("\n".join([opening(shown), *shown.values()]), encoding="utf-8")


if __name__ == "__main__":
    main()
