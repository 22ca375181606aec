"""A table of results that grows from run to run: a small file, and a picture of it."""

import json
from pathlib import Path

from cs_cnn import plots


class Leaderboard:
    """Who trained what, how well, and at what cost; kept in a JSON file.

    Parameters
    ----------
    path : path
        Is made by the first entry.

    Attributes
    ----------
    rows : list of dict
        name, data, accuracy, seconds, operations, recipe; the best first.
    """

    def __init__(self, path="leaderboard.json"):
        self.path = Path(path)
        self.rows = json.loads(self.path.read_text()) if self.path.exists() else []

    def enter(self, name, data, result):
        """Add a result under a name, in place of an older one of this name and data set."""
        row = {
            "name": name,
            "data": data.name,
            "accuracy": result.accuracy,
            "seconds": result.seconds,
            "operations": result.operations,
            "recipe": repr(result.recipe),
        }
        others = [r for r in self.rows if (r["name"], r["data"]) != (name, data.name)]
        self.rows = sorted([*others, row], key=lambda r: -r["accuracy"])
        self.path.write_text(json.dumps(self.rows, indent=1))
        return self

    def picture(self, data):
        """Accuracy against seconds for one data set, with the operations as areas."""
        points = {
            r["name"]: (r["seconds"], 100 * r["accuracy"], r["operations"])
            for r in self.rows
            if r["data"] == data.name
        }
        return plots.circles("seconds of training", "right in the test, %", **points)

    def __str__(self):
        head = f"{'name':24} {'data':10} {'right':>7} {'seconds':>8} {'MMACs':>7}"
        return "\n".join(
            [head]
            + [
                f"{r['name']:24.24} {r['data']:10} {r['accuracy']:7.2%} {r['seconds']:8.1f} "
                f"{r['operations'] / 1e6:7.1f}"
                for r in self.rows
            ]
        )
