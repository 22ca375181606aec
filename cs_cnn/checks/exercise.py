"""One exercise's check: try a function on every case, give points by part, name the mistake."""

import hashlib
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cs_cnn.checks.calls import WrongForm, tried_once
from cs_cnn.checks.cases import Case, Draw, fresh
from cs_cnn.checks.compare import difference, same
from cs_cnn.checks.report import Report

CARE = "care: dtype, memory layout, inputs unchanged"
HERE = str(Path(__file__).resolve().parent)

_judge_seed = ContextVar("judge_seed", default=None)


@contextmanager
def judging(seed):
    """Within this context every check also runs hidden cases, drawn from `seed` over a wider range.

    Parameters
    ----------
    seed : str
        Known to the judge alone.
    """
    token = _judge_seed.set(str(seed))
    try:
        yield
    finally:
        _judge_seed.reset(token)


@dataclass
class Trial:
    """What came out of one case: `outcome` by output name, or an exception, and what is wrong.

    A case that was not `reached`, as an earlier one hung, counts as wrong.
    """

    case: Case
    outcome: dict | Exception
    want: dict
    problems: dict = field(default_factory=dict)
    reached: bool = True


@dataclass(frozen=True)
class Exercise:
    """A function to write, and everything that tells whether it is right.

    Calling the exercise with a student's function gives a `Report`, which is a float: the points.

    Attributes
    ----------
    reference : function
        The right answer in `cs_cnn`; students see its signature, docstring and given lines.
    weights : dict of str to int
        Points per part; a part counts if every case of it is right. Has the part `CARE` where a
        function is given something that it could spoil.
    cases : callable (Draw, hidden) -> iterator of Case
        Easiest first; `hidden` asks for the judge's wider range.
    oracle : callable (Case) -> dict of str to array or value
        The right outputs by name, arrays in float64, independent of the reference (PyTorch).
    call : callable (function, inputs, options, forward) -> dict of str to array or value
        How the function is called on a case; raises WrongForm if it returns another form.
    mistakes : tuple of Mistake
    """

    reference: Callable
    weights: dict
    cases: Callable
    oracle: Callable
    call: Callable
    mistakes: tuple = ()

    @property
    def name(self):
        return self.reference.__name__

    @property
    def points(self):
        return sum(self.weights.values())

    def __call__(self, function, forward=None):
        """Check a function.

        Parameters
        ----------
        function : callable
            The student's.
        forward : callable, optional
            For a backward: the student's forward, which makes the cache. Where it isn't there or
            fails, the cache is the reference's.

        Returns
        -------
        Report

        Raises
        ------
        NotImplementedError
            If the function is still the handout's.
        """
        trials, forward = [], tried_once(forward)
        for case in self.all_cases():
            gone = trials and isinstance(trials[-1].outcome, TimeoutError | ConnectionError)
            if gone:  # nothing is there to be asked: what was not tried is not right
                trials.append(replace(self.failed(case, trials[-1].outcome), reached=False))
            else:
                trials.append(self.attempt(function, case, forward))
        return Report(self, trials, self.recognise(trials))

    def all_cases(self):
        """The visible cases, then the hidden ones if this is a judge's run."""
        seed = _judge_seed.get()
        yield from self.cases(Draw(_generator("public", self.name)), False)
        if seed is not None:
            for case in self.cases(Draw(_generator(seed, self.name)), True):
                yield replace(case, hidden=True)

    def attempt(self, function, case, forward=None):
        """Call a function on one case and compare what comes out with the oracle."""
        inputs, want = case.copies(), self.oracle(case)
        try:
            outcome = self.call(function, inputs, case.options, forward)
        except NotImplementedError as error:
            reason = str(error) or "not written yet"
            raise NotImplementedError(_begin_with(self.name, reason)) from None
        except Exception as error:  # whatever a student's code raises is an answer to show
            return self.failed(case, error, want)
        trial = Trial(case, outcome, want)
        for name, right in want.items():
            if problem := difference(name, outcome[name], right, case.dtype):
                trial.problems[name] = problem
        changed = [name for name, value in inputs.items() if not _equal(value, case.inputs[name])]
        if changed:
            trial.problems["inputs"] = f"{self.name} changed its argument {changed[0]}: copy it"
        # What the student returned may be a view of an array that a later call changes.
        trial.outcome = {name: fresh(value) for name, value in outcome.items()}
        return trial

    def failed(self, case, error, want=None):
        """The trial of a case that ended with an exception: every output is wrong."""
        want = want or self.oracle(case)
        return Trial(case, error, want, dict.fromkeys(want, _describe(self.name, error)))

    def part_of(self, case, output):
        """The part that one output of a case counts for."""
        return CARE if output == "inputs" else case.part_of(output)

    def recognise(self, trials):
        """The known mistake that gives these very outputs on every case, or None."""
        if not any(trial.problems for trial in trials):
            return None
        return next((m for m in self.mistakes if self._explains(m, trials)), None)

    def _explains(self, mistake, trials):
        for trial in trials:
            try:
                inputs = trial.case.copies()
                outcome = self.call(mistake.function, inputs, trial.case.options, None)
            except Exception as error:
                outcome = error
            if not _same_outcome(outcome, trial.outcome):
                return False
        return True


def _same_outcome(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same(value, b.get(name)) for name, value in a.items())
    return same(a, b)


def _generator(*words):
    digest = hashlib.sha256("/".join(words).encode()).digest()
    return np.random.default_rng(list(digest))


def _equal(value, original):
    if isinstance(original, dict):
        return value.keys() == original.keys() and all(
            _equal(value[name], item) for name, item in original.items()
        )
    if isinstance(original, np.ndarray):
        return value.dtype == original.dtype and np.array_equal(value, original, equal_nan=True)
    return value == original


def _begin_with(name, text):
    return text if text.startswith(name) else f"{name}: {text}"


def _describe(name, error):
    """An exception from a student's function in words, with the lines of theirs that led to it."""
    if isinstance(error, WrongForm):
        return str(error)
    if isinstance(error, TimeoutError | ConnectionError):
        return _begin_with(name, str(error))
    lines = getattr(error, "student_traceback", None)
    if lines is None:
        frames = traceback.extract_tb(error.__traceback__)
        own = [f for f in frames if not f.filename.startswith(HERE)]
        lines = "\n".join(f"  {f.name}, line {f.lineno}: {f.line}" for f in own[-3:])
    return f"{name} raised {type(error).__name__}: {error}\n{lines}".rstrip()
