"""Runs every benchmark and writes what they print to benchmarks/RESULTS.md, with the pictures beside it.

    python benchmarks/run_all.py [--quick]

Each benchmark is a process of its own, one after the other. The file is only ever written by this script.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHMARKS = [  # script, arguments, picture
    ("train_step.py", [], None),
    ("roofline.py", ["--picture", str(HERE / "roofline.png")], "roofline.png"),
    ("first_run.py", [], None),
]
OPENING = """# Results

Made by `python benchmarks/run_all.py`. Every section is what one script printed; its first line says when, on what
machine, with which versions and by which command. Times on a shared machine wander: read the ratios.
"""


def section(script, arguments, picture):
    """Run one benchmark; its output as a section of the results."""
    done = subprocess.run([sys.executable, str(HERE / script), *arguments], capture_output=True, text=True)
    print(done.stdout, done.stderr[-2000:], f"{script} ended with status {done.returncode}", sep="\n", flush=True)
    question = (HERE / script).read_text(encoding="utf-8").splitlines()[0].strip('"')
    parts = [f"\n## `{script}`\n\n{question}\n", done.stdout.replace("\n## ", "\n### ").strip()]
    if done.returncode:
        parts.append(f"\n**It ended with status {done.returncode}: {(done.stderr.strip() or '?').splitlines()[-1]}**")
    if picture:
        parts.append(f"\n![{script}]({picture})")
    return "\n".join(parts) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all of it runs")
    quick = ["--quick"] * parser.parse_args().quick
    sections = [section(script, [*quick, *arguments], picture) for script, arguments, picture in BENCHMARKS]
    (HERE / "RESULTS.md").write_text(OPENING + "".join(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
