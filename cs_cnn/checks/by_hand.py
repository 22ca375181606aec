"""Numbers worked out by hand: what is right, and what each tempting wrong number comes from."""

from dataclasses import dataclass, field
from html import escape
from numbers import Real

from cs_cnn.checks.report import Points


@dataclass(frozen=True)
class Question:
    """A question with numbers for an answer.

    Attributes
    ----------
    answer : tuple of numbers
    hint : str
        For any wrong answer.
    wrong : dict of tuple to str
        For a wrong answer that can be recognised: where it comes from.
    """

    answer: tuple
    hint: str
    wrong: dict = field(default_factory=dict)


QUESTIONS = {
    "one_number": Question(
        (6,),
        "Multiply each number of the window by the weight that lies on it, add up, add the bias.",
        {(5,): "That is the dot product; add the bias.", (4,): "The kernel is not flipped."},
    ),
}


class Answer(Points):
    """The result of a question by hand: 1.0 if every number is right, else 0.0."""

    def __new__(cls, name, given, question):
        right = len(given) == len(question.answer) and all(
            isinstance(g, Real) and abs(g - a) < 1e-6
            for g, a in zip(given, question.answer, strict=False)
        )
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
        hint = self.question.wrong.get(self.given, self.question.hint)
        return f"{self.name}: {self._given()} is not right. {hint}"

    def body(self):
        return f"{'✓' if self.good else '✗'} {escape(str(self))}"


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
