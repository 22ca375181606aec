"""A question by hand: what is right, and what each tempting wrong number comes from."""

from dataclasses import dataclass, field


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
