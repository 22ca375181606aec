"""The pictures: what is drawn, what shows itself in Jupyter, what bad input is told."""

import base64
import io
import struct
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from cs_cnn import plots

SMALL = np.arange(12.0).reshape(1, 1, 3, 4) - 5


def drawn(figure):
    """The arrays that a picture shows, panel by panel; a picture that can't be drawn raises."""
    figure.savefig(io.BytesIO(), format="png")
    return [np.ma.filled(ax.images[0].get_array(), np.nan) for ax in figure.axes if ax.images]


def texts(ax):
    return [t.get_text() for t in ax.texts]


PICTURES = {
    "images": lambda: plots.images(SMALL),
    "filters": lambda: plots.filters(SMALL),
    "feature_maps": lambda: plots.feature_maps(SMALL),
    "window": lambda: plots.window(SMALL[0, 0], 2),
    "curves": lambda: plots.curves("loss", training=[3, 2, 1], test=[4, 3, 2]),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_shows_itself_as_png_on_white(name):
    data, metadata = DisplayFormatter().format(PICTURES[name]())
    width, height = struct.unpack(">II", data["image/png"][16:24])
    size = metadata["image/png"]
    assert abs(width - 2 * size["width"]) <= 2 and abs(height - 2 * size["height"]) <= 2
    assert PICTURES[name]().get_facecolor() == (1, 1, 1, 1)


def test_pictures_leave_pyplot_alone():
    code = (
        "import sys, numpy; from cs_cnn import plots; "
        "plots.images(numpy.zeros((1, 4, 4)))._repr_png_(); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False"]


def test_images_keep_bytes_and_unit_floats_and_stretch_the_rest():
    grey = np.array([[[0.2, 0.8]]])
    assert np.allclose(drawn(plots.images(grey))[0], grey[0])
    byte = np.array([[[51, 204]]], dtype=np.uint8)
    assert np.allclose(drawn(plots.images(byte))[0], grey[0])
    wide = np.array([[[-2.0, 0.0]], [[2.0, np.nan]]])
    first, second = drawn(plots.images(wide))
    assert np.allclose(first, [[0, 0.5]]) and np.allclose(second, [[1, 0]])


def test_images_in_colour_are_channels_last_with_labels_and_columns():
    x = np.random.default_rng(0).random((5, 3, 4, 6))
    figure = plots.images(x, labels=range(5), columns=3)
    assert np.array_equal(drawn(figure)[4], x[4].transpose(1, 2, 0))
    assert [ax.get_title() for ax in figure.axes] == ["0", "1", "2", "3", "4", ""]
    assert figure.axes[0].get_subplotspec().get_gridspec().ncols == 3


def test_filters_share_one_scale_and_zero_is_neutral():
    w = np.zeros((2, 1, 3, 2))
    w[1, 0, 2, 1] = -4
    figure = plots.filters(w)
    assert {ax.images[0].get_clim() for ax in figure.axes} == {(-4, 4)}
    assert np.array_equal(drawn(figure), w[:, 0])
    middle = figure.axes[0].images[0].cmap(0.5)
    assert min(middle[:3]) > 0.95
    colour = np.zeros((2, 3, 3, 2))
    colour[1, 2, 0, 0] = -4
    first, second = drawn(plots.filters(colour))
    assert np.all(first == 0.5) and np.array_equal(second[0, 0], [0.5, 0.5, 0])


def test_feature_maps_are_signed_or_grey_each_on_its_own_scale():
    maps = np.stack([np.full((5, 5), 2.0), np.full((5, 5), -3.0), np.zeros((5, 5))])
    limits = [ax.images[0].get_clim() for ax in plots.feature_maps(maps).axes]
    assert limits == [(0, 2), (-3, 3), (0, 1)]
    batch = plots.feature_maps(np.stack([maps, maps]), names=["a", "b", "c"])
    assert [ax.get_title() for ax in batch.axes] == ["a", "b", "c", "", "", ""]
    assert np.isnan(drawn(plots.feature_maps(np.full((1, 2, 2), np.nan)))[0]).all()


def panels(svg):
    """What a picture of a difference shows: title, colours (H, W, 4) and outline of each panel."""
    root = ElementTree.fromstring(svg)
    found = []
    for panel in root.iterfind("{*}g"):
        image, outline = panel.find("{*}image"), panel.find("{*}rect")
        png = base64.b64decode(image.get("href").removeprefix("data:image/png;base64,"))
        sizes = [float(outline.get(key)) for key in ("x", "y", "width", "height")]
        found.append((np.asarray(Image.open(io.BytesIO(png))), sizes))
    return root.find("{*}text").text, found


def test_difference_shows_the_worst_place_of_the_worst_image_and_channel():
    want = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    got = want.copy()
    got[1, 2, 3, 0] += 7
    got[0, 0, 0, 0] += 1
    picture = plots.difference(got, want)
    title, ((mine, outline), (right, _), (off, _)) = panels(picture)
    assert title == f"[1, 2, 3, 0]: {got[1, 2, 3, 0]:.4g}, expected {want[1, 2, 3, 0]:.4g}"
    assert mine.shape[:2] == right.shape[:2] == (4, 5)
    assert np.argwhere((mine != right).any(axis=2)).tolist() == [[3, 0]]
    red, white = off[3, 0], off[0, 0]
    assert red[0] > 2 * red[2] and min(white) > 240
    x, y, width, height = outline
    assert x == 0 and np.isclose(y, 3 * height) and np.isclose(width * 5, height * 4 / 0.8)
    data, _ = DisplayFormatter().format(picture)
    assert data["image/svg+xml"] == str(picture)


def test_difference_is_red_above_zero_and_blue_below():
    (_, ((mine, _), (right, _), (off, _))) = panels(plots.difference([2.0, -2.0], [-2.0, 2.0]))
    assert np.array_equal(mine, off) and np.array_equal(mine[0, ::-1], right[0])
    (red, _, _, _), (_, _, blue, _) = mine[0].astype(int)
    assert red > 2 * mine[0, 0, 2] and blue > 2 * mine[0, 1, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("everywhere", [False, True])
def test_difference_survives_what_is_not_a_number(bad, everywhere):
    want = np.ones((2, 3, 4), dtype=np.float32)
    got = want.copy()
    got[(...) if everywhere else (1, 2, 1)] = bad
    grey = tuple(np.array([0x99, 0x99, 0x99, 255]))
    for pair in ((got, want), (want, got)):
        title, shown = panels(plots.difference(*pair))
        places = [np.argwhere((colours == grey).all(axis=2)) for colours, _ in shown]
        assert len(places[2]) == (12 if everywhere else 1) == max(map(len, places[:2]))
        assert everywhere or title.startswith("[1, 2, 1]")


@pytest.mark.parametrize("dtype", [np.int64, bool, np.complex128, np.float32])
@pytest.mark.parametrize("shape", [(3,), (1, 1), (300, 2), (2, 1, 2, 3, 4)])
def test_difference_takes_any_numbers_and_any_shape(dtype, shape):
    _, shown = panels(plots.difference(np.zeros(shape, dtype), np.ones(shape)))
    assert [colours.shape[:2] for colours, _ in shown] == 3 * [((1,) + shape)[-2:]]


def test_window_outlines_the_pixels_behind_an_output():
    x = np.arange(35).reshape(5, 7)
    figure = plots.window(x, (3, 2), stride=(2, 3), padding=(1, 0), i=1, j=1, w=np.ones((3, 2)))
    image, kernel, out = figure.axes
    cells = drawn(figure)[0]
    assert cells.shape == (7, 7) and np.array_equal(
        np.argwhere(cells == 1)[[0, -1]], [[2, 3], [4, 4]]
    )
    assert (cells[[0, -1]] == 2).all()
    assert image.patches[0].get_bbox().bounds == (2.5, 1.5, 2, 3)
    assert out.patches[0].get_bbox().bounds == (0.5, 0.5, 1, 1)
    assert texts(out) == [str(x[1:4, 3:5].sum())]
    assert texts(kernel) == ["1"] * 6
    assert out.get_title() == "output: 3 x 2"


def test_window_with_dilation_marks_the_pixels_that_the_filter_meets():
    cells = drawn(plots.window(np.zeros((5, 6)), 3, dilation=2))[0]
    assert np.array_equal(np.argwhere(cells == 1) % 2, np.zeros((9, 2)))


def test_a_large_window_is_a_picture_without_numbers():
    x = np.random.default_rng(0).random((30, 40))
    figure = plots.window(x, 5, i=3, j=4)
    assert np.array_equal(drawn(figure)[0], x) and not texts(figure.axes[0])


def test_curves_draw_their_numbers_and_name_them():
    ax = plots.curves("loss", training=[3, 2, 1], test=[4, 3, 2]).axes[0]
    assert [list(line.get_ydata()) for line in ax.lines] == [[3, 2, 1], [4, 3, 2]]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["training", "test"]
    assert len({line.get_color() for line in ax.lines}) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.images(np.zeros((2, 4, 5, 5))), r"images: .*\(N, C, H, W\).*\(2, 4, 5, 5\)"),
        (lambda: plots.images(np.zeros((5, 5))), r"images: .*x\[None\]"),
        (lambda: plots.images(np.zeros((0, 3, 3))), r"images: .*\(0, 3, 3\)"),
        (lambda: plots.images(np.zeros((2, 3, 3)), ["one"]), "images: 2 pictures need 2 titles"),
        (lambda: plots.filters(np.zeros((2, 8, 3, 3))), r"filters: .*\(2, 8, 3, 3\).*w\[:, c\]"),
        (lambda: plots.feature_maps(np.zeros((3, 3))), r"feature_maps: .*\(3, 3\)"),
        (lambda: plots.feature_maps(np.zeros((2, 3, 3)), ["a"]), "feature_maps: 2 .* got 1"),
        (lambda: plots.difference(np.zeros(3), np.zeros(4)), r"difference: .*\(3,\).*\(4,\)"),
        (lambda: plots.difference(np.zeros(()), np.zeros(())), r"difference: .*one dimension"),
        (lambda: plots.window(SMALL, 2), "window: x must have 2 dimensions, got 4"),
        (lambda: plots.window(SMALL[0, 0], 5), "window: the kernel doesn't fit"),
        (lambda: plots.window(SMALL[0, 0], 2, i=2), r"window: no output pixel \(2, 0\).*\(2, 3\)"),
        (lambda: plots.window(SMALL[0, 0], 2, w=[1]), r"window: w must have shape \(2, 2\)"),
    ],
)
def test_bad_input_is_told_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_pictures_draw_every_run_and_leave_gaps_for_what_is_not_finite():
    figure = plots.bands(
        "loss", "step", x=[1, 10], batch_norm=[[1, 2], [3, 4]], plain=[[1, np.inf]]
    )
    figure.savefig(io.BytesIO())
    (ax,) = figure.axes
    assert ax.lines[0].get_ydata().tolist() == [2, 3]
    assert np.isnan(ax.lines[1].get_ydata()).tolist() == [False, True]
    assert [t.get_text() for t in ax.get_legend().texts] == ["batch norm", "plain"]
    figure = plots.histograms({"a": [np.zeros(4), np.array([0, 9, -9, 0])], "b": [np.ones(3)] * 2})
    figure.savefig(io.BytesIO())
    heights = [[bar.get_height() for bar in ax.patches] for ax in figure.axes]
    assert len(heights) == 4 and all(np.isclose(sum(h), 1) for h in heights)
    assert heights[1][0] == heights[1][-1] == 0.25


def test_circles_have_the_areas_and_names_that_they_are_given():
    figure = plots.circles("ms", "%", small=(1, 50, 1), large=(10, 60, 4))
    figure.savefig(io.BytesIO())
    (ax,) = figure.axes
    assert [c.get_sizes()[0] for c in ax.collections[::2]] == [750, 3000]
    assert texts(ax) == ["small", "large"] and ax.get_xscale() == "log"


def test_bars_stand_side_by_side_with_their_errors():
    ours, theirs = ([0.5, 0.9], [0.1, 0.0]), ([0.2, 0.4], [0.0, 0.2])
    figure = plots.bars(
        "accuracy", ["few", "many"], chance=[0.1, 0.25], our_way=ours, theirs=theirs
    )
    (ax,) = figure.axes
    assert [bar.get_height() for bar in ax.patches] == [0.5, 0.9, 0.2, 0.4]
    assert len({bar.get_x() for bar in ax.patches}) == 4
    texts = {text.get_text() for text in ax.get_legend().get_texts()}
    assert texts == {"guessing", "our way", "theirs"}
    errors = [c for c in ax.collections if c.get_label() != "guessing"]
    spans = [np.ptp(line[:, 1]) for c in errors for line in c.get_segments()]
    np.testing.assert_allclose(spans, [0.2, 0.0, 0.0, 0.4])
