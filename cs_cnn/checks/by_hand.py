"""The check of numbers that were worked out by hand."""

from html import escape
from numbers import Real

from cs_cnn.checks.questions import QUESTIONS
from cs_cnn.checks.report import Points


class Answer(Points):
    """The result of a question by hand: 1.0 if every number is right, else 0.0."""

    def __new__(cls, name, given, question):
        right = same(given, question.answer)
        answer = super().__new__(cls, right)
        answer.name, answer.given, answer.question, answer.good = name, given, question, right
        return answer

    @property
    def headline(self):
        return "" if self.good else f"answered {self._given()}"

    def _given(self):
        return ", ".join(f"{g!r}" for g in self.given)

    def __str__(self):
        if self.good:
            return f"{self.name}: {self._given()} is right."
        known = (hint for wrong, hint in self.question.wrong.items() if same(self.given, wrong))
        hint = next(known, self.question.hint)
        return f"{self.name}: {self._given()} is not right. {hint}"

    def body(self):
        return f"{'✓' if self.good else '✗'} {escape(str(self))}"


def same(given, numbers):
    """Whether an answer is these numbers, each of them a number and in this order."""
    return len(given) == len(numbers) and all(
        isinstance(g, Real) and abs(g - n) < 1e-6 for g, n in zip(given, numbers, strict=True)
    )


def by_hand(name, *answer):
    """Check numbers that were worked out by hand.

    Parameters
    ----------
    name : str
        The question, a key of `QUESTIONS`.
    *answer : numbers
        In the order of the question.

    Returns
    -------
    Answer

    Raises
    ------
    NotImplementedError
        If there is no answer yet (None).
    """
    if any(a is None for a in answer):
        raise NotImplementedError(f"{name}: no answer yet; replace None by your number")
    return Answer(name, answer, QUESTIONS[name])
