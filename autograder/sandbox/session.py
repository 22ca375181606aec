"""A student's notebook as the grader sees it: cells that run and functions that can be called.

A session outlives its workers. When one dies or hangs, the next one replays the cells that had
ended, so that the questions that follow can still score. Every answer is checked before it is used.
"""

import base64
import binascii
import builtins
import contextlib
import time
from dataclasses import dataclass

import numpy as np
from nbformat.v4 import new_output

from .codec import CodecError, Handle, arrays_in
from .launch import Worker

PNG = b"\x89PNG\r\n\x1a\n"


class StandIn:
    """A student's function: calling it sends plain values to the student's process and back."""

    def __init__(self, session, name, handle):
        self.session = session
        self.handle, self.start = handle, session.starts
        self.__name__ = self.__qualname__ = name

    def __call__(self, *args, **kwargs):
        return self.session.call(self, args, kwargs)

    def __repr__(self):
        return f"<the student's {self.__name__}; it runs in a process of its own>"


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
    """

    def __init__(self, limits, protected):
        self.limits = limits
        self.protected = protected
        self.began = time.monotonic()
        self.ended_cells = []
        self.starts = 0
        self.worker = None
        self.trouble = ""

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
            self.worker = Worker(self.limits, self.protected)
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
            error = student_error(reply["error"]) if reply["error"] else None
            outputs = rebuilt(reply.get("outputs", []), self.limits.output_bytes)
            return Ran(outputs, error)

    def look(self, name):
        """Give a student's value, or a `StandIn` for a function; `NameError` if there is none."""
        reply = self._request({"do": "look", "name": name}, self.limits.call_seconds, name)
        with self._reading():
            kind, value = reply["kind"], reply.get("value")
        if kind == "missing":
            raise NameError(f"name {name!r} is not defined", name=name)
        if kind == "function" and isinstance(value, Handle):
            return StandIn(self, name, value)
        return value

    def call(self, function, args, kwargs):
        """Call a student's function; arrays that it changed in place change here too."""
        self.revive()
        if function.start != self.starts:  # a new process: the function is another object there
            function.handle, function.start = self.look(function.__name__).handle, self.starts
        message = {"do": "call", "function": function.handle, "args": args, "kwargs": kwargs}
        reply = self._request(message, self.limits.call_seconds, function.__name__)
        with self._reading():
            failure = student_error(reply["error"]) if "error" in reply else None
            changed = {} if failure else self._changes(reply["changed"], arrays_in([args, kwargs]))
            result = None if failure else reply["result"]
        if failure:
            raise failure
        for array, new in changed:
            if (new.shape, new.dtype) != (array.shape, array.dtype):
                raise ValueError(f"{function.__name__} changed the shape of an array it was given")
            np.copyto(array, new)
        return result

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
            return self.worker.request(message, seconds, handle_of)
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


def handle_of(value):
    if isinstance(value, StandIn):
        return value.handle
    raise CodecError(f"a {type(value).__name__} cannot be passed to a student's function")


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
