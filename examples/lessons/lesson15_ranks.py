# %% [markdown]
"""
# Lesson 15. How do several processes, or machines, train one network, and end in the bits of one?

A word's row of the first layer and a label's row of the last meet the others only in two sums. So each process (a rank,
in MPI's words) can own some words and some labels, and only the sums are sent.

    python examples/lessons/lesson15_ranks.py

With MPI (pip install "nnlite[mpi]") it starts two ranks.
"""

# %%
import hashlib
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np

import nnlite
from nnlite.system.ranks import branches, tree_sum
from nnlite.system.slices import shares
from showing import ask, say

SHARDS = 8  # parts into which words and labels are cut, for any owners
RANKS = 2  # processes that own them, at most SHARDS; 1 starts none
OWNERS = (1, 2, 4)  # numbers of ranks whose sums are compared
UNITS, BATCH = 50, 256
PRODUCTS = 1_500

# %% [markdown]
# ## The first sum: what words add to the hidden layer
# z1 = x W is a sum over words. Each shard adds up its own ones. A rank that owns several shards could add these up
# first and send one array: then the order of the sum depends on who owns what, and so do its last bits.


# %%
def digest(*arrays):
    hashed = hashlib.sha256()
    for array in arrays:
        hashed.update(np.ascontiguousarray(array))
    return hashed.hexdigest()[:12]


def by_ranks(parts, n_ranks):
    """Each rank adds up what it owns from left to right, then the ranks' sums are added."""
    return sum(sum(parts[own]) for own in shares(len(parts), n_ranks))


def by_tree(parts, n_ranks):
    """Each rank adds up the branches of one binary tree that it owns, then the tree is completed."""
    found = {range(i, i + 1): part.copy() for i, part in enumerate(parts)}
    for own in shares(len(parts), n_ranks):
        for branch in branches(range(len(parts)), range(own.start, own.stop)):
            found[branch] = tree_sum(branch, found)
    return tree_sum(range(len(parts)), found)


records = list(nnlite.make_catalogue(PRODUCTS))
vocabulary = nnlite.Vocabulary.build(records)
data = vocabulary.encode(records)
w = np.random.default_rng(0).standard_normal((data.n_words, UNITS)).astype(np.float32)
x = data.x[:BATCH]
shard_of_word = np.arange(data.n_words) % SHARDS
parts = np.stack([x[:, shard_of_word == s] @ w[shard_of_word == s] for s in range(SHARDS)])
print(f"z1 of {BATCH} x {UNITS} numbers from {SHARDS} shards of {data.n_words:,} words, owned by")
found = {}
for name, add in ("left to right", by_ranks), ("along the tree", by_tree):
    found[name] = [digest(add(parts, n)) for n in OWNERS if n <= SHARDS]
    print(f"{', '.join(map(str, OWNERS))} ranks, added {name:14}  {' '.join(found[name])}")
left_to_right, tree = (len(set(digests)) for digests in found.values())

# %% [markdown]
# ## A training
# The program of every rank. It says nothing of ranks: `Trainer` finds out which one it is. Rank 0 prints.

# %%
PROGRAM = """
import hashlib
import nnlite
from nnlite.ranks.sharded_mlp import ShardedMLP

records = list(nnlite.make_catalogue({products}))
data = nnlite.Vocabulary.build(records).encode(records)
model = ShardedMLP(data.n_words, data.n_labels, ({units},), "relu", shards={shards})
nnlite.Trainer(model, nnlite.AdaGrad(lr=0.05), batch_rows={batch}, epochs=2).fit(data)
held, ranks = sum(p.size for p in model.params.values()), model.shards.ranks
found = hashlib.sha256(b"".join(p.tobytes() for p in model.whole().params.values())).hexdigest()[:12]
if ranks.rank == 0:
    print(f"{{ranks.size}} processes: parameters {{found}} , {{held}} of them in the first one's memory")
"""
program = PROGRAM.format(products=PRODUCTS, units=UNITS, shards=SHARDS, batch=BATCH)
print()
alone: dict = {}
exec(program, alone)  # in this process
one, parameters, several, held = alone["found"], alone["held"], None, 0
mpiexec = shutil.which("mpiexec") or shutil.which(str(Path(sys.executable).with_name("mpiexec")))
if RANKS > 1 and mpiexec and find_spec("mpi4py"):
    line = subprocess.run([mpiexec, "-n", str(RANKS), sys.executable, "-c", program], text=True, check=True,
                          stdout=subprocess.PIPE).stdout
    print(line.strip())
    several, held = line.split()[3], int(line.split()[5])

say(f"Added left to right, {len(found['left to right'])} numbers of ranks have {left_to_right} results; along the "
    f"tree, {tree}." + " A few shards have the same order either way." * (left_to_right == 1))
sent = 2 * 2 * 4 * BATCH * UNITS * (RANKS - 1) / RANKS
if several:
    same = "the same bits as" if several == one else "other bits than"
    say(f"{RANKS} ranks end in {same} one process, and rank 0 holds {100 * held / parameters:.0f} % of the parameters.",
        f"In each step a rank sends {sent:,.0f} bytes: two sums of {BATCH} x {UNITS} numbers, of which each rank adds",
        "up a share. With a million labels it would be as many.")
else:
    say('No ranks were started: that takes RANKS of 2 or more, and MPI, pip install "nnlite[mpi]".')
ask("Words could be owned in ranges, as labels are: the first thousand by rank 0, and so on. What would be worse?",
    "Why does a rank not send its gradient of the words' rows?",
    ["SHARDS = 2", "OWNERS = (1, 3, 5)", "UNITS, BATCH = 8, 256"])

# %% [markdown]
# ## Answers
# 1. A vocabulary begins with its frequent words: rank 0 would have most of the work.
# 2. It is needed by nobody else: the rows that it changes are its own. What others need of them is in the next z1.
