"""The autograder beside stock nbgrader: the same submissions, the same scores, in one run.

`cs-cnn bench grading`, or `python -m benchmarks.grading`. Two assignments: nbgrader's own
quickstart (ps1) and the convolution notebook. Stock nbgrader takes as long for the last submission
as for the first, so it grades a part of the class; every score that it gives is compared.
"""

import contextlib
import itertools
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import nbformat
import psutil
import typer
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from autograder.build import build, solved
from autograder.classroom import grade, personal
from autograder.course import Course, nbgrader_log, write
from autograder.demo import MISTAKEN, SHIFTED, answered, mistaken
from autograder.judge import is_test
from autograder.rooms import python
from autograder.submission import SHOWS
from cs_cnn import checks

CONVOLUTION, QUICKSTART = "04_convolution", "ps1"
BARS = {
    QUICKSTART: (25, 60),
    CONVOLUTION: (10, 90),
}  # times as fast; ms of overhead
COMMAND = Path(sysconfig.get_path("scripts"), "cs-cnn")
WARM, COUNTED = 3, 8  # submissions before the processor's time is counted, and while it is
console = Console(width=None if sys.stdout.isatty() else 140)


@dataclass(frozen=True)
class Run:
    """What a command needed: seconds of wall time and of the processor, bytes per worker."""

    submissions: int
    wall: float
    cpu: float
    memory: int

    @property
    def per_minute(self):
        return 60 * self.submissions / self.wall


def main(
    students: Annotated[int, typer.Option(help="Submissions in the class.", min=WARM + 1)] = 60,
    stock: Annotated[int, typer.Option(help="How many of them stock nbgrader grades.")] = 8,
    only: Annotated[str, typer.Option(help="ps1 or 04_convolution; both by default.")] = "",
    scaling: Annotated[bool, typer.Option(help="One worker beside two, without nbgrader.")] = False,
):
    """Time a class run beside `nbgrader autograde`, and compare the scores."""
    if scaling:
        one_beside_two(only or CONVOLUTION, students)
        return
    table = Table(title=f"{students} submissions, {os.cpu_count()} cores")
    for column in ("assignment", "nbgrader /min", "cs-cnn /min", "times", "bar"):
        table.add_column(column, justify="right")
    for column in ("nbgrader CPU s", "cs-cnn CPU ms", "overhead ms", "bar", "MiB per worker"):
        table.add_column(column, justify="right")
    for name in filter(None, [only]) if only else BARS:
        with tempfile.TemporaryDirectory() as folder:
            table.add_row(*map(str, measured(name, Path(folder), students, min(stock, students))))
    console.print(table)
    console.print("nbgrader and cs-cnn gave the same scores.")


def measured(name, folder, students, stock):
    """One row of the table."""
    course = MAKE[name](folder / "plain")
    names = hand_in(course, name, students)
    twin = Course(shutil.copytree(course.root, folder / "stock"))
    for student in names[stock:]:
        shutil.rmtree(twin.submitted(name, student).parents[1])
    theirs = timed(twin, stock, [sys.executable, "-m", "nbgrader", "autograde", name])
    ours = timed(course, students, [COMMAND, "grade", name, "--course", str(course.root)])
    same_scores(twin, course, name, names[:stock])
    cpu = cpu_each(course, name, names)
    overhead = cpu - cpu_of_work(course, name, names)
    times, most = BARS[name]
    yield from (name, f"{theirs.per_minute:.0f}", f"{ours.per_minute:.0f}")
    yield from (f"{ours.per_minute / theirs.per_minute:.1f}", times)
    yield from (f"{theirs.cpu / stock:.2f}", f"{1000 * cpu:.0f}")
    yield from (f"{1000 * overhead:.0f}", most, f"{ours.memory / 2**20:.0f}")


def one_beside_two(name, students):
    """Grade the same class with one worker and with two; print how much faster two are."""
    with tempfile.TemporaryDirectory() as folder:
        course = MAKE[name](Path(folder))
        hand_in(course, name, students)
        grading = [COMMAND, "grade", name, "--course", str(course.root), "--again", "--jobs"]
        one, two = (timed(course, students, [*grading, jobs]).per_minute for jobs in (1, 2))
    console.print(f"{name}: {one:.0f} /min with one worker, {two:.0f} with two: {two / one:.2f} x")


def quickstart(folder):
    """The course that `nbgrader quickstart` makes, released."""
    course = Course(folder)
    example = files("nbgrader") / "docs" / "source" / "user_guide" / "source"
    shutil.copytree(example / QUICKSTART, course.source(QUICKSTART).parent)
    (course.root / "nbgrader_config.py").write_text("c = get_config()\n")
    GenerateAssignment(coursedir=course.nbgrader(QUICKSTART), log=nbgrader_log()).start()
    return course


def convolution(folder):
    """A course with the convolution notebook, released; nbgrader's door to the room stays shut."""
    course = Course(folder)
    build([CONVOLUTION], course, notebooks=None)
    (course.root / "nbgrader_config.py").write_text("c = get_config()\n")
    return course


MAKE = {QUICKSTART: quickstart, CONVOLUTION: convolution}


def hand_in(course, name, students):
    """Hand in right, wrong and blank work in turns; give the students' names."""
    names = [f"student{number:04}" for number in range(students)]
    kinds = itertools.cycle(submissions(course, name))
    for student, kind in zip(names, kinds, strict=False):
        for notebook, content in kind.items():
            write(course.submitted(name, student, notebook), content)
    return names


def submissions(course, name):
    """Every kind of submission, as {notebook: content}."""
    blank = {n: course.read_release(name, n) for n in course.notebooks(name)}
    if name == CONVOLUTION:
        perfect = solved(name)
        mistakes = [mistaken(perfect, *mistake) for mistake in MISTAKEN.values()]
        right = [perfect, answered(perfect, "conv2d_forward", SHIFTED)]
        return [*({name: work} for work in (*right, *mistakes)), blank]
    perfect = {n: course.read_source(name, n) for n in blank}
    wrong = {n: nbformat.from_dict(work) for n, work in perfect.items()}
    for cell in wrong["problem1"].cells:
        cell.source = cell.source.replace("i ** 2", "i ** 3").replace("i**2", "i**3")
    return [perfect, wrong, blank]


def timed(course, students, command):
    """Run a command to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(list(map(str, command)), cwd=course.root, **quiet) as process:
        memory = watched(process)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return Run(students, wall, cpu, memory)


def watched(process):
    """Wait for a process; give the most memory that one of its workers, with its room, used."""
    most, ended = 0, threading.Event()

    def look():
        nonlocal most
        while not ended.wait(0.5):
            with contextlib.suppress(psutil.Error):
                workers = psutil.Process(process.pid).children(recursive=True)
                most = max([most, *map(shared_out, filter(is_worker, workers))])

    watcher = threading.Thread(target=look)
    watcher.start()
    process.wait()
    ended.set()
    watcher.join()
    return most


def is_worker(process):
    """Whether this is Dask's process for one core: a fork of multiprocessing's server of forks."""
    with contextlib.suppress(psutil.Error):
        family = (process, process.parent())
        return all("forkserver" in " ".join(one.cmdline()) for one in family)
    return False


def shared_out(process):
    """Memory of a process and all below it, pages that are shared counted in parts (PSS)."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.Error):
            total += one.memory_full_info().pss
    return total


def same_scores(one, other, name, students):
    """Compare all scores that both have."""
    found, expected = scores(other, name), scores(one, name)
    for student in students:
        assert found[student] == expected[student], (student, found[student], expected[student])


def scores(course, name):
    """Every automatic score by student, notebook and cell."""
    with Gradebook(course.database) as book:
        return {
            submission.student_id: {
                (notebook.name, grade.name): grade.auto_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in book.assignment_submissions(name)
        }


def cpu_each(course, name, students):
    """Seconds of the processor for one submission, after the first few.

    Of the whole machine, which must be idle: most of what a room's processes need is in no other
    process's account, as the room ends before anyone has waited for them.
    """
    rows = grade(course, name, students[: WARM + COUNTED], jobs=1, again=True)
    for _ in itertools.islice(rows, WARM):
        pass
    before = busy_seconds()
    graded = sum(1 for _ in rows)
    return (busy_seconds() - before) / graded


def busy_seconds():
    """Seconds that all processors together have worked since the machine started."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0) - getattr(times, "steal", 0)


def cpu_of_work(course, name, students):
    """Seconds of the processor that the student's cells and the checks themselves take, mean."""
    kinds = students[WARM : WARM + COUNTED]
    for student in kinds:  # imports, and the caches of the checks
        work(course, name, student)
    with threadpool_limits(1):  # as in grading
        began = time.process_time()
        for student in kinds:
            work(course, name, student)
        return (time.process_time() - began) / len(kinds)


def work(course, name, student):
    """Run the cells of a submission that count, as plain Python."""
    seed = personal(course.seed(), student, name)
    for notebook in course.notebooks(name):
        namespace = {}
        cells = nbformat.read(course.autograded(name, student, notebook), 4).cells
        for cell in cells:
            if cell.cell_type != "code" or cell.metadata.get(SHOWS):
                continue
            drawing = checks.judging(seed) if is_test(cell) else contextlib.nullcontext()
            with drawing, contextlib.suppress(Exception), contextlib.redirect_stdout(None):
                exec(compile(python(cell.source), "<cell>", "exec"), namespace)


app = typer.Typer(context_settings={"help_option_names": ["-h", "--help"]})
app.command()(main)

if __name__ == "__main__":
    app()
