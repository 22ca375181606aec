"""What an attack is."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Attack:
    """A submission that wants more than it deserves.

    Attributes
    ----------
    name : str
        The student's name, too.
    tries : str
        One sentence.
    source : str
        What stands in the answer cell `cell`; $COURSE, $HOME, $PORT and $MARK are filled in.
    cell : str
        "double" or "conv2d_forward".
    notebook : callable (notebook), optional
        Changes the notebook before it is handed in.
    folder : callable (folder of the submission), optional
        Changes the folder that is handed in.
    """

    name: str
    tries: str
    source: str = ""
    cell: str = "double"
    notebook: Callable | None = None
    folder: Callable | None = None
