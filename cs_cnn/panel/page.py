"""Everything about a training as one page: curves, every layer in pictures, predictions.

The page is HTML, made in milliseconds without any widget, and text for where HTML doesn't show.
"""

import base64
from html import escape

import numpy as np

from cs_cnn.plots import tiles

PIECES = 60  # a curve has at most so many points
MAPS = 16  # and a layer so many pictures
ROWS, COLS = 16, 64  # of a matrix, so many are shown
WIDTH = 170  # pixels on the screen, of all the pictures of one array
GUESSES = 6
COLUMNS = ("layer", "activations", "activation gradients", "weights", "weight gradients")

STYLE = """
.cs-page { font: 13px/1.4 system-ui, sans-serif; overflow-x: auto; }
.cs-page table { border-collapse: collapse; margin: 4px 0; table-layout: fixed; width: 820px; }
.cs-page tr { background: none !important; }
.cs-page td, .cs-page th { padding: 2px 6px 2px 0 !important; text-align: left !important;
  vertical-align: top !important; white-space: nowrap; font-size: 12px; line-height: 1.3; }
.cs-page .cs-numbers td:nth-child(n+6) { width: 148px; }
.cs-page .cs-layers th:first-child { width: 96px; }
.cs-page svg { display: block; border: solid #999; border-width: 0 0 1px 1px; }
.cs-page polyline { fill: none; stroke-width: 2; stroke-linecap: round; }
.cs-page img { image-rendering: pixelated; display: block; margin: 0; }
.cs-page small { color: var(--jp-ui-font-color2, #666); }
.cs-page .cs-row { display: flex; gap: 20px; margin: 2px 0 6px; }
.cs-page .cs-guess { width: 96px; }
.cs-page .cs-bar { height: 13px; margin-top: 2px; padding-left: 4px; color: #222;
  font-size: 10px; line-height: 13px; overflow: hidden; white-space: nowrap; }
"""


class Page:
    """What a training looks like at one moment.

    Parameters
    ----------
    trainer : Trainer
    rng : numpy Generator, optional
        Draws the test images; by default they are the first ones.
    """

    def __init__(self, trainer, rng=None):
        with trainer.lock, np.errstate(all="ignore"):  # a training may have exploded
            self.numbers = statistics(trainer)
            self.html = "".join(
                (
                    f'<style>{STYLE}</style><div class="cs-page">',
                    _table(self.numbers),
                    _curves(trainer),
                    _guesses(trainer, rng),
                    _layers(trainer),
                    "</div>",
                )
            )

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return "\n".join(f"{name:<32}{value}" for name, value in self.numbers.items())


def statistics(trainer):
    """The numbers of a training in words, by name."""
    recent = slice(-max(1, 500 // trainer.settings["batch_size"]), None)

    def mean(values, form):
        return format(np.mean(values[recent]), form) if values else "-"

    return {
        "examples seen": f"{trainer.examples:,}",
        "classification loss": mean(trainer.losses, ".4f"),
        "L2 loss": mean(trainer.l2_losses, ".4f"),
        "training accuracy": mean(trainer.hits, ".1%"),
        "validation accuracy": f"{trainer.validation[-1][1]:.1%}" if trainer.validation else "-",
        "forward time per example": f"{trainer.forward_ms:.3f} ms" if trainer.at else "-",
        "backward time per example": f"{trainer.backward_ms:.3f} ms" if trainer.at else "-",
    }


def _table(numbers):
    cells = "".join(f"<td><small>{k}</small><br><b>{v}</b></td>" for k, v in numbers.items())
    return f'<table class="cs-numbers"><tr>{cells}</tr></table>'


def _curves(trainer):
    """The loss, and the training and validation accuracy, over examples."""
    x = np.array(trainer.at)
    total = np.add(trainer.losses, trainer.l2_losses)
    loss = svg("loss", {"loss": (x, total)}, top=max(total[len(total) // 20 :], default=1))
    lines = {"training": (x, np.array(trainer.hits))}
    if trainer.validation:
        lines["validation"] = tuple(np.array(trainer.validation).T)
    return _row([loss, svg("accuracy", lines, top=1)])


def svg(title, lines, top, width=360, height=130):
    """Lines {name: (x, y)} from 0 to `top` as an SVG; each point is the mean of a piece of them."""
    colours = ("#D55E00", "#0072B2")
    right = max((x[-1] for x, _ in lines.values() if len(x)), default=1)
    shapes = []
    for (x, y), colour in zip(lines.values(), colours, strict=False):
        pieces = np.array_split(np.arange(len(x)), min(PIECES, max(len(x), 1)))
        points = [
            f"{width * x[p].mean() / right:.1f},{height * (1 - min(y[p].mean() / top, 1)):.1f}"
            for p in pieces
            if len(p)
        ]
        points = " ".join(points if len(points) > 1 else 2 * points)  # one point is a dot
        shapes.append(f'<polyline points="{points}" stroke="{colour}"/>')
    names = " ".join(
        f'<span style="color:{c}">{n}</span>' for n, c in zip(lines, colours, strict=False)
    )
    return (
        f"<div><small><b>{title}</b>, 0 to {top:.2g}, over {right:,.0f} examples: {names}</small>"
        f'<svg width="{width}" height="{height}" viewBox="0 -2 {width} {height + 4}">'
        f"{''.join(shapes)}</svg></div>"
    )


def _guesses(trainer, rng):
    """Some test images with the three likeliest classes of each; green is right."""
    data, n = trainer.data, min(GUESSES, len(trainer.data.x_test))
    chosen = np.arange(n) if rng is None else rng.choice(len(data.x_test), n, replace=False)
    scores = trainer.network.predict(data.x_test[chosen])
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    odds /= odds.sum(axis=1, keepdims=True)
    cells = []
    for k, row in zip(chosen, odds, strict=True):
        bars = "".join(
            _bar(data.class_names[c], row[c], "#2BB58A" if c == data.y_test[k] else "#F0894A")
            for c in np.argsort(-row)[:3]
        )
        cells.append(f'<div class="cs-guess">{_image(data.x_test[k])}{bars}</div>')
    return f"<small><b>test images</b>, the likeliest classes</small>{_row(cells)}"


def _bar(name, share, colour):
    """A name on a bar that is as long as its share of the whole."""
    ground = f"linear-gradient(90deg, {colour} {share:.0%}, #e6e6e6 {share:.0%})"
    return f'<div class="cs-bar" style="background:{ground}">{escape(name)}</div>'


def _layers(trainer):
    """One row of pictures per layer: what it puts out and its parameters, with their gradients."""
    seen = trainer.seen
    if not seen:
        return ""
    rows = [f"<td>input</td><td>{_image(seen['image'])}{_range(seen['image'])}</td>"]
    for k, layer in enumerate(trainer.network.layers):
        values = [seen["outputs"][k], seen["douts"][k]]
        if "w" in layer.params:
            values += [layer.params["w"], seen["grads"][f"{k}.w"]]
        pictures = "".join(f"<td>{_maps(v)}</td>" for v in values)
        rows.append(f"<td>{k}: {escape(type(layer).__name__)}</td>{pictures}")
    head = "".join(f"<th>{column}</th>" for column in COLUMNS)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        "<small><b>the latest training image</b>, layer by layer; of large arrays, a part</small>"
        f'<table class="cs-layers"><tr>{head}</tr>{body}</table>'
    )


def _maps(values):
    """An array of any shape as small pictures, with its shape, smallest and largest number."""
    values = np.asarray(values)
    if values.ndim == 4 and values.shape[1] == 3:
        maps = 0.5 + values[:MAPS] / (2 * np.abs(values).max() or 1)  # in colour, zero is grey
    elif values.ndim > 2:
        maps = values.reshape(-1, *values.shape[-2:])[:MAPS]
    else:
        maps = np.atleast_2d(values)[None, :ROWS, :COLS]
    columns = 8 if 2 * 8 * maps.shape[-1] <= WIDTH else 4
    png, (width, height) = tiles(maps, columns)
    scale = max(1, min(6, WIDTH // width))
    return _img(png, scale * width, max(scale * height, 12)) + _range(values)


def _image(image):
    """One image of 1 or 3 channels, stretched from black to white."""
    low, high = image.min(), image.max()
    unit = (image - low) / ((high - low) or 1)
    png, (width, height) = tiles(unit[None] if len(unit) == 3 else unit[:1])
    scale = max(1, round(60 / width))
    return _img(png, scale * width, scale * height)


def _img(png, width, height):
    data = base64.b64encode(png).decode("ascii")
    size = f'style="width:{width}px;height:{height}px"'
    return f'<img {size} decoding="sync" src="data:image/png;base64,{data}">'


def _range(values):
    shape = " x ".join(map(str, values.shape))
    return f"<small>{shape}<br>{values.min():.3g} to {values.max():.3g}</small>"


def _row(cells):
    return f'<div class="cs-row">{"".join(cells)}</div>'
