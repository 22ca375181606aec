"""Kills class runs at random moments; the next run must end with the undisturbed grade book.

    python -m autograder.tests.faults --runs 50

Each run grades a small class in a process of its own, is hit by one fault when a random number of
submissions is recorded, and is followed by a run that nobody disturbs.
"""

import argparse
import contextlib
import itertools
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from autograder.classroom import grade
from autograder.course import Course
from autograder.sandbox.protect import protections
from autograder.tests.tiny import NAME, RIGHT, WRONG, scores, tiny_course

SIZE = 8  # submissions of the class
PYTHON = [sys.executable, "-m"]


def make(folder):
    """Make the class and, beside it, the same class graded without a fault."""
    answers = {f"student {n}": (RIGHT, WRONG)[n % 2] for n in range(SIZE - 1)}
    course = tiny_course(folder / "course", answers | {"truncated": RIGHT})
    cut = course.submitted(NAME, "truncated")
    cut.write_bytes(cut.read_bytes()[:-30])
    course.seed()
    return course, finish(copy(course, folder / "undisturbed"))


def copy(course, folder):
    return Course(shutil.copytree(course.root, folder, dirs_exist_ok=True))


def finish(course):
    """Grade in this process, to the end; give what the gradebook says."""
    rows = list(grade(course, NAME, None, None, protections().bubblewrap, jobs=1))
    assert len(rows) == SIZE, f"{len(rows)} rows for {SIZE} submissions"
    return scores(course)


@contextlib.contextmanager
def started(course, *words):
    """Grade in a process of its own, which prints a line for each submission."""
    command = [*PYTHON, "autograder.tests.faults", "--grade", str(course.root), *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def after(process, lines):
    """Wait until a process has printed so many lines, or has ended, and a random moment more."""
    list(itertools.islice(process.stdout, lines))
    time.sleep(random.uniform(0, 0.05))


def kill_command(course, when):
    with started(course, "--jobs", 2) as process:
        after(process, when)


def interrupt_command(course, when):
    with started(course, "--jobs", 2) as process:
        after(process, when)
        process.send_signal(signal.SIGINT)
        process.wait(60)


def kill_worker(course, when):
    """A worker, or what forks them: the command must get over it, all rows."""
    with started(course, "--jobs", 2) as process:
        after(process, when)
        kill_one(process, lambda p: "forkserver" in " ".join(p.cmdline()))
        assert process.wait(120) == 0


def kill_room(course, when):
    """A student's process, its guard, their parent or bubblewrap: the command must get over it."""
    with started(course, "--jobs", 2) as process:
        after(process, when)
        kill_one(process, lambda p: "autograder.sandbox" in " ".join(p.cmdline()))
        assert process.wait(120) == 0


def kill_one(process, chosen):
    """Kill one of the processes that a process started, if one is there."""
    found = []
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                found += [child] * bool(chosen(child))
    if found:
        with contextlib.suppress(psutil.NoSuchProcess):
            random.choice(found).kill()


def kill_scheduler(course, when):
    with (
        scheduler(course.root / "scheduler.json") as (address, server),
        started(course, "--scheduler", address) as process,
    ):
        after(process, when)
        server.kill()
        process.wait(120)


@contextlib.contextmanager
def scheduler(file):
    """A Dask scheduler with one worker, each a process; its address and the first process."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    here = ["--scheduler-file", str(file), "--no-dashboard"]
    server = [
        *PYTHON,
        "distributed.cli.dask_scheduler",
        *here,
        "--host",
        "127.0.0.1",
        "--port",
        "0",
    ]
    worker = [*PYTHON, "distributed.cli.dask_worker", *here, "--nthreads", "1", "--no-nanny"]
    with subprocess.Popen(server, **quiet) as first, subprocess.Popen(worker, **quiet) as second:
        try:
            while not file.exists() or not file.read_text().strip():
                assert first.poll() is None, "the scheduler did not start"
                time.sleep(0.1)
            yield json.loads(file.read_text())["address"], first
        finally:
            first.kill()
            second.kill()


def fill_disk(course, when):
    """Leave room for a few more kilobytes, by a ballast on a small disk or else by a limit."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            size = (course.root / "gradebook.db").stat().st_size
            with started(course, "--largest", random.randrange(1000, size + 4096)) as process:
                process.wait(120)
            return
        try:
            small = copy(course, Path(folder))
            ballast, left = small.root / "ballast", random.randrange(8 + 16 * when) * 1024
            free = shutil.disk_usage(folder).free
            ballast.write_bytes(bytes(max(0, free - left)))
            with started(small) as process:
                process.wait(120)
            ballast.unlink()
            copy(small, course.root)
        finally:
            subprocess.run(["umount", folder], check=True)


FAULTS = [kill_command, interrupt_command, kill_worker, kill_room, kill_scheduler, fill_disk]


def disturbed(course, folder, fault):
    """Hit a run on a copy of the course; give how many it had recorded, and the end result."""
    other = copy(course, folder)
    fault(other, random.randrange(SIZE))
    recorded = len(list(other.root.glob(f"autograded/*/{NAME}/{NAME}.ipynb")))
    return recorded, finish(other)


def grade_and_print(root, jobs, address, largest):
    """What `started` runs."""
    if largest:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    places = {"jobs": jobs, "scheduler": address}
    rows = grade(Course(root), NAME, None, None, protections().bubblewrap, **places)
    for row in rows:
        print(row.student, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--grade", help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--scheduler", help=argparse.SUPPRESS)
    parser.add_argument("--largest", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grade:
        grade_and_print(options.grade, options.jobs, options.scheduler, options.largest)
        return
    random.seed(options.seed)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        course, expected = make(Path(folder))
        for number, fault in zip(range(options.runs), itertools.cycle(FAULTS), strict=False):
            began = time.perf_counter()
            recorded, found = disturbed(course, Path(folder) / str(number), fault)
            wrong += found != expected
            verdict = "equal" if found == expected else "NOT EQUAL"
            seconds = time.perf_counter() - began
            print(f"{number:3} {fault.__name__:18} {recorded} recorded, then {verdict}", end=" ")
            print(f"({seconds:.1f} s)", flush=True)
    print(f"{options.runs - wrong} of {options.runs} runs ended with the undisturbed grade book")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
