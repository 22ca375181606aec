"""The gallery with several seeds: what each network comes to beside its baseline.

python -m benchmarks.gallery                 # every application with three seeds
python -m benchmarks.gallery --only pose     # one of them
"""

import time
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from cs_cnn import gallery


def main(
    seeds: Annotated[int, typer.Option(help="How often each application is run.", min=1)] = 3,
    only: Annotated[str, typer.Option(help="One application; all by default.")] = "",
):
    """Run applications with several seeds and print the table: least, mean and most."""
    table = Table(title=f"The gallery, {seeds} seeds: mean (least to most)")
    for column in ("application", "measure", "network", "baseline", "", "wins", "seconds"):
        table.add_column(column)
    for name in [only] if only else gallery.APPLICATIONS:
        begin = time.perf_counter()
        results = [gallery.run(name, seed) for seed in range(seeds)]
        seconds = (time.perf_counter() - begin) / seeds
        network, baseline = (
            np.array([getattr(one, side) for one in results]) for side in ("network", "baseline")
        )
        wins = f"{np.sum(network > baseline)} of {seeds}"
        first, measures = results[0], (spread(network), spread(baseline))
        table.add_row(name, first.metric, *measures, first.baseline_name, wins, f"{seconds:.0f}")
    Console().print(table)


def spread(values):
    return f"{values.mean():.3f} ({values.min():.3f} to {values.max():.3f})"


if __name__ == "__main__":
    typer.run(main)
