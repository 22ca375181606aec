"""Automatic mutants of the answers: how many the checks catch, and which ones survive.

    python -m benchmarks.mutants                     # the four of the convolution notebook
    python -m benchmarks.mutants conv_parameters     # or others

A mutant is the reference with one small change in the lines that students write. It is killed by
the first case, visible or hidden, that it gets wrong. A survivor either does the same as the
reference, and is listed in `EQUIVALENT` once a person has looked, or shows a gap in the check.
"""

import ast
import copy
import inspect
import textwrap
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from cs_cnn import checks

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
EQUIVALENT = {  # line: why it does the same
    f"x_pad = np.pad(x, ({pads}, (top, bottom), (left, right)))": "what it adds is never read"
    for pads in ("(0, 1), (0, 0)", "(0, 0), (0, 1)")
} | {
    line: "a sum and a maximum don't depend on the order of the axes"
    for line in (
        "db = dout.sum(axis=(2, 0, 3))",
        "db = dout.sum(axis=(0, 3, 2))",
        "out[:, :, i, j] = x_pad[:, :, rows, cols].max(axis=(3, 2))",
    )
}
CONVOLUTION = ["conv2d_forward", "conv2d_backward", "max_pool2d_forward", "max_pool2d_backward"]
OPERATORS = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.FloorDiv),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult, ast.Div),
    ast.Mod: (ast.FloorDiv,),
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt,),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt,),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}


def main(
    names: Annotated[list[str], typer.Argument(help="Exercises.")] = CONVOLUTION,
    seed: Annotated[str, typer.Option(help="Of the hidden cases.")] = "mutants",
):
    """Count the mutants of each reference that its check catches, and print the survivors."""
    console, killed, total = Console(), 0, 0
    for name in names:
        exercise = checks.EXERCISES[name]
        made = list(mutants(exercise.reference))
        alive = [
            m
            for m in track(made, name, console=console, transient=True)
            if survives(exercise, m, seed)
        ]
        gaps = [source for source in alive if not equivalent(source)]
        same = len(alive) - len(gaps)
        total, killed = total + len(made) - same, killed + len(made) - len(alive)
        console.print(f"{name}: {len(made) - len(alive)} of {len(made)} killed, {same} equivalent")
        for source in gaps:
            console.print(difference(exercise.reference, source), markup=False, highlight=False)
    console.print(f"{killed} of {total} mutants that differ killed: {100 * killed / total:.1f} %")


def mutants(function):
    """The sources of all mutants of a function; the lines that are given to students stay."""
    tree, lines = parsed(function), written(function)
    for place, node in enumerate(ast.walk(tree)):
        for number in range(len(list(changes(node, lines)))):
            other = copy.deepcopy(tree)
            node = list(ast.walk(other))[place]
            list(changes(node, lines))[number]()
            source = ast.unparse(ast.fix_missing_locations(other))
            if source != ast.unparse(tree):  # (0, 0) turned round is the same
                yield source


def parsed(function):
    """The syntax tree of a function without its docstring, and without defaults to mutate."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    if ast.get_docstring(tree.body[0]) is not None:
        del tree.body[0].body[0]
    return tree


def written(function):
    """The numbers of the lines that students write: the solution region, or all of them."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    marks = [n for n, line in enumerate(lines, 1) if line.strip() in (BEGIN, END)]
    return range(marks[0], marks[-1]) if marks else range(1, len(lines) + 1)


def changes(node, lines):
    """What can be changed in one node, within these lines: functions that do it in place."""
    if getattr(node, "lineno", 0) in lines:
        yield from changes_of_expression(node)
    if isinstance(node, ast.FunctionDef | ast.For | ast.If):
        for number, statement in enumerate(node.body):
            if statement.lineno in lines and not isinstance(statement, ast.Return):
                yield lambda n=number: node.body.__setitem__(n, ast.Pass())


def changes_of_expression(node):
    """Other operators, numbers and signs, neighbours that change places."""
    if isinstance(node, ast.BinOp | ast.AugAssign | ast.BoolOp):
        yield from (lambda k=k: setattr(node, "op", k()) for k in OPERATORS.get(type(node.op), ()))
    if isinstance(node, ast.AugAssign):
        yield lambda: as_assignment(node)
    if isinstance(node, ast.Compare):
        for kind in OPERATORS.get(type(node.ops[0]), ()):
            yield lambda kind=kind: node.ops.__setitem__(0, kind())
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield from (lambda d=d: setattr(node, "value", node.value + d) for d in (1, -1))
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda: setattr(node, "value", not node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield lambda: setattr(node, "op", ast.UAdd())
    if isinstance(node, ast.Tuple | ast.List | ast.Call):
        items = node.args if isinstance(node, ast.Call) else node.elts
        for first in range(len(items) - 1):
            yield lambda i=first: items.__setitem__(slice(i, i + 2), items[i : i + 2][::-1])


def as_assignment(node):
    """Turn ``a += b`` into ``a = b``, in place."""
    target = copy.deepcopy(node.target)
    value = node.value
    node.__class__ = ast.Assign
    node.targets, node.value, node.type_comment = [target], value, None


def survives(exercise, source, seed):
    """Whether a mutant gets every case right."""
    namespace = dict(exercise.reference.__globals__)
    exec(compile(source, "<mutant>", "exec"), namespace)
    with checks.judging(seed), np.errstate(all="ignore"):
        for case in exercise.all_cases():
            if exercise.attempt(namespace[exercise.name], case).problems:
                return False
    return True


def equivalent(source):
    """Whether a person has found that a survivor does what the reference does."""
    return any(line.strip() in EQUIVALENT for line in source.splitlines())


def difference(function, source):
    """The lines of a mutant that the reference does not have."""
    lines = ast.unparse(parsed(function)).splitlines()
    found = [line for line in source.splitlines() if line not in lines]
    gone = [line for line in lines if line not in source.splitlines()]
    return "\n".join(
        [*(f"  - {line.strip()}" for line in gone), *(f"  + {x.strip()}" for x in found)]
    )


if __name__ == "__main__":
    typer.run(main)
