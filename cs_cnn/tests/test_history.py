"""The machines of notebook 01: each does what it was famous for, or fails as it did."""

import io
import subprocess
import sys

import numpy as np
import pytest

from cs_cnn.data import load_digits
from cs_cnn.gradient_check import check_gradient
from cs_cnn.history import (
    adaline,
    boltzmann,
    cortex,
    lenet,
    letters,
    neocognitron,
    perceptron,
    pictures,
    speech,
)

CORNERS = np.array([[1.0, -1, -1], [1, -1, 1], [1, 1, -1], [1, 1, 1]])
XOR = np.array([-1, 1, 1, -1])


def rng(seed=0):
    return np.random.default_rng(seed)


def test_letters_are_in_the_middle_and_stay_whole_when_they_move():
    for face in range(len(letters.FACES)):
        for character in "ABCDEFGH":
            one = letters.letter(character, face)
            assert one.shape == (20, 20) and 20 < one.sum() < 150
            assert letters.moved(one, 3, -3).sum() == one.sum()
    x, y = letters.letters("XO", 5, rng(), shift=2, noise=0.1)
    again, _ = letters.letters("XO", 5, rng(), shift=2, noise=0.1)
    assert x.shape == (10, 20, 20) and sorted(y) == [0] * 5 + [1] * 5
    assert np.array_equal(x, again) and set(np.unique(x)) == {0.0, 1.0}
    with pytest.raises(ValueError, match="letters: shift=9 must lie in 0..3"):
        letters.letters("A", 1, rng(), shift=9)


def test_moving_there_and_back_loses_only_what_left_the_picture():
    x = rng().random((2, 5, 7))
    back = letters.moved(letters.moved(x, 2, -3), -2, 3)
    assert np.array_equal(back[:, :3, 3:], x[:, :3, 3:]) and not back[:, 3:].any()


@pytest.mark.parametrize(("task", "learned"), [("and", True), ("or", True), ("xor", False)])
def test_the_perceptron_learns_what_a_line_separates(task, learned):
    d = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}[task]
    w, counts = np.zeros(3), []
    for _ in range(50):
        w, count = perceptron.perceptron_epoch(w, CORNERS, np.array(d))
        counts.append(count)
    assert (counts[-1] == 0) == learned


def test_lms_comes_close_to_the_least_squares_solution():
    x = np.column_stack([np.ones(400), rng().normal(size=(400, 2))])
    d = np.sign(x @ [0.3, 1, -2])
    best = np.linalg.lstsq(x, d)[0]
    w = np.zeros(3)
    for _ in range(30):
        w, errors = adaline.lms_epoch(w, x, d, rate=0.002)
    assert np.abs(w - best).max() < 0.03
    assert np.mean(errors**2) < 1.02 * np.mean((d - x @ best) ** 2)


@pytest.mark.parametrize("seed", range(10))
def test_a_madaline_learns_xor(seed):
    w, count = rng(seed).normal(scale=0.5, size=(2, 3)), 4
    for _ in range(10):
        w, count = adaline.madaline_epoch(w, CORNERS, XOR, rate=0.5)
    assert count == 0 and np.array_equal(adaline.madaline(w, CORNERS), XOR)


@pytest.mark.parametrize("rule", [perceptron.perceptron_epoch, adaline.lms_epoch])
def test_a_neuron_names_shapes_that_do_not_fit(rule):
    with pytest.raises(ValueError, match=rf"{rule.__name__}: .*x.shape=\(2, 20, 20\)"):
        rule(np.zeros(400), np.zeros((2, 20, 20)), np.zeros(2))


def test_a_machine_names_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"cd1_step: .*b.shape=\(3,\)"):
        boltzmann.cd1_step(
            np.zeros((2, 4)), np.zeros((3, 4)), np.zeros(3), np.zeros(3), np.zeros((2, 3))
        )


def test_the_gradient_through_an_unrolled_stack_is_the_measured_one():
    x = rng().random((4, 5))
    layers = boltzmann.unroll(boltzmann.pretrain(x, (4, 2), 1, rng()))
    assert [w.shape for w, _ in layers] == [(4, 5), (2, 4), (4, 2), (5, 4)]
    _, gradients = boltzmann.error_and_gradients(layers, x)
    for k, (w, b) in enumerate(layers):

        def error(w, k=k, b=b):
            return boltzmann.reconstruction_error([*layers[:k], (w, b), *layers[k + 1 :]], x)

        check_gradient(error, w, gradients[k][0])
        check_gradient(lambda b, k=k, w=w: error(w, k, b), b, gradients[k][1])


def test_pre_training_and_fine_tuning_reconstruct_better_each():
    digits = load_digits(n_train=300)
    v = digits.x_train.reshape(300, 64).astype(np.float64)
    stacks = [boltzmann.unroll(boltzmann.pretrain(v, (20, 6), n, rng())) for n in (0, 20)]
    before, pretrained = (boltzmann.reconstruction_error(stack, v) for stack in stacks)
    tuned, errors = boltzmann.fine_tune(stacks[1], v, iterations=5)
    assert errors[0] == pretrained and errors[-1] < errors[0]
    assert boltzmann.reconstruction_error(tuned, v) < pretrained < 0.5 * before


def test_a_simple_cell_wants_its_angle_in_its_place():
    answers = {a: cortex.simple_cell(cortex.bar(a), 30) for a in range(-60, 121, 15)}
    assert max(answers, key=answers.get) == 30 and answers[120] < 0.1 * answers[30]
    assert cortex.simple_cell(cortex.bar(30, shift=3), 30) == 0.0
    assert abs(cortex.receptive_field(20, 0.1).sum()) < 1e-9


def test_a_complex_cell_wants_movement_one_way_wherever_the_bar_is():
    right, left, still = (cortex.complex_cell(cortex.moving_bar(0, k)) for k in (1, -1, 0))
    assert left < 0.2 * right and still < 1e-9
    later = np.array([cortex.bar(0, shift=k - 1) for k in range(8)])
    assert cortex.complex_cell(later) > 0.6 * right
    assert cortex.complex_cell(cortex.moving_bar(90)) < 0.1 * right


def test_a_hypercomplex_cell_wants_an_end():
    short, long = (cortex.hypercomplex_cell(cortex.moving_bar(0, 1, n)) for n in (13, 41))
    assert long < 0.1 * short
    assert cortex.complex_cell(cortex.moving_bar(0)) > 0.9 * short


def test_on_the_cortex_a_circle_is_a_line():
    y, x = np.mgrid[-1:1:101j, -1:1:101j]
    mapped = cortex.cortical_map(np.hypot(x, y)[None], (40, 50))
    assert mapped.shape == (1, 40, 50)
    assert np.ptp(mapped[0], axis=0).max() < 0.02 < np.diff(mapped[0].mean(axis=0))[-1]


def test_s_cells_give_the_cosine_and_c_cells_the_maximum():
    x, patterns = rng().random((2, 3, 6, 7)), rng(1).random((4, 3, 3, 3))
    s = neocognitron.s_layer(x, patterns, 0.5)
    window, pattern = x[1, :, 2:5, 3:6].ravel(), patterns[2].ravel()
    cosine = window @ pattern / np.linalg.norm(window) / np.linalg.norm(pattern)
    assert s.shape == (2, 4, 4, 5) and np.isclose(s[1, 2, 2, 3], (cosine - 0.5) / 0.5)
    c = neocognitron.c_layer(s, 2, 3)
    assert c.shape == (2, 4, 1, 2) and c[0, 1, 0, 1] == s[0, 1, :2, 3:].max()
    assert not neocognitron.s_layer(np.zeros_like(x), patterns, 0).any()


def test_patterns_are_learned_without_a_teacher_and_found_after_a_shift():
    x, _ = letters.letters("ABC", 2, rng(), letters.FACES[:2])
    patterns = neocognitron.learn_patterns(x[:, None], 3, 0.8, most=6)
    assert patterns.shape == (6, 1, 3, 3)
    assert np.allclose(np.square(patterns).sum(axis=(1, 2, 3)), 1)

    def seen(x):
        s = neocognitron.s_layer(x[:, None], patterns, 0.7)
        return neocognitron.c_layer(s, 18)

    assert seen(x).any() and np.allclose(seen(x), seen(letters.moved(x, 1, -2)))


def test_lenet_has_the_papers_sizes_and_counts():
    outs = lenet.forward(lenet.new_lenet(rng()), np.zeros((2, 1, 32, 32)))
    assert [out.shape[1:] for out in outs.values()] == [
        *((1, 32, 32), (6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)),
        *((120,), (84,), (10,)),
    ]
    counts = lenet.parameter_counts()
    assert counts == dict(C1=156, S2=12, C3=1516, S4=32, C5=48120, F6=10164, output=850)
    table = lenet.connections()
    assert table.sum(axis=1).tolist() == [3] * 6 + [4] * 9 + [6] and table.sum() == 60
    assert (table.sum(axis=0) == 10).all() and len({tuple(row) for row in table}) == 16
    with pytest.raises(ValueError, match=r"must be \(N, 1, 32, 32\), got \(2, 1, 28, 28\)"):
        lenet.forward({}, np.zeros((2, 1, 28, 28)))


def test_lenet_agrees_with_pytorch():
    torch = pytest.importorskip("torch")
    unit = torch.nn.functional
    params, x = lenet.new_lenet(rng()), rng(1).normal(size=(3, 1, 32, 32)).astype(np.float32)
    tensors = {n: [torch.tensor(a, requires_grad=True) for a in p] for n, p in params.items()}

    def squash(s):
        return 1.7159 * torch.tanh(2 / 3 * s)

    def subsample(x, w, b):
        return 4 * unit.avg_pool2d(x, 2) * w[:, None, None] + b[:, None, None]

    out = squash(unit.conv2d(torch.tensor(x), *tensors["C1"]))
    out = squash(subsample(out, *tensors["S2"]))
    out = squash(unit.conv2d(out, *tensors["C3"]))
    out = squash(subsample(out, *tensors["S4"])).flatten(1)
    for name in ("C5", "F6"):
        out = squash(unit.linear(out, *tensors[name]))
    out = unit.linear(out, *tensors["output"])
    outs, dscores = lenet.forward(params, x), rng(2).normal(size=(3, 10)).astype(np.float32)
    assert np.allclose(outs["output"], out.detach().numpy(), atol=1e-5)
    out.backward(torch.tensor(dscores))
    for name, pair in lenet.backward(params, outs, dscores).items():
        for got, want in zip(pair, tensors[name], strict=True):
            want = want.grad.numpy().copy()
            if name == "C3" and want.ndim == 4:
                want[lenet.connections() == 0] = 0
            assert np.allclose(got, want, atol=1e-4 * np.abs(want).max()), name


def test_lenet_learns_and_keeps_its_wiring():
    x, y = rng().normal(size=(20, 1, 32, 32)), np.arange(20) % 10
    params = lenet.new_lenet(rng())
    losses = lenet.train(params, x, y, epochs=6, rng=rng(), rate=0.01, batch=10)
    assert len(losses) == 12 and losses[-1] < 0.5 * losses[0]
    assert not params["C3"][0][lenet.connections() == 0].any()


def test_a_child_speaks_higher_than_a_man():
    man, child = (speech.spoken("ah", voice, rng(), noise=0) for voice in (0.8, 1.4))
    bands = np.arange(speech.BANDS)[:, None]
    centre = [(s * bands).sum() / s.sum() for s in (man, child)]
    assert man.shape == (32, 11) and centre[1] > centre[0] + 3
    glide = speech.spoken("ia", 1.0, rng(), noise=0)
    assert abs(glide[:, 0].argmax() - glide[:, -1].argmax()) >= 5
    x, y = speech.speech(30, rng())
    assert x.shape == (30, 32, 11) and y.shape == (30,) and y.max() < len(speech.SOUNDS)


def test_the_plane_shows_where_a_machine_says_yes():
    figure = pictures.plane([[0, 0], [1, 1]], [0, 1], upper=lambda points: points[:, 1] - 0.5)
    figure.savefig(io.BytesIO(), format="png")
    (ax,) = figure.axes
    yes, no = (dots.get_offsets().tolist() for dots in ax.collections[-2:])
    assert yes == [[1, 1]] and no == [[0, 0]] and ax.get_title() == "upper"


def test_tuning_and_timeline_are_drawn():
    figure = pictures.tuning("angle", [0, 1, 2], cell=[0, 4, 2], other=[1, 1, 1])
    lines = figure.axes[0].get_lines()
    assert [line.get_ydata().max() for line in lines] == [1, 0.25]
    shown = {text.get_text() for text in pictures.timeline().axes[0].texts}
    assert {f"{year}  {name}" for year, _, name in pictures.EVENTS} <= shown


def test_the_machines_need_neither_matplotlib_nor_torch():
    machines = "adaline, backprop, boltzmann, cortex, lenet, letters, neocognitron, speech"
    code = (
        f"import sys; from cs_cnn.history import {machines}; letters.letter('A'); "
        "sys.exit(any(m in sys.modules for m in ('matplotlib', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
