"""How long does a first run take: the import, the first compilation, and the example's whole training?

    python -m benchmarks.speed.first_run [--quick] [--json FILE]

Every figure is from fresh processes. `import nnlite` is timed after numpy, scipy.sparse and numba, which it imports
anyway. Kernels compile before the first step of a training; the cache folder is either new or already filled. The
example is `examples/train_amazon.py` on the made-up catalogue, once, with a new cache folder: the default
recipe, then 400 steps of the deck's (averaged loss, plain gradient descent).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import process, report

IMPORT = """
import time, numpy, scipy.sparse, numba
start = time.perf_counter()
import nnlite
print(time.perf_counter() - start)
"""
FIRST_STEP = """
import time, numpy as np, scipy.sparse as sp, nnlite
y = sp.eye_array(600, dtype=np.float32, format="csr")
data, model = nnlite.Dataset(y, y), nnlite.MLP(600, 600)
start = time.perf_counter()
nnlite.Trainer(model, nnlite.AdaGrad(0.1), batch_rows=600, epochs=1).fit(data)
print(time.perf_counter() - start)
"""


def seconds(code: str, cache: str) -> float:
    """The number that the code prints in a fresh process, which caches its kernels in the folder `cache`."""
    environment = process.clean_environment() | {"NUMBA_CACHE_DIR": cache}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True,
                          cwd=process.ROOT)
    return float(done.stdout)


def example(quick: bool) -> dict[str, float]:
    """Of one run: row of the table -> seconds, of the whole process and of each recipe's training."""
    script = process.ROOT / "examples" / "train_amazon.py"
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        command = [sys.executable, script, "--out", Path(folder) / "out", "--json", figures]
        command += ["--records", "2000"] if quick else []
        environment = process.clean_environment() | {"NUMBA_CACHE_DIR": os.path.join(folder, "cache")}
        start = time.perf_counter()
        subprocess.run(command, env=environment, capture_output=True, check=True, cwd=process.ROOT)
        whole, found = time.perf_counter() - start, json.loads(figures.read_text())
    trainings = {f"the example: {name} recipe, {found['n_labels']:,} labels": found[name]["seconds"]
                 for name in ("deck", "default")}
    return {"the example, compiled": whole} | trainings


def main() -> int:
    args = report.parser(__doc__, "2,000 records, 2 repetitions").parse_args()
    process.rerun_clean()
    print(report.head_line() + "\n")
    repeats = 2 if args.quick else 7
    with tempfile.TemporaryDirectory() as folder:
        compiled = [seconds(FIRST_STEP, os.path.join(folder, str(i))) for i in range(1 if args.quick else 3)]
        cached = [seconds(FIRST_STEP, os.path.join(folder, "0")) for _ in range(repeats)]
        imports = [seconds(IMPORT, folder) for _ in range(repeats)]
    found = {"import nnlite": imports, "a first step, compiled": compiled, "a first step, cached": cached}
    found |= {what: [seconds] for what, seconds in example(args.quick).items()}
    rows = [{"what": what, "min s": min(times), "median s": statistics.median(times)} for what, times in found.items()]
    report.show(rows, args)
    return report.verdict([], "nothing is compared here")


if __name__ == "__main__":
    sys.exit(main())
