"""A student's notebook as the grader sees it: cells that run and functions that can be called.

A session outlives its workers. When one dies or hangs, the next one replays the cells that had
ended, so that the questions that follow can still score. Every answer is checked before it is used.
"""

import base64
import binascii
import builtins
import contextlib
import re
import time
from dataclasses import dataclass
from functools import partial

import numpy as np
from nbformat.v4 import new_output

from .codec import CodecError, Handle, arrays_in
from .launch import Worker
from .seal import SEALED
from .standin import StandIn, described

SEAL = re.compile(rf"{SEALED}: [^;]*; write it yourself")
MISSED = re.compile(r"name '(\w+)' is not defined")
PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Ran:
    """What a cell gave: nbformat outputs, and the exception that ended it or None."""

    outputs: list
    error: Exception | None


class Session:
    """Runs one notebook; leaving the ``with`` block ends its process.

    All requests raise `TimeoutError` or `ConnectionError` when the process hangs or dies; it is
    gone then, until `revive`.

    Parameters
    ----------
    limits : Limits
    protected : bool
    room : Room

    Attributes
    ----------
    seals : list of str
        What the student's code was told wherever it asked for something that is sealed.
    missed : set of str
        The names that the student's code missed: it ended in a `NameError`.
    """

    def __init__(self, limits, protected, room):
        self.limits = limits
        self.protected = protected
        self.room = room
        self.began = time.monotonic()
        self.ended_cells = []
        self.starts = 0
        self.worker = None
        self.trouble = ""
        self.seals = []
        self.missed = set()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.worker:
            self.worker.stop()

    def revive(self):
        """Make sure that a worker runs and has the state that the cells so far left behind."""
        while self.worker is None or not self.worker.alive:
            if self.starts > self.limits.restarts:
                raise ConnectionError(
                    f"not run: the student's process had to be stopped {self.starts} times "
                    f"(last: {self.trouble})"
                )
            self.time_left()
            self.starts += 1
            self.worker = Worker(self.limits, self.protected, self.room)
            self._replay()

    def _replay(self):
        for cell in list(self.ended_cells):
            try:
                self._run(*cell)
            except (TimeoutError, ConnectionError):
                self.ended_cells.remove(cell)
                return

    def run(self, source, label):
        """Run a student's cell; `label` names it in tracebacks."""
        ran = self._run(source, label)
        self.ended_cells.append((source, label))
        return ran

    def _run(self, source, label):
        message = {"do": "run", "source": source, "label": f"cell {label}"}
        reply = self._request(message, self.limits.cell_seconds)
        with self._reading():
            error = self._failure(reply["error"]) if reply["error"] else None
            outputs = rebuilt(reply.get("outputs", []), self.limits.output_bytes)
            return Ran(outputs, error)

    def look(self, name):
        """Give a student's value or its `StandIn`; `NameError` if there is none."""
        reply = self._request({"do": "look", "name": name}, self.limits.call_seconds, name)
        with self._reading():
            failure = self._failure(reply["error"]) if "error" in reply else None
            missing, value = (False, None) if failure else (reply["missing"], reply["value"])
        if failure:
            raise failure
        if missing:
            raise NameError(f"name {name!r} is not defined", name=name)
        if isinstance(value, StandIn):
            return StandIn(self, value._stand_in.number, value._stand_in.type_name, name)
        return value

    def call(self, function, args, kwargs):
        """Call a student's function; arrays that it changed in place change here too."""
        message = {"do": "call", "function": function, "args": args, "kwargs": kwargs}
        reply = self._ask(message, function)
        with self._reading():
            result = reply["result"]
            changed = self._changes(reply["changed"], arrays_in([args, kwargs]))
        for array, new in changed:
            if (new.shape, new.dtype) != (array.shape, array.dtype):
                name = described(function)
                raise ValueError(f"{name} changed the shape of an array it was given")
            np.copyto(array, new)
        return result

    def get(self, thing, name):
        """Give an attribute of a student's object; its arrays are read-only copies."""
        reply = self._ask({"do": "get", "thing": thing, "name": name}, thing, name)
        with self._reading():
            for array in arrays_in(reply["value"]):
                array.flags.writeable = False
            return reply["value"]

    def set(self, thing, name, value):
        self._ask({"do": "set", "thing": thing, "name": name, "value": value}, thing, name)

    def is_a(self, thing, kind):
        reply = self._ask({"do": "is_a", "thing": thing, "kind": kind}, kind)
        with self._reading():
            return reply["value"] is True

    def bind(self, name, thing):
        """Give a global name of the student's to another of the student's objects."""
        self._ask_for(name, {"do": "bind", "name": name, "value": thing})

    def unbind(self, name):
        """Delete a global name of the student's."""
        self._ask_for(name, {"do": "unbind", "name": name})

    def _ask(self, message, thing, name=""):
        """Send a request about an object; raise what the student's code raised."""
        what = thing._stand_in.name or thing._stand_in.type_name
        return self._ask_for(f"{what}.{name}" if name else what, message)

    def _ask_for(self, what, message):
        self.revive()
        reply = self._request(message, self.limits.call_seconds, what)
        with self._reading():
            failure = self._failure(reply["error"]) if "error" in reply else None
        if failure:
            raise failure
        return reply

    def _failure(self, error):
        """Make the exception that the student's code raised; note seals and names it met."""
        failure = student_error(error)
        self.seals += SEAL.findall(str(failure))
        self.missed |= set(MISSED.findall(str(failure)))
        return failure

    def _number(self, value):
        """The handle of a stand-in, found again by its name if the process is a new one."""
        if not isinstance(value, StandIn):
            raise CodecError(f"a {type(value).__name__} cannot be passed to a student's function")
        about = value._stand_in
        if about.start != self.starts:
            if not about.name:
                raise ConnectionError(
                    f"{described(value)} was lost when the student's process had to be restarted"
                )
            about.number = self.look(about.name)._stand_in.number
            about.start = self.starts
        return Handle(about.number, about.type_name)

    @staticmethod
    def _changes(changed, arrays):
        if not all(isinstance(new, np.ndarray) for new in changed.values()):
            raise TypeError("a changed array is not an array")
        return [(arrays[index], new) for index, new in changed.items()]

    def time_left(self):
        """Seconds that the notebook may still use; `TimeoutError` if there are none."""
        left = self.limits.total_seconds - (time.monotonic() - self.began)
        if left <= 0:
            total = self.limits.total_seconds
            raise TimeoutError(f"not run: the notebook had used up its {total:g} s")
        return left

    def _request(self, message, seconds, what=""):
        seconds = min(seconds, self.time_left())
        if not self.worker.alive:
            raise ConnectionError(self.trouble or "the student's process has ended")
        try:
            return self.worker.request(message, seconds, self._number, partial(StandIn, self))
        except (TimeoutError, ConnectionError) as error:
            self.trouble = f"{what}: {error}" if what else str(error)
            raise type(error)(self.trouble) from None

    @contextlib.contextmanager
    def _reading(self):
        """Turn every surprise in a reply into the end of the worker that sent it."""
        try:
            yield
        except (LookupError, TypeError, ValueError, AttributeError):
            self.worker.stop()
            self.trouble = "the student's process sent something that is not a reply"
            raise ConnectionError(self.trouble) from None


def clean(text, limit=None):
    """Cut a text and replace what UTF-8 cannot write."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8")


def student_error(error):
    """Make the exception that a student's code raised: the same builtin type where there is one.

    Its `student_type` is the student's own type, its `student_traceback` plain text and its `line`
    the student's line or None.
    """
    name, base, message = (clean(error[key], 2000) for key in ("name", "base", "message"))
    kind = getattr(builtins, base, None)
    builtin = isinstance(kind, type) and issubclass(kind, Exception)
    if name != base or not builtin:
        message = f"{name}: {message}" if message else name
    if not builtin or (kind is Exception and name != base):
        kind = RuntimeError
    try:
        exception = kind(message)
    except TypeError:  # UnicodeDecodeError and ExceptionGroup want more than a message
        exception = RuntimeError(f"{name}: {message}")
    exception.student_type = name
    exception.student_traceback = clean(error["traceback"], 10_000)
    exception.line = error["line"] if type(error["line"]) is int else None
    return exception


def rebuilt(outputs, limit):
    """Make nbformat outputs anew from a worker's, taking only the forms that are allowed."""
    made = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            name = "stderr" if output["name"] == "stderr" else "stdout"
            made.append(new_output("stream", name=name, text=clean(output["text"])))
        elif kind == "error":
            texts = {key: clean(output[key]) for key in ("ename", "evalue")}
            lines = [clean(line) for line in output["traceback"]]
            made.append(new_output("error", **texts, traceback=lines))
        elif kind in ("execute_result", "display_data"):
            shown = output["data"]
            data = {"text/plain": clean(shown.get("text/plain", ""))}
            if is_png(shown.get("image/png")):
                data["image/png"] = shown["image/png"]
            made.append(new_output(kind, data=data))
    if sum(len(repr(output)) for output in made) > 8 * limit + 2**16:
        raise ValueError("the outputs are larger than the worker may send")
    return made


def is_png(text):
    try:
        return base64.b64decode(text, validate=True).startswith(PNG)
    except (TypeError, ValueError, binascii.Error):
        return False
