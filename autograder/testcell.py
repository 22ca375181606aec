"""Executes the source of a test cell here, where the student's names in it are stand-ins.

The cell reads the student's names as it begins. It acts on the student's process where it deletes
one, puts it back or gives it another object of the student's, as in

    original = squares
    del squares
    ...  # does sum_of_squares miss it?
    squares = original

A value of the test's own never goes there under a name: it could be what the test expects. As in
nbgrader, what a cell leaves behind stays, deleted names too, and the test cells that follow see it.
"""

import ast
import builtins
import symtable
from types import FunctionType

from .rooms import python
from .sandbox.standin import StandIn


class Names(dict):
    """The global names of one test cell while it runs.

    Parameters
    ----------
    source : str
        The cell.
    session : Session
    imported : dict
        What the instructor's import cells bind; nobody's names hide these.
    earlier : dict
        What earlier test cells left behind. What they define by def and class hides a student's;
        other values do not, as a student's cell may have bound the name since.

    Attributes
    ----------
    left : dict
        What this cell leaves behind.
    """

    def __init__(self, source, session, imported, earlier):
        self.session, self.students, self.refused = session, {}, {}
        self.deleted, self.left = set(), {}
        own = {name: value for name, value in earlier.items() if is_definition(name, value)}
        for name in sorted(free_names(python(source)) - {*imported, *own, *dir(builtins)}):
            try:
                self.students[name] = session.look(name)
            except NameError:
                continue
            except ValueError as error:  # too large to carry; perhaps nobody reads it
                self.refused[name] = error
        super().__init__(earlier | self.students | own | imported)

    def __missing__(self, name):
        raise self.refused.get(name) or KeyError(name)

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        put_back = name in self.deleted and value is self.students[name]
        if put_back or (name in self.students and isinstance(value, StandIn)):
            self.session.bind(name, value)
        else:
            self.left[name] = value

    def __delitem__(self, name):
        value = self.pop(name)
        self.left.pop(name, None)
        if name in self.students and value is self.students[name]:
            self.session.unbind(name)
            self.deleted.add(name)


def is_definition(name, value):
    """Tell what a test cell made by def or class under this name from any other value."""
    made_here = isinstance(value, FunctionType | type) and value.__module__ == "__main__"
    return made_here and value.__name__ == name


def evaluate(source, names):
    """Execute a test cell; give the value of its last line if that is an expression."""
    tree = ast.parse(python(source))
    last = tree.body.pop().value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<test>", "exec"), names)
    if last is None:
        return None
    return eval(compile(ast.Expression(last), "<test>", "eval"), names)


def free_names(source):
    """List the global names that a piece of code reads or binds, those that it imports excepted."""
    top = symtable.symtable(source, "<test>", "exec")
    tables, names = [top], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table is top or (symbol.is_referenced() and symbol.is_global()):
                names.add(symbol.get_name())
    return names - {s.get_name() for s in top.get_symbols() if s.is_imported()}


def bound_in(sources):
    """The global names that these pieces of code assign, define or import."""
    tops = [symtable.symtable(python(source), "<cell>", "exec") for source in sources]
    symbols = [symbol for top in tops for symbol in top.get_symbols()]
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
