"""The pictures of the plane and of graphs show what they were given."""

import numpy as np

from cs_cnn import plots
from cs_cnn.graph import Node


def _texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_regions_show_the_winner_at_every_point_and_every_example():
    x, y = np.array([[-1.0, 0.0], [1.0, 1.0], [1.0, -1.0]]), np.array([0, 1, 2])

    def scores(points):
        return np.stack([-points[:, 0], points[:, 1], -points[:, 1]], axis=1)

    figure = plots.regions((x, y), by_scores=scores, by_class=lambda p: scores(p).argmax(axis=1))
    pictures = [np.asarray(ax.images[0].get_array()) for ax in figure.axes]
    np.testing.assert_array_equal(*pictures)
    assert (pictures[0][100, 0], pictures[0][-1, -1], pictures[0][0, -1]) == (0, 1, 2)
    np.testing.assert_array_equal(figure.axes[0].collections[0].get_offsets(), x)
    assert [ax.get_title() for ax in figure.axes] == ["by scores", "by class"]


def test_regions_take_other_examples_for_each_panel():
    x, y = np.zeros((1, 2)), np.array([1])
    figure = plots.regions([(x, y), (x + 5, y)], a=lambda p: p, b=lambda p: p)
    centres = [ax.collections[0].get_offsets()[0] for ax in figure.axes]
    np.testing.assert_array_equal(centres, [[0, 0], [5, 5]])


def test_hyperplanes_are_where_the_score_is_0():
    x, y = np.array([[-1.0, 0.0], [1.0, 1.0]]), np.array([0, 1])
    w, b = np.array([[-1.0, 0.5], [2.0, 1.0]]), np.array([0.25, -1.0])
    lines = plots.hyperplanes(x, y, w, b).axes[0].lines
    for line, row, bias in zip(lines, w, b, strict=True):
        np.testing.assert_allclose(line.get_xydata() @ row + bias, 0, atol=1e-9)


def test_paths_begin_with_a_ring_and_end_with_a_dot():
    walk = np.array([[1.0, 1.0], [0.5, 0.2], [0.0, 0.0]])
    figure = plots.paths(lambda a, b: a**2 + b**2, (-2, 2), (-2, 2), one=walk, two=walk, three=walk)
    lines = figure.axes[1].lines
    np.testing.assert_array_equal(lines[0].get_xydata(), walk)
    np.testing.assert_array_equal([line.get_xydata()[0] for line in lines[1:]], walk[[0, -1]])


def test_a_graph_shows_values_gradients_and_constants():
    x, y = Node(3, "x"), Node(-4, "y")
    f = 2 * (x * y + x)
    f.backward()
    figure = plots.graph(f)
    assert {"x", "y", "×", "× 2", "+", "-12", "-9", "-18", "-6", "6"} <= set(_texts(figure))
    arrows = [t for t in figure.axes[0].texts if hasattr(t, "arrow_patch")]
    assert len(arrows) == 5  # x is used twice; the constant 2 is no node of its own
    assert len(_texts(figure)) - len(arrows) == 3 * 5


def test_a_graph_of_arrays_shows_shapes_and_puts_no_node_on_another():
    W, X = Node(np.ones((3, 4)), "W"), Node(np.ones((5, 4)), "X")
    loss = (X @ W.T).sum() + (W**2).sum()
    loss.backward()
    figure = plots.graph(loss)
    assert _texts(figure).count("3 x 4") == 4 and _texts(figure).count("5 x 3") == 2
    names = {"W", "X", "T", "@", "^2"}
    boxes = [t.get_position() for t in figure.axes[0].texts if t.get_text() in names]
    assert len(set(boxes)) == len(boxes) == 5
