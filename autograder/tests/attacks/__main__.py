"""Runs the attacks through stock nbgrader, for comparison; takes a few minutes.

    python -m autograder.tests.attacks

Stock nbgrader runs students' code with the grader's rights, so all of it runs in a throw-away room
(bubblewrap): without a network, with a copy of the course, and with a home of its own.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde

from autograder.course import Course, nbgrader_log
from autograder.sandbox.protect import protections
from autograder.tests.attacks import ATTACKS, prey

SECONDS = 8  # that a cell may take; nbgrader's default is 30
LIMIT = 60  # that one submission may take
ROOM = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
ROOM += ["--tmpfs", "/dev/shm", "--unshare-all", "--die-with-parent", "--new-session"]
NAMES = [attack.name for attack in ATTACKS]
AGAIN = [sys.executable, "-m", "autograder.tests.attacks", "--from"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--first", type=int, default=0, help="skip the attacks before this number")
    parser.add_argument("--last", type=int, default=len(ATTACKS))
    parser.add_argument("--from", type=int, dest="inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        attack_stock(options.inside)
        return
    if problem := protections().problem:
        sys.exit(f"these attacks are real, and no room can be locked here: {problem}")
    results = {}
    while (number := options.first + len(results)) < options.last:
        for result in room(number, options.last):
            results[result["name"]] = result
            print(told(result), flush=True)
    for what in ("gained", "leaked", "harmed"):
        print(f"{sum(bool(result[what]) for result in results.values())} of {len(results)} {what}")


def room(number, last):
    """Start a room for the attacks from a number on; it may end after any of them."""
    command, quiet = [*ROOM, "--", *AGAIN, str(number)], {"stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, stdout=subprocess.PIPE, **quiet) as process:
        for line in process.stdout:
            if line.startswith(b'{"name"'):
                result = json.loads(line)
                number = NAMES.index(result["name"]) + 1
                yield result
            if number == last:
                process.kill()
                return
    killed = {"gained": 0, "leaked": False, "harmed": ["the grader and all that ran beside it"]}
    yield {"name": NAMES[number]} | killed


def told(result):
    gained = f"{result['gained']:+g} points" if result["gained"] else ""
    harmed = f"harmed {', '.join(result['harmed'])}" if result["harmed"] else ""
    facts = filter(None, (gained, "read the tests" if result["leaked"] else "", harmed))
    return f"{result['name'][:30]:30} {'; '.join(facts) or 'failed'}"


def attack_stock(number):
    """In the room: try the attacks from a number on, each on a copy of the course."""
    assert Path("/proc/1/comm").read_text().strip() == "bwrap", "these attacks are real"
    folder = Path(tempfile.mkdtemp())
    course = prey.make(folder / "pristine")
    for student in prey.HONEST:
        autograde(course, student)
    blank = score(course, "blank")
    for attack in ATTACKS[number:]:
        shutil.rmtree(folder / "course", ignore_errors=True)
        shutil.rmtree(folder / "home", ignore_errors=True)
        copy = Course(shutil.copytree(course.root, folder / "course"))
        home = prey.home_folder(folder / "home")
        os.environ["HOME"] = str(home)
        watch = prey.Watch(copy, home)
        with watch.listening() as port:
            prey.attack_with(copy, attack, home, port)
            child = multiprocessing.get_context("fork").Process(
                target=autograde, args=(copy, attack.name)
            )
            child.start()
            child.join(LIMIT)
            died = child.exitcode
            child.kill()
        result = {"name": attack.name, "gained": 0, "leaked": prey.leaked(copy, attack.name)}
        result["harmed"] = [f.replace(str(folder), "") for f in harm(watch)]
        result["harmed"] += ["the grader"] * (died != 0)
        result["gained"] = score(copy, attack.name) - blank
        end_others()
        print(f"\n{json.dumps(result)}", flush=True)  # an attack may have written here


def end_others():
    """End what an attack left behind in this room."""
    for process in psutil.process_iter():
        if process.pid not in (1, os.getpid()):
            with contextlib.suppress(psutil.Error):
                process.kill()


def harm(watch):
    try:
        return watch.harm()
    except Exception as error:
        return [f"the grade book ({type(error).__name__})"]


def autograde(course, student):
    """What `nbgrader autograde prey --student STUDENT` does, failures included."""
    coursedir = course.nbgrader(prey.NAME)
    coursedir.student_id = student
    stock = Autograde(coursedir=coursedir, config=course.config, log=nbgrader_log())
    stock.config.Execute.timeout = SECONDS
    try:
        stock.start()
    except BaseException as error:
        print(f"# {student}: {type(error).__name__}", file=sys.stderr)


def score(course, student):
    try:
        with Gradebook(course.database) as book:
            return book.find_submission(prey.NAME, student).score
    except Exception:
        return 0


if __name__ == "__main__":
    main()
