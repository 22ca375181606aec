"""What a run found: a table and a picture."""

from matplotlib import rc_context
from rich.box import SIMPLE_HEAD
from rich.table import Table

from benchmarks.bars import groups
from benchmarks.contenders import FAST, PLAIN, TORCH, TORCH_LAST
from benchmarks.timing import spread
from cs_cnn.plots.style import BLACK, BLUE, GREEN, ORANGE, STYLE, Picture
from cs_cnn.timing import speedup

COLOURS = {PLAIN: BLACK, FAST: ORANGE, TORCH: BLUE, TORCH_LAST: GREEN}


def record(case, timings, peak, naive, extra):
    """A row as plain numbers, for JSON: seconds, ratios, operations, memory."""
    row = {
        "layer": case.layer,
        "case": str(case),
        "groups": groups(case),
        "seconds": {name: timing.median for name, timing in timings.items()},
        "quartiles": {name: spread(timing) for name, timing in timings.items()},
        "times PyTorch": speedup(timings[TORCH], timings[FAST]),
        "times the faster PyTorch": min(
            speedup(timings[name], timings[FAST]) for name in (TORCH, TORCH_LAST)
        ),
        "extra bytes": extra,
    }
    if PLAIN in timings:
        row["times im2col"] = speedup(timings[PLAIN], timings[FAST])
    if case.operations and peak:
        row["of peak"] = case.operations / timings[FAST].median / peak
    if naive is not None:
        row["naive seconds, scaled"] = naive
    return row


def table(rows, title, caption):
    """All rows as a table of milliseconds and ratios."""
    names = [name for name in COLOURS if any(name in row["seconds"] for row in rows)]
    out = Table(title=title, caption=caption, caption_justify="left", box=SIMPLE_HEAD, padding=0)
    out.add_column("milliseconds (± spread)", no_wrap=True)
    for name in ("naive", *names, "x PyTorch", "x faster", "of peak", "extra MiB"):
        out.add_column(name, justify="right")
    for row in rows:
        naive = row.get("naive seconds, scaled")
        peak = row.get("of peak")
        out.add_row(
            row["case"],
            "" if naive is None else f"{1e3 * naive:,.0f}",
            *(_milliseconds(row, name) for name in names),
            f"[bold]{row['times PyTorch']:.2f}[/]",
            f"{row['times the faster PyTorch']:.2f}",
            "" if peak is None else f"{peak:.0%}",
            f"{row['extra bytes'] / 2**20:.1f}",
        )
    return out


def _milliseconds(row, name):
    if name not in row["seconds"]:
        return ""
    low, high = row["quartiles"][name]
    return f"{1e3 * row['seconds'][name]:.2f}[dim]±{1e3 * (high - low) / 2:.1f}[/]"


def picture(rows, title):
    """Speed relative to PyTorch's default, a dot for each library and case."""
    names = [name for name in COLOURS if any(name in row["seconds"] for row in rows)]
    with rc_context(STYLE):
        figure = Picture(figsize=(7.5, 0.9 + 0.24 * len(rows)), layout="constrained")
        ax = figure.subplots()
        for name in names:
            points = [
                (row["seconds"][TORCH] / row["seconds"][name], y)
                for y, row in enumerate(rows)
                if name in row["seconds"]
            ]
            ax.plot(*zip(*points, strict=True), "o", color=COLOURS[name], label=name)
        ax.set(xscale="log", xlabel="speed, PyTorch on NCHW = 1", title=title)
        ax.set_yticks(range(len(rows)), [row["case"] for row in rows])
        ax.invert_yaxis()
        ax.grid(color="#E6E6E6")
        ax.legend(frameon=False, ncols=len(names), loc="upper left", bbox_to_anchor=(0, -0.12))
    return figure
