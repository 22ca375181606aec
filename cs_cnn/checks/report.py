"""What a check tells a student: points by part, the first failure in full, the mistake's name.

A `Report` is a float (the points), so a notebook cell that ends in a check is an ordinary nbgrader
test cell with partial credit, and shows itself as a small page in Jupyter and as text elsewhere.
"""

import base64
from html import escape

import numpy as np

SMALL = 40  # arrays up to so many numbers are printed whole

STYLE = """
.cs-check { font: 14px/1.5 system-ui, sans-serif; border-left: 4px solid; padding: 4px 12px; }
.cs-check.good { border-color: #2a9d5c; } .cs-check.bad { border-color: #d9822b; }
.cs-check table { border-collapse: collapse; margin: 6px 0; }
.cs-check td { padding: 1px 12px 1px 0; text-align: left !important; }
.cs-check pre { margin: 6px 0; font-size: 12.5px; white-space: pre-wrap; }
.cs-check .hint { padding: 6px 10px; margin: 8px 0; border: 1px solid #d9822b; }
"""


class Points(float):
    """Points earned by a check: a float that explains itself.

    Subclasses have `good` (all points earned), `headline` (what went wrong in a few words, for a
    table; empty if nothing did), `__str__` and `body` (HTML).
    """

    def __repr__(self):
        return float.__repr__(self)

    def _repr_html_(self):
        kind = "good" if self.good else "bad"
        return f'<style>{STYLE}</style><div class="cs-check {kind}">{self.body()}</div>'


class Report(Points):
    """The result of an exercise's check.

    Attributes
    ----------
    exercise : Exercise
    trials : list of Trial
        Every case that was tried, in order.
    mistake : Mistake or None
        The known mistake that gives these very outputs.
    """

    def __new__(cls, exercise, trials, mistake=None):
        earned = sum(
            w for part, w in exercise.weights.items() if not failures(exercise, trials, part)
        )
        report = super().__new__(cls, earned)
        report.exercise, report.trials, report.mistake = exercise, trials, mistake
        return report

    @property
    def good(self):
        return self.first_failure is None

    @property
    def first_failure(self):
        """The first case with something wrong, as (trial, output name), or None."""
        for trial in self.trials:
            for output in trial.problems:
                return trial, output
        return None

    @property
    def headline(self):
        """What went wrong in a few words, for a table; empty if nothing did."""
        if self.first_failure is None:
            return ""
        if self.mistake:
            return self.mistake.name
        trial, output = self.first_failure
        problem = trial.problems[output].splitlines()[0]
        if isinstance(trial.outcome, Exception):
            return problem
        return f"{self.exercise.part_of(trial.case, output).split(':')[0]}: {problem}"

    def explanation(self):
        """The first failure in full: which case, what came out, what should have."""
        trial, output = self.first_failure
        part = self.exercise.part_of(trial.case, output)
        case = f"a hidden case: {trial.case}" if trial.case.hidden else str(trial.case)
        lines = [f"First failure, in the part {part.split(':')[0]!r}:", f"  {case}", ""]
        lines += [f"  {line}" for line in trial.problems[output].splitlines()]
        if not trial.case.hidden:
            lines += self._numbers(trial, output)
        return "\n".join(lines)

    def _numbers(self, trial, output):
        """The arrays themselves where they are small enough to read."""
        arrays = dict(trial.case.inputs)
        if isinstance(trial.outcome, dict) and output in trial.want:
            arrays |= {f"your {output}": trial.outcome.get(output)}
            arrays |= {f"right {output}": trial.want[output]}
        arrays = {name: a for name, a in arrays.items() if isinstance(a, np.ndarray)}
        if any(a.size > SMALL for a in arrays.values()):
            return []
        text = {name: np.array2string(a, precision=4) for name, a in arrays.items()}
        return [""] + [f"{name} =\n{value}" for name, value in text.items()]

    def _rows(self):
        """(part, earned, weight, note) for every part."""
        for part, weight in self.exercise.weights.items():
            wrong, tried = failures(self.exercise, self.trials, part), self._tried(part)
            known = sum(trial.reached for trial in wrong if trial)
            cases = "case" if tried == 1 else "cases"
            note = f"{known} of {tried} {cases} wrong" if wrong else f"{tried} {cases} right"
            note = note if tried else "not reached"
            yield part, 0 if wrong else weight, weight, note

    def _tried(self, part):
        """How many cases that were reached counted for this part."""
        of_part, reached = self.exercise.part_of, [t for t in self.trials if t.reached]
        return sum(any(of_part(t.case, o) == part for o in t.want) for t in reached)

    def _title(self):
        return f"{self.exercise.name}: {self:g} of {self.exercise.points} points"

    def __str__(self):
        text = [self._title()]
        for part, earned, weight, note in self._rows():
            text.append(f"  {earned}/{weight}  {part:<48}{note}")
        if self.first_failure:
            text += ["", self.explanation()]
        if self.mistake:
            text += ["", f"Looks like this: {self.mistake.name}.", self.mistake.hint]
        return "\n".join(text)

    def body(self):
        """The report as HTML, with a picture of where the arrays differ."""
        rows = "".join(
            f"<tr><td>{'✓' if earned else '✗'}</td><td>{escape(part)}</td>"
            f"<td>{earned}/{weight}</td><td>{note}</td></tr>"
            for part, earned, weight, note in self._rows()
        )
        html = f"<b>{escape(self._title())}</b><table>{rows}</table>"
        if self.mistake:
            html += (
                f'<div class="hint"><b>Looks like this: {escape(self.mistake.name)}.</b><br>'
                f"{escape(self.mistake.hint)}</div>"
            )
        if self.first_failure:
            html += f"<pre>{escape(self.explanation())}</pre>{self._picture()}"
        return html

    def _picture(self):
        """Where the arrays differ, as an <img>; nothing for hidden cases or other shapes."""
        trial, output = self.first_failure
        if trial.case.hidden or not isinstance(trial.outcome, dict) or output not in trial.want:
            return ""
        got, want = trial.outcome.get(output), trial.want[output]
        if not isinstance(got, np.ndarray) or got.dtype.kind not in "biufc":
            return ""
        if not isinstance(want, np.ndarray) or got.shape != want.shape or want.ndim < 2:
            return ""
        from cs_cnn import plots

        svg = base64.b64encode(plots.difference(got, want).encode()).decode()
        return f'<img alt="yours, expected, difference" src="data:image/svg+xml;base64,{svg}">'


def failures(exercise, trials, part):
    """The trials in which something of this part is wrong; [None] if none of it was tried."""
    tried = [t for t in trials if part in {exercise.part_of(t.case, o) for o in t.want}]
    wrong = [t for t in trials if any(exercise.part_of(t.case, o) == part for o in t.problems)]
    return wrong if tried else [None]
