"""What grading a submission gave, as plain data, and the fingerprint of all that it depends on."""

import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from dataclasses import asdict, dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from autograder.judge import CellResult

LEFT_OUT = {"tests", "source"}  # folders of our packages that have no part in grading


@dataclass(frozen=True)
class Graded:
    """One graded submission.

    Attributes
    ----------
    student : str
    cells : list of CellResult
        One per test cell, in order, of all the notebooks.
    findings : list of str
        What was repaired or found, each a short sentence.
    problem : str
        Why it, or a notebook of it, could not be graded; empty if all could.
    notebooks : dict of str
        The text of each graded notebook by name; only the names where nothing was graded anew.
    seconds : float
    protected : bool
        Student code ran in a locked room, or none ran.
    fingerprint : str
        Of all that the result depends on; empty if the failure was the grader's own.
    reused : bool
        Unchanged since an earlier run, and not graded again.
    """

    student: str
    cells: list[CellResult]
    findings: list[str]
    problem: str
    notebooks: dict[str, str] = field(repr=False)
    seconds: float
    protected: bool = True
    fingerprint: str = ""
    reused: bool = False

    @property
    def points(self):
        return sum(cell.points for cell in self.cells)

    @property
    def max_points(self):
        return sum(cell.max_points for cell in self.cells)

    @property
    def remarks(self):
        """What went wrong, in a few words each."""
        exercises = {}
        for cell in filter(attrgetter("reason"), self.cells):
            if cell.reason != self.problem:
                exercises.setdefault(cell.reason, []).append(title(cell.grade_id))
        cells = [f"{few(names)}: {reason}" for reason, names in exercises.items()]
        return [self.problem] * bool(self.problem) + cells + self.findings

    def to_json(self):
        """Everything but the notebooks' text, for the record of what is done."""
        return json.dumps(asdict(replace(self, notebooks=dict.fromkeys(self.notebooks, ""))))

    @classmethod
    def from_json(cls, text):
        """What `to_json` gave, marked as reused."""
        plain = json.loads(text)
        cells = [CellResult(**cell) for cell in plain["cells"]]
        return cls(**{**plain, "cells": cells, "reused": True})


def few(names, most=3):
    """The first few names, and how many more there are."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest


def title(grade_id):
    """What a table calls the exercise of a test cell: "conv2d_forward-check" is "conv2d fwd"."""
    name = grade_id.removesuffix("-check")
    return name.replace("forward", "fwd").replace("backward", "bwd").replace("_", " ")


def fingerprint(*parts):
    """The digest of the grader's version and of anything that JSON can write."""
    text = json.dumps([engine_version(), *parts], sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@functools.cache
def engine_version():
    """The digest of all that grades: our own source, Python, and the libraries in use."""
    total = hashlib.sha256(sys.version.encode())
    for package in ("autograder", "cs_cnn"):
        folder = Path(importlib.util.find_spec(package).origin).parent
        for path in sorted(folder.rglob("*.py")):
            place = path.relative_to(folder)
            if not LEFT_OUT.intersection(place.parts):
                total.update(f"{package}/{place.as_posix()}".encode() + path.read_bytes())
    for line in importlib.metadata.requires("cs-cnn"):
        if "extra ==" not in line:
            library = re.match(r"[\w.-]+", line)[0]
            total.update(f"{library}=={importlib.metadata.version(library)}".encode())
    return total.hexdigest()
