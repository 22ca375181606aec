"""What a test cell holds in place of a student's function, class or object.

Calls, attributes and methods go to the student's process as plain values and come back as plain
values, or as further stand-ins. No operator of the student's is ever asked: two stand-ins are equal
only if they are the same one, and none turns into an array or a truth value.
"""

from types import SimpleNamespace


class StandIn:
    """A student's function, class or object that stays in the student's process.

    `layer = Conv2D(3, 8, 3)`, `layer.forward(x)`, `layer.w` and `layer.w = value` read as ever.
    Values are copies: an array from an attribute is read-only, and changes by assignment.

    Parameters
    ----------
    session : Session
    number : int
        The object's number in the student's process.
    type_name : str
    name : str, optional
        The global name that a test looked up.
    """

    def __init__(self, session, number, type_name, name=None):
        about = SimpleNamespace(number=number, type_name=type_name, name=name)
        about.session, about.start = session, session.starts
        self.__dict__["_stand_in"] = about
        if name:
            self.__dict__.update(__name__=name, __qualname__=name)

    def __call__(self, *args, **kwargs):
        return self._stand_in.session.call(self, args, kwargs)

    def __getattr__(self, name):
        if name.startswith("__"):  # NumPy, copy and others ask for these: never the student's
            raise AttributeError(f"{described(self)} has no {name} for a test")
        return self._stand_in.session.get(self, name)

    def __setattr__(self, name, value):
        self._stand_in.session.set(self, name, value)

    def __instancecheck__(self, other):
        return isinstance(other, StandIn) and self._stand_in.session.is_a(other, self)

    def __bool__(self):
        return bool(self._stand_in.name) or self._refuse()

    def _refuse(self, *ignored):
        raise TypeError(
            f"{described(self)} cannot be carried to a test as a value: return an array, a number, "
            "a string, or a list, tuple or dict of these, or call a method of it"
        )

    __len__ = __iter__ = __getitem__ = __reduce_ex__ = _refuse

    def __copy__(self, *ignored):
        return self

    __deepcopy__ = __copy__

    def __repr__(self):
        return f"<{described(self)}; it runs in a process of its own>"


def described(stand_in):
    about = stand_in._stand_in
    return f"the student's {about.name}" if about.name else f"a {about.type_name} of the student's"
