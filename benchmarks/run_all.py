"""Runs the benchmarks and writes what they print to benchmarks/RESULTS.md, with the pictures beside it.

    python -m benchmarks.run_all [SECTION ...] [--quick]

Without names it runs all sections; with names it renews these and keeps the others. Each is a process of its own, one
after the other. Only this script writes the file.
"""

import argparse
import ast
import re
import subprocess
import sys

from benchmarks.process import ROOT, command

RESULTS = ROOT / "benchmarks" / "RESULTS.md"
FAST_PEERS = "nnlite", "nnlite, shared features", "napkinXC PLT", "LinearSVC"  # the others take minutes for each split
ROOFLINE, SCALE = "roofline.png", "scale.png"
SECTIONS = {  # name: module of benchmarks and its arguments, picture
    "train_step": (["speed.train_step", "--job", "deck-1500", "deck-5000", "mini", "memory"], None),
    "many_labels": (["speed.train_step", "--repeats", "5", "--job", "labels-131k", "labels-670k"], None),
    "roofline": (["speed.roofline", "--picture", f"benchmarks/{ROOFLINE}"], ROOFLINE),
    "first_run": (["speed.first_run"], None),
    "ingest": (["speed.ingest"], None),
    "predict": (["speed.predict"], None),
    "start": (["speed.start"], None),
    "ablation": (["quality.ablation"], None),
    "categories": (["quality.categories"], None),
    "plan": (["speed.plan"], None),
    "scale": (["speed.scale", "--picture", f"benchmarks/{SCALE}"], SCALE),
    "quality_titles": (["quality.compare", "--seeds", "5", "--datasets", "titles", "--systems", *FAST_PEERS], None),
    "quality_xmc": (["quality.compare", "--datasets", "bibtex", "delicious", "--systems", *FAST_PEERS,
                     "napkinXC one-vs-rest"], None),
}
OPENING = """# Results

Made by `python -m benchmarks.run_all`. Every section is what one script printed; its first line says when, on what
machine, with which versions and by which command. Times on a shared machine vary: read the ratios.
"""


def question(module: str) -> str:
    """The first line of a module's docstring, without importing it."""
    path = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]


def section(name: str, quick: bool) -> str:
    """Run one benchmark; its output as a section of the results."""
    (script, *arguments), picture = SECTIONS[name]
    module = f"benchmarks.{script}"
    arguments += ["--quick"] * quick
    done = subprocess.run(command(sys.executable, module, *arguments), capture_output=True, text=True, cwd=ROOT)
    print(done.stdout, done.stderr[-2000:], f"{module} ended with status {done.returncode}", sep="\n", flush=True)
    parts = [f"## {name}", question(module), done.stdout.replace("\n## ", "\n### ").strip()]
    if done.returncode:
        parts.append(f"**It ended with status {done.returncode}.**")
    if picture:
        parts.append(f"![{name}]({picture})")
    return "\n\n".join(parts) + "\n"


def kept() -> dict[str, str]:
    """The sections that the file holds already, by name."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.split("\n")[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all of it runs; do not commit")
    args = parser.parse_args()
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f"want sections of {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    parts = kept()
    for name in args.sections or SECTIONS:
        parts[name] = section(name, args.quick)
        RESULTS.write_text("\n".join([OPENING, *(parts[n] for n in SECTIONS if n in parts)]), encoding="utf-8")


if __name__ == "__main__":
    main()
