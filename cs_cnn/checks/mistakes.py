"""Known mistakes: wrong versions of a function, each with a name and a hint.

A mistake is written as an edit of the reference, so that it reads as the one line that is wrong,
runs as it would have been handed in, and can't drift away from the reference. It has two jobs: it
proves that a check catches it, and it lets the check tell a student what went wrong.
"""

import inspect
import sys
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Mistake:
    """One wrong version of a reference function.

    Attributes
    ----------
    reference : function
    name : str
        A few words, for a table.
    hint : str
        What to tell a student whose output is this one's.
    edits : tuple of (old, new)
        Each `old` text must occur in the reference's source; all its occurrences are replaced.
    """

    reference: object
    name: str
    hint: str
    edits: tuple

    @cached_property
    def source(self):
        """The source of the wrong version.

        Raises
        ------
        ValueError
            If an edit no longer applies because the reference has changed.
        """
        source = inspect.getsource(self.reference)
        for old, new in self.edits:
            if old not in source:
                raise ValueError(
                    f"mistake {self.name!r}: {old!r} is not in {self.reference.__name__}"
                )
            source = source.replace(old, new)
        return source

    @cached_property
    def function(self):
        """The wrong version, ready to call."""
        names = dict(vars(sys.modules[self.reference.__module__]))
        exec(compile(self.source, f"<mistake: {self.name}>", "exec"), names)
        return names[self.reference.__name__]


def mistakes_of(reference, *rows):
    """Make a tuple of mistakes from rows (name, hint, old, new, old, new, ...)."""
    return tuple(
        Mistake(reference, name, hint, tuple(zip(edits[::2], edits[1::2], strict=True)))
        for name, hint, *edits in rows
    )
