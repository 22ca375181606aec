"""What runs a student's code in the locked room.

It answers requests, one after the other, until its input ends: `run` a cell, `look` a name up,
`bind` or `unbind` it, `call` a function, `get` or `set` an attribute. It knows no tests, no
expected values and no seeds, and nobody trusts what it answers.
"""

import base64
import io
import itertools
import os
import sys
import traceback

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from .codec import Handle, arrays_in, decode, encode, read_frame

CUT = "\n[the rest of the output was cut]\n"
CELL = "<cell "  # how the file name of a student's code begins


def answer(student, requests, replies):
    """Serve requests from one binary stream on another until it ends."""
    replies.write(encode("ready"))
    replies.flush()
    while frame := read_frame(requests):
        replies.write(student.reply(decode(frame)))
        replies.flush()


def private_pipes():
    """Keep stdin and stdout for the grader alone; a student's code gets nothing in their place."""
    pipes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    silence(0, 1)
    return pipes


def silence(*files):
    """Point these files, or stdin, stdout and stderr, at nothing."""
    for file in files or (0, 1, 2):
        nothing = os.open(os.devnull, os.O_RDONLY if file == 0 else os.O_WRONLY)
        os.dup2(nothing, file)
        os.close(nothing)


class Student:
    """A student's notebook as it runs: an IPython shell, and the objects kept for the grader."""

    def __init__(self):
        self.recorder = Recorder()
        self.shell = make_shell(self.recorder)
        self.kept = {}
        self.numbers = itertools.count(1)

    def reply(self, message):
        """Answer one request with a frame; whatever goes wrong becomes an answer too."""
        try:
            answer = getattr(self, message.pop("do"))(**message)
            return encode(answer, self.keep)
        except BaseException as error:  # student code may raise anything
            return encode({"error": describe(error)})

    def run(self, source, label):
        """Run a cell as a notebook would; outputs in nbformat's form, and the error, if any."""
        self.shell.compile.label = label
        self.recorder.start()
        self.shell.run_cell(source, store_history=True)
        return {"outputs": self.recorder.stop(), "error": self.recorder.error}

    def look(self, name):
        """Tell whether a name is missing, and give what it stands for."""
        return {"missing": name not in self.shell.user_ns, "value": self.shell.user_ns.get(name)}

    def get(self, thing, name):
        return {"value": getattr(self.resolve(thing), name)}

    def set(self, thing, name, value):
        setattr(self.resolve(thing), name, self.resolve(value))
        return {}

    def bind(self, name, value):
        self.shell.user_ns[name] = self.resolve(value)
        return {}

    def unbind(self, name):
        self.shell.user_ns.pop(name, None)
        return {}

    def is_a(self, thing, kind):
        return {"value": isinstance(self.resolve(thing), self.resolve(kind))}

    def call(self, function, args, kwargs):
        """Call a kept function; `changed` holds the arguments' arrays that it wrote to."""
        arrays = arrays_in([args, kwargs])
        before = [array.copy() for array in arrays]
        result = self.resolve(function)(*self.resolve(args), **self.resolve(kwargs))
        changed = {i: a for i, a in enumerate(arrays) if not same(a, before[i])}
        return {"result": result, "changed": changed}

    def keep(self, value):
        number = next(self.numbers)
        self.kept[number] = value
        return Handle(number, type(value).__name__)

    def resolve(self, value):
        if isinstance(value, Handle):
            return self.kept[value.id]
        if type(value) in (list, tuple):
            return type(value)(self.resolve(item) for item in value)
        if type(value) is dict:
            return {key: self.resolve(item) for key, item in value.items()}
        return value


def same(a, b):
    """Compare two arrays bit by bit."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def describe(error):
    """Say what an exception was: names, message, line and the student's own frames, as text."""
    try:
        message = str(error)[:2000]
    except BaseException:  # a student's __str__ may raise anything
        message = ""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(CELL)]
    steps = [f"{f.filename[1:-1]}, line {f.lineno}, in {f.name}\n    {f.line}" for f in frames[-8:]]
    line = frames[-1].lineno if frames else None
    if isinstance(error, SyntaxError) and str(error.filename).startswith(CELL):
        line, message = error.lineno, str(error.msg)
        steps.append(f"{error.filename[1:-1]}, line {line}\n    {str(error.text or '').strip()}")
    name = type(error).__name__
    bases = (base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    text = "\n".join([*steps, f"{name}: {message}"])[:10_000]
    return {"name": name, "base": next(bases), "message": message, "line": line, "traceback": text}


class Recorder:
    """Collects what a cell shows, up to a number of characters; between cells it drops it."""

    def __init__(self):
        self.limit = self.left = 0
        self.outputs = []
        self.error = None

    def start(self):
        self.left, self.outputs, self.error = self.limit, [], None

    def stop(self):
        self.left = 0
        for output in self.outputs:
            if output["output_type"] == "stream":
                output["text"] = "".join(output["text"])
        return self.outputs

    def write(self, name, text):
        if self.left <= 0 or not text:
            return
        kept = text[: self.left]
        self.left -= len(text)
        if not self.outputs or self.outputs[-1].get("name") != name:
            self.outputs.append({"output_type": "stream", "name": name, "text": []})
        self.outputs[-1]["text"].append(kept if self.left > 0 else kept + CUT)

    def show(self, output_type, data):
        data = {kind: data[kind] for kind in ("text/plain", "image/png") if kind in data}
        if isinstance(data.get("image/png"), bytes):
            data["image/png"] = base64.b64encode(data["image/png"]).decode("ascii")
        size = sum(len(text) for text in data.values())
        if self.left <= 0 or not data:
            return
        if size > self.left:
            self.write("stdout", CUT)
            self.left = 0
            return
        self.left -= size
        self.outputs.append({"output_type": output_type, "data": data})

    def fail(self, error):
        self.error = describe(error)
        lines = self.error["traceback"].splitlines()
        failure = {"ename": self.error["name"], "evalue": self.error["message"]}
        self.outputs.append({"output_type": "error", **failure, "traceback": lines})


def make_shell(recorder):
    """Make the IPython shell: no history on disk, no colours, everything shown is recorded."""

    class Stream(io.TextIOBase):
        def __init__(self, name):
            self.stream_name = name

        def write(self, text):
            recorder.write(self.stream_name, str(text))
            return len(text)

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            recorder.show("execute_result", format_dict)

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **ignored):
            recorder.show("display_data", data)

        def clear_output(self, wait=False):
            pass

    class Compiler(CachingCompiler):
        label = "cell"

        def get_code_name(self, raw_code, transformed_code, number):
            return f"<{self.label}>"

    class Shell(InteractiveShell):
        def _showtraceback(self, etype, evalue, stb):
            recorder.fail(evalue)

        def ask_exit(self):
            raise SystemExit

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.update({"xmode": "Minimal", "colors": "nocolor", "separate_out": ""})
    classes = {"displayhook_class": Hook, "display_pub_class": Publisher}
    shell = Shell.instance(config=config, compiler_class=Compiler, **classes)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    return shell
