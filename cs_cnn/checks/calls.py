"""How a student's function is called: what a forward and a backward take and give back."""


class WrongForm(Exception):
    """A student's function returned something of another form than the exercise asks for."""


def call_forward(function, arrays, options, forward):
    """Call a forward and give its output by name."""
    return {"out": first_of_two(function, function(*arrays.values(), **options))}


def cache_of(forward, reference, *args, **options):
    """The cache of the student's forward if it gives one, else of the reference."""
    if forward is not None:
        try:
            _, cache = forward(*args, **options)
            return cache
        except Exception:  # a forward that fails loses its own points, not the backward's
            pass
    return reference(*args, **options)[1]


def tried_once(forward):
    """The student's forward, but one that hung or died is not waited for a second time."""
    stopped = []

    def call(*args, **options):
        if stopped:
            raise stopped[0]
        try:
            return forward(*args, **options)
        except (TimeoutError, ConnectionError) as error:
            stopped.append(error)
            raise

    return forward and call


def by_name(function, result, names):
    """The outputs of a backward that returns a tuple, by name."""
    if not isinstance(result, tuple | list) or len(result) != len(names):
        name = getattr(function, "__name__", "the function")
        raise WrongForm(f"{name} must return ({', '.join(names)}), got {type(result).__name__}")
    return dict(zip(names, result, strict=True))


def first_of_two(function, result):
    """The output of a forward that returns (out, cache), as it should."""
    if not isinstance(result, tuple | list) or len(result) != 2:
        name = getattr(function, "__name__", "the function")
        raise WrongForm(f"{name} must return (out, cache), got {type(result).__name__}")
    return result[0]
