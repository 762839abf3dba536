"""How the lessons show what they find: sentences of a readable width, and pictures.

A picture is a file in out/lessons, below the folder in which the lesson runs, and stands below the cell in a notebook.
Its lines differ in style as well as in colour, on white: it can be read on a dark page and in black and white print.
"""

import sys
import textwrap
from pathlib import Path

FOLDER = Path("out", "lessons")
WIDTH = 100  # characters of a printed line
COLOURS, LINES = ["#0b5394", "#d95f02", "#111111", "#7a7a7a"], ["-", "--", ":", "-."]


def say(*sentences):
    """Print the sentences that are not empty as one paragraph, after an empty line."""
    print("\n" + textwrap.fill(" ".join(filter(None, sentences)), WIDTH))


def picture(name, draw, columns=1):
    """Draw on that many axes beside each other: draw(axes), or draw(axes, axes, ...). Needs matplotlib."""
    try:
        from cycler import cycler
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        print("(no picture: that needs matplotlib, pip install matplotlib)")
        return
    style = {"axes.prop_cycle": cycler(color=COLOURS, linestyle=LINES), "font.size": 9, "axes.grid": True,
             "grid.alpha": 0.25, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False}
    with rc_context(style):
        figure = Figure(figsize=(4.2 if columns > 1 else 6.5, 3.4), layout="constrained")
        figure.set_figwidth(figure.get_figwidth() * columns)
        axes = figure.subplots(1, columns)
        draw(*axes) if columns > 1 else draw(axes)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / f"{name}.png"
        figure.savefig(path, dpi=110)
    if type(sys.stdout).__module__.startswith("ipykernel"):
        from IPython.display import Image, display
        display(Image(path.read_bytes()))
    print(f"picture: {path}")


def ask(first, second, changes):
    """Print two questions, whose answers end the lesson, and the lines of its constants that are worth a change."""
    print(f"\nTwo questions; the answers end this file.\n1. {first}\n2. {second}\n\nTry next, one line at a time:")
    for line in changes:
        print(f"    {line}")
