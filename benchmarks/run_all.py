"""Runs the benchmarks and writes what they print to benchmarks/RESULTS.md, with the pictures beside it.

    python benchmarks/run_all.py [SECTION ...] [--quick]

Without names it runs all; with names it renews these sections and keeps the others. Each is a process of its own, one
after the other. The file is only ever written by this script.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
FAST_PEERS = "nnlite", "nnlite, shared features", "napkinXC PLT", "LinearSVC"
SECTIONS = {  # name: script and its arguments, picture
    "train_step": (["train_step.py", "--job", "deck-1500", "deck-5000", "mini", "memory"], None),
    "many_labels": (["train_step.py", "--repeats", "5", "--job", "labels-131k", "labels-670k"], None),
    "roofline": (["roofline.py", "--picture", str(HERE / "roofline.png")], "roofline.png"),
    "first_run": (["first_run.py"], None),
    "ingest": (["ingest.py"], None),
    "predict": (["predict.py"], None),
    "start": (["start.py"], None),
    "ablation": (["ablation.py"], None),
    "categories": (["categories.py"], None),
    "plan": (["plan.py"], None),
    "scale": (["scale.py", "--picture", str(HERE / "scale.png")], "scale.png"),
    # without --systems all peers are measured and tuned
    "quality_titles": (["quality.py", "--seeds", "5", "--datasets", "titles", "--systems", *FAST_PEERS], None),
    "quality_xmc": (["quality.py", "--datasets", "bibtex", "delicious", "--systems", *FAST_PEERS,
                     "napkinXC one-vs-rest"], None),
}
OPENING = """# Results

Made by `python benchmarks/run_all.py`. Every section is what one script printed; its first line says when, on what
machine, with which versions and by which command. Times on a shared machine wander: read the ratios.
"""


def section(name, quick):
    """Run one benchmark; its output as a section of the results."""
    (script, *arguments), picture = SECTIONS[name]
    done = subprocess.run([sys.executable, HERE / script, *arguments, *quick], capture_output=True, text=True)
    print(done.stdout, done.stderr[-2000:], f"{script} ended with status {done.returncode}", sep="\n", flush=True)
    question = (HERE / script).read_text(encoding="utf-8").splitlines()[0].strip('"')
    parts = [f"## {name}", question, done.stdout.replace("\n## ", "\n### ").replace(f"{HERE}/", "").strip()]
    if done.returncode:
        parts.append(f"**It ended with status {done.returncode}.**")
    if picture:
        parts.append(f"![{name}]({picture})")
    return "\n\n".join(parts) + "\n"


def kept():
    """The sections that the file holds already, by name."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    found = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    return {part.split("\n")[0].removeprefix("## "): part.rstrip("\n") + "\n" for part in found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all of it runs")
    args = parser.parse_args()
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f"want sections of {', '.join(SECTIONS)}, got {', '.join(unknown)}")
    parts = kept()
    for name in args.sections or SECTIONS:
        parts[name] = section(name, ["--quick"] * args.quick)
        RESULTS.write_text("\n".join([OPENING, *(parts[n] for n in SECTIONS if n in parts)]), encoding="utf-8")


if __name__ == "__main__":
    main()
