"""The student's half of the command `cs-cnn`: open the course, look after data, see what is here.

`autograder.cli` adds what grades to the same `app`.
"""

import importlib.metadata
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cs_cnn.backend import gpu_problem

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""A course on convolutional networks, and its autograder.

    **Students**: `cs-cnn lab` opens the notebooks, `cs-cnn check NOTEBOOK` tells your points.

    **Instructors**: `cs-cnn build`, hand out, collect, `cs-cnn grade`, `cs-cnn feedback`.

    **Something missing?** `cs-cnn doctor` says what is here and what to do about the rest.
    """,
)
console = Console()
NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BENCHMARKS = NOTEBOOKS.parent / "benchmarks"
PACKAGES = (
    "numpy",
    "torch",
    "matplotlib",
    "scikit-learn",
    "jupyterlab",
    "nbgrader",
    "cupy-cuda13x",
)


@app.command(rich_help_panel="Students")
def lab(
    folder: Annotated[Path, typer.Argument(help="Where the notebooks are.")] = NOTEBOOKS,
    browser: Annotated[bool, typer.Option(help="Open a browser window.")] = True,
    port: Annotated[int, typer.Option(help="The first port to try.")] = 8888,
):
    """Open JupyterLab on the course's notebooks.

    Work in the notebooks where they are: `git diff` shows what you wrote, and `cs-cnn check`
    tells your points at any time.
    """
    if not folder.is_dir():
        raise typer.BadParameter(f"there is no folder {folder}: clone the course's repository")
    command = [sys.executable, "-m", "jupyterlab", f"--port={port}", "--port-retries=50"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container everyone is root
    raise typer.Exit(subprocess.call(command, cwd=folder))


@app.command(
    rich_help_panel="Students",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def bench(context: typer.Context):
    """Time the fast layers beside PyTorch, or with `grading` the autograder beside nbgrader.

    `cs-cnn bench --help` and `cs-cnn bench grading --help` tell the options.
    """
    if not BENCHMARKS.is_dir():
        fail(f"there is no folder {BENCHMARKS}: clone the course's repository")
    path = os.pathsep.join(filter(None, [str(BENCHMARKS.parent), os.environ.get("PYTHONPATH")]))
    words = context.args
    grading = words[:1] == ["grading"]
    module = ["benchmarks.grading", *words[1:]] if grading else ["benchmarks", *words]
    command = [sys.executable, "-m", *module]
    raise typer.Exit(subprocess.call(command, env=os.environ | {"PYTHONPATH": path}))


data_app = typer.Typer(no_args_is_help=True, help="Look after the data sets.")
app.add_typer(data_app, name="data", rich_help_panel="Students")


@data_app.command("list")
def data_list():
    """Show every data set: whether it is here, where, and how large."""
    console.print(data_table())


@data_app.command("fetch")
def data_fetch(
    name: Annotated[str, typer.Argument(help="cifar10 or mnist.")],
    force: Annotated[bool, typer.Option(help="Download again, whatever is there.")] = False,
    directory: Annotated[
        Path | None, typer.Option(help="Keep it here (default: CS_CNN_DATA, or a user cache).")
    ] = None,
    mirror: Annotated[
        str | None, typer.Option(help="Another base URL (default: CS_CNN_MIRROR, or the official).")
    ] = None,
):
    """Download a data set, check it, and say where it is."""
    from cs_cnn import data

    try:
        for path in data.fetch(name, force=force, directory=directory, mirror=mirror):
            console.print(path)
    except (data.DataError, ValueError) as error:
        fail(error)


@data_app.command("about")
def data_about(name: Annotated[str, typer.Argument(help="A data set's name.")]):
    """Say what a data set is: content, licence, citation, source."""
    from cs_cnn import data

    try:
        console.print(data.describe(name), highlight=False)
    except ValueError as error:
        fail(error)


def packages_table():
    """The packages that matter and their versions."""
    table = Table("package", "version", title=f"Python {platform.python_version()}")
    for name in PACKAGES:
        try:
            table.add_row(name, importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            remedy = "pip install -e .[gpu]" if name.startswith("cupy") else "pip install -e ."
            table.add_row(name, f"[yellow]not installed[/] ({remedy.replace('[', chr(92) + '[')})")
    return table


def gpu():
    """What there is to compute on besides the CPU, in words."""
    problem = gpu_problem()
    if problem:
        return escape(f"{problem}; the course runs on your CPU ({os.cpu_count()} cores)")
    import cupy

    return cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()


def data_table():
    """The data sets and where they are."""
    from cs_cnn import data

    table = Table("data set", "here", "where or how", title="Data sets")
    for found in data.status():
        size = f"{found.path} ({found.bytes / 1e6:.1f} MB)" if found.path else ""
        table.add_row(found.name, found.state, " ".join(filter(None, [size, found.detail])))
    return table


def fail(error):
    """Say what is wrong on stderr and leave with status 1."""
    Console(stderr=True).print(f"[red]cs-cnn:[/] {error}", highlight=False, soft_wrap=True)
    raise typer.Exit(1)
