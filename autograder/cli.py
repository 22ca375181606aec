"""The command `cs-cnn`: the student's half from `cs_cnn.cli`, and what grades."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from cs_cnn.cli import app, console, data_table, fail, gpu, packages_table

CourseFolder = Annotated[
    Path, typer.Option("--course", help="The course folder, in nbgrader's layout.")
]
Names = Annotated[list[str] | None, typer.Argument(help="Assignments, e.g. 04_convolution.")]
Name = Annotated[str, typer.Argument(help="The assignment, e.g. 04_convolution.")]
Unprotected = Annotated[
    bool,
    typer.Option(
        "--unprotected",
        help="Run student code with YOUR rights, network and files, where no room can be locked.",
    ),
]
DEFAULT_COURSE = Path("course")
SOURCES = Path(__file__).parent / "source"  # the course's own assignments


@app.command(rich_help_panel="Students")
def check(
    notebook: Annotated[Path, typer.Argument(help="Your notebook.")],
):
    """Run a notebook's checks and tell your points, as grading does but without hidden cases.

    Exits with 0 if everything is right. Your code runs in a locked room where this machine has
    one, else as an ordinary program: it is yours.
    """
    import nbformat

    from autograder.judge import judge
    from autograder.results import title
    from autograder.sandbox.protect import protections
    from autograder.submission import Unreadable, read

    try:
        read(notebook)
    except Unreadable as error:
        fail(f"{notebook}: {error}")
    with progress() as bar:
        task = bar.add_task("Running your cells")
        result = judge(
            nbformat.read(notebook, as_version=4),
            protected=protections().bubblewrap,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    rows = Table("exercise", "points", "of", "what went wrong")
    for cell in result.cells:
        rows.add_row(
            title(cell.grade_id), f"{cell.points:g}", f"{cell.max_points:g}", brief([cell.reason])
        )
    console.print(rows)
    earned, most = (sum(getattr(c, k) for c in result.cells) for k in ("points", "max_points"))
    console.print(f"[bold]{earned:g} of {most:g} points[/]")
    raise typer.Exit(int(earned < most))


@app.command(rich_help_panel="Students")
def doctor():
    """Say what is installed, GPU or not, data sets there or not, and what to do about it."""
    from autograder.sandbox.protect import protection_table, protections

    console.print(packages_table())
    console.print(f"GPU: {gpu()}", highlight=False)
    locked = protections()
    room = "this machine can lock the room that submissions run in"
    if not locked.bubblewrap:
        room = f"[yellow]no locked room[/], so no class can be graded here: {locked.problem}"
    console.print(f"Grading: {room}", highlight=False)
    rows = Table("protection", "essential", "here", "")
    for what, essential, holds, remark in protection_table():
        here = "yes" if holds else "[yellow]no[/]"
        rows.add_row(what, "yes" if essential else "", here, escape(remark))
    console.print(rows)
    console.print(data_table())


@app.command(rich_help_panel="Instructors")
def build(names: Names = None, course: CourseFolder = DEFAULT_COURSE):
    """Build the handout: source/, release/ and the gradebook of a course, and notebooks/.

    The text is in `autograder/source/`; exercises are taken from `cs_cnn`, so that the stub a
    student sees is the reference's own. Building twice gives the same bytes.
    """
    from autograder import build as builder
    from autograder.course import Course

    try:
        for path in builder.build(names, where := Course(course)):
            console.print(path, highlight=False)
        where.write_config()
    except builder.BuildError as error:
        fail(error)


@app.command(rich_help_panel="Instructors")
def grade(
    name: Name,
    course: CourseFolder = DEFAULT_COURSE,
    student: Annotated[list[str] | None, typer.Option(help="Only these students.")] = None,
    seconds: Annotated[float, typer.Option(help="Limit for one call of a function.")] = 20,
    memory: Annotated[int, typer.Option(help="Limit in MiB for one submission.")] = 4096,
    jobs: Annotated[int | None, typer.Option(help="At a time (default: one a core).")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="A Dask scheduler to use, e.g. tcp://10.0.0.1:8786.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="What is unchanged too.")] = False,
    unprotected: Unprotected = False,
):
    """Grade a class: submitted/STUDENT/NAME/ to autograded/ and nbgrader's gradebook.

    Each submission runs in a locked room: no network, no files but its own, limits on time and
    memory. The checks also draw hidden cases, from a secret seed per student. Grades given by
    hand are kept. What was graded before and is unchanged is left alone, so after an
    interruption of any kind the same command goes on. Formgrader shows the result.
    """
    from autograder.engine import import_ahead

    if jobs != 1 and not scheduler:
        checks = ["cs_cnn.checks"] * (SOURCES / f"{name}.py").exists()
        import_ahead(["autograder.grading", *checks])
    from autograder.course import Course
    from autograder.sandbox.launch import Limits

    where = Course(course)
    limits = Limits(call_seconds=seconds, memory_mib=memory)
    places = {"jobs": jobs, "scheduler": scheduler, "again": again}
    rows = grade_with_progress(where, name, student, limits, not unprotected, **places)
    console.print(table(rows, name))
    console.print(f"Gradebook: {where.database}", highlight=False, soft_wrap=True)


@app.command(rich_help_panel="Instructors")
def feedback(name: Name, course: CourseFolder = DEFAULT_COURSE):
    """Write an HTML page for every graded student: feedback/STUDENT/NAME/NAME.html."""
    from autograder.course import Course

    write_feedback(Course(course), name)


@app.command(rich_help_panel="Instructors")
def demo(folder: Annotated[Path, typer.Argument(help="Where to put it.")] = Path("demo")):
    """See it all work: build a handout, grade a small class of every kind, write feedback."""
    from autograder import build as builder
    from autograder.course import Course
    from autograder.demo import ASSIGNMENT, LIMITS, hand_in
    from autograder.sandbox.protect import protections

    course = Course(folder)
    try:
        with console.status("Building the handout from its source ..."):
            (handout,) = builder.build([ASSIGNMENT], course, notebooks=None)
            course.write_config()
            students = hand_in(course)
    except builder.BuildError as error:
        fail(f"{error}. Remove {course.root}, or name another folder")
    console.print(f"Built {handout}", highlight=False, soft_wrap=True)
    console.print(f"{len(students)} made-up students handed in.")
    locked = protections()
    if not locked.bubblewrap:
        console.print(
            f"[yellow]Not protected:[/] {locked.problem}. The demo's submissions are the "
            "project's own, so they run all the same; a real class is refused.",
            soft_wrap=True,
        )
    rows = grade_with_progress(course, ASSIGNMENT, students, LIMITS, locked.bubblewrap)
    console.print(table(rows, ASSIGNMENT))
    write_feedback(course, ASSIGNMENT)
    console.print(f"Gradebook: {course.root / 'gradebook.db'}", highlight=False, soft_wrap=True)


def grade_with_progress(course, name, students, limits, protected, **places):
    """Grade with a progress bar; rows in the order of the students' names."""
    from autograder.classroom import Busy, OtherVersion, grade
    from autograder.engine import SchedulerLost
    from autograder.gradebook import NotRecorded
    from autograder.sandbox.protect import Unprotected

    handed_in = course.students(name)
    if absent := sorted(set(students or []) - set(handed_in)):
        fail(f"{', '.join(absent)} handed in nothing in {course.root / 'submitted'}")
    rows, total = [], len(students or handed_in)
    try:
        with grading_progress(total) as (advance, running):
            for row in grade(
                course, name, students, limits, protected, **places, on_change=running
            ):
                rows.append(row)
                advance(row)
    except Unprotected as error:
        fail(f"{error}. Install bubblewrap, or say --unprotected if you trust every submission")
    except (FileNotFoundError, Busy) as error:
        fail(error)
    except (NotRecorded, SchedulerLost, OtherVersion) as error:
        fail(f"{error}. {so_far(rows, total)}")
    except KeyboardInterrupt:
        console.print(f"Stopped. {so_far(rows, total)}")
        raise typer.Exit(130) from None
    if not rows:
        fail(f"nobody handed in {name}: there is no {course.submitted(name, 'STUDENT')}")
    return sorted(rows, key=lambda row: row.student)


def so_far(rows, total):
    """What stands when a run ends early."""
    return f"{len(rows)} of {total} are recorded; the same command goes on from there"


@contextmanager
def grading_progress(total):
    """A bar with how many are done, running and failed, and the time left.

    Yields two functions: one takes a row that is done, one the number that is running.
    """
    counts = TextColumn("{task.fields[running]} running, {task.fields[failed]} not gradable")
    look = (TextColumn("Grading"), BarColumn(), MofNCompleteColumn(), counts)
    with Progress(*look, TimeRemainingColumn(elapsed_when_finished=True), console=console) as bar:
        task = bar.add_task("", total=total, running=0, failed=0)

        def advance(row):
            failed = bar.tasks[0].fields["failed"] + bool(row.problem)
            bar.update(task, advance=1, failed=failed)

        yield advance, lambda running: bar.update(task, running=running)


def write_feedback(course, name):
    """Write the feedback of all graded students with a progress bar."""
    from autograder.feedback import feedback

    graded = [s for s in course.students(name) if course.autograded(name, s).parent.is_dir()]
    if not graded:
        fail(f"nothing of {name} is graded in {course.root}: run `cs-cnn grade {name}` first")
    with progress() as bar:
        pages = len(graded) * len(course.notebooks(name))
        for _ in bar.track(feedback(course, name, graded), pages, description="Feedback"):
            pass
    console.print(f"Feedback: {course.feedback(name, '*')}", highlight=False, soft_wrap=True)


def progress():
    """A progress bar that counts and keeps the time."""
    look = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*look, TimeElapsedColumn(), console=console)


def table(rows, name):
    """Student, points per exercise, what went wrong in a few words."""
    from autograder.results import title

    exercises = {title(c.grade_id): c.max_points for c in rows[0].cells}
    large = [column for column, most in exercises.items() if most > 1]
    most = sum(exercises.values())
    caption = f"of {most:g} points by tests"
    if not all(row.protected for row in rows):
        caption += ", graded WITHOUT a locked room (--unprotected)"
    if reused := sum(row.reused for row in rows):
        caption += f"; {reused} unchanged and not graded again (--again would)"
    result = Table(title=escape(name), caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    result.add_column("student", no_wrap=True)
    for column in [*(f"{c} /{exercises[c]:g}" for c in large), "others", "total"]:
        result.add_column(column.replace(" ", "\n"), justify="right")
    result.add_column("what went wrong", ratio=1)
    for row in rows:
        points = {title(c.grade_id): c.points for c in row.cells}
        small = sum(value for column, value in points.items() if column not in large)
        numbers = [*(points[column] for column in large), small, row.points]
        result.add_row(shown(row.student), *(f"{n:g}" for n in numbers), brief(row.remarks))
    return result


def shown(text):
    """A text of a student's as the console can print it."""
    return escape(text.encode("utf-8", "replace").decode())


def brief(remarks, most=3):
    """The first few remarks; how many more there are."""
    rest = [f"... and {len(remarks) - most} more"] if len(remarks) > most else []
    return shown("\n".join([*remarks[:most], *rest]))


def main():
    """Run the command line."""
    app()
