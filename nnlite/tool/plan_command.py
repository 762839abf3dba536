"""The command `plan`: what a training will take."""

import dataclasses
from argparse import Namespace
from typing import Any

from nnlite.data.chunks import CHUNK_ROWS
from nnlite.tool import on_ranks, reading_options, train_command
from nnlite.tool.printing import json_text, show
from nnlite.training.choosing import plan as make_plan
from nnlite.training.rank_costs import shared


def plan(args: Namespace) -> None:
    """Print what a training on some files will take. MemoryError, after printing, if it cannot fit into memory."""
    train_command.check(args)
    limits = {name: value for name in ("minutes", "memory", "holdout") if (value := getattr(args, name)) is not None}
    asked: dict[str, Any] = {"refit": True} if args.refit else {}
    asked |= {"chunk_rows": args.chunk_rows or CHUNK_ROWS} if args.chunks else {}
    asked |= train_command.settings(args)
    found = make_plan(args.data, args.recipe, **limits, **asked, **reading_options.reading(args))
    if args.json:
        sums = {name: getattr(found, name) for name in ("total_seconds", "low_seconds", "high_seconds", "total_memory",
                                                        "high_memory")}
        typed: dict[str, Any] = {"command": train_command.command(found, args)} if found.limits else {}
        typed |= {"ranks": shared(found, args.ranks)._asdict()} if args.ranks else {}
        show(json_text({**dataclasses.asdict(found), **sums, **typed}, indent=1))
    else:
        ranks = f"\n{on_ranks.foretold(found, args.ranks)}" if args.ranks else ""
        show(f"{found}\n{train_command.planned(found, args)}{ranks}")
    found.check()
