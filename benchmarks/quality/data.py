"""Which titles do the benchmarks learn?

    python -m benchmarks.quality.data                      # 30,000 descriptions of Debian's packages, and their tags
    python -m benchmarks.quality.data --titles FILE ...    # your own product files, as nnlite.read_records reads them

Writes a file to benchmarks/data, in random order, which all scripts with --titles use by default: titles.jsonl.gz of
your files or, where there is none, packages.jsonl.gz. The descriptions are what `apt-cache dumpavail` prints on Debian
and its relatives: one line about each package, and tags such as role::program or works-with::image. The repository
contains no third-party data.
"""

import argparse
import gzip
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator

import nnlite
from benchmarks import report
from nnlite.system.atomic_file import replacing


def packages(text: str) -> Iterator[tuple[str, list[str]]]:
    """(description, tags) of each package that has tags. text: paragraphs of `Field: value`."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(Description|Tag): ((?:.*)(?:\n[ \t].*)*)", paragraph, re.MULTILINE))
        tags = [tag.strip() for tag in fields.get("Tag", "").split(",") if tag.strip() and "::TODO" not in tag]
        if tags and "Description" in fields:
            yield fields["Description"].split("\n")[0], tags


def write(path, records: Iterable[tuple[str, list[str]]]) -> int:
    """Write records as packed JSON lines in random order, the same each time; their number."""
    lines = [json.dumps({"title": title, "category": categories}) + "\n" for title, categories in records]
    random.Random(0).shuffle(lines)
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as file:
        file.write(gzip.compress("".join(lines).encode(), mtime=0))
    return len(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", nargs="+", metavar="FILE", help="product files to learn instead")
    args = parser.parse_args()
    own, public = report.TITLES
    if args.titles:
        path, records = own, nnlite.read_records(args.titles)
    elif shutil.which("apt-cache"):
        done = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, check=True)
        path, records = public, packages(done.stdout.decode("utf-8", "replace"))
    else:
        sys.exit("data: want apt-cache (Debian and its relatives) or --titles FILE ..., got neither")
    n = write(path, records)
    if not n:
        path.unlink()
        sys.exit("data: want records, got none; `apt-get update` fetches the lists of packages")
    print(f"{n:,} records in {path.relative_to(report.ROOT)}")


if __name__ == "__main__":
    main()
