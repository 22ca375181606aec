"""Convolution arithmetic: one layer against PyTorch, whole networks against what is published."""

import contextlib
import io
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cs_cnn import checks
from cs_cnn.arithmetic import (
    NETWORKS,
    Block,
    Conv,
    Linear,
    Pool,
    conv_macs,
    conv_parameters,
    keras_padding,
    output_size,
    pictures,
    receptive_field,
    summarise,
)
from cs_cnn.checks.questions import arithmetic as questions
from cs_cnn.widgets import RANGES, WindowExplorer, in_words

EXERCISES = [
    checks.output_size,
    checks.conv_parameters,
    checks.conv_macs,
    checks.receptive_field,
]

# Parameters exactly, and billions of MACs, from torchvision's tables of weights.
TORCHVISION = {
    "VGG A": (132_863_336, 7.61),
    "VGG B": (133_047_848, 11.31),
    "VGG D": (138_357_544, 15.47),
    "VGG E": (143_667_240, 19.63),
    "GoogLeNet (torchvision)": (6_624_904, 1.50),
    "ResNet-18": (11_689_512, 1.81),
    "ResNet-34": (21_797_672, 3.66),
    "ResNet-50": (25_557_032, 4.09),
    "ResNet-101": (44_549_160, 7.80),
    "ResNet-152": (60_192_808, 11.51),
}


def layers_of(name):
    return NETWORKS[name].layers


def windows(layers):
    return [
        (layer.kernel_size, layer.stride, layer.dilation)
        for layer in layers
        if isinstance(layer, Conv | Pool)
    ]


# --- one layer


def test_the_lectures_layer():
    layer = summarise([Conv(10, 5, padding=2)], (3, 32, 32)).rows[1]
    assert (layer.shape, layer.parameters, layer.macs) == ((10, 32, 32), 760, 768_000)


@given(
    size=st.integers(1, 60),
    kernel_size=st.integers(1, 9),
    stride=st.integers(1, 7),
    dilation=st.integers(1, 4),
)
def test_keras_same_is_the_smallest_padding_that_gives_the_size_over_the_stride(
    size, kernel_size, stride, dilation
):
    before, after = keras_padding(size, kernel_size, stride, dilation)
    wanted = -(-size // stride)
    assert output_size(size, kernel_size, stride, (before, after), dilation) == wanted
    assert after - before in (0, 1)
    if before + after:
        last = (wanted - 1) * stride - before + dilation * (kernel_size - 1)
        assert last == size + after - 1  # the last tap lies on the last zero: none is spare


def test_keras_same_and_pytorchs_padding_give_one_size_and_other_windows():
    assert keras_padding(224, 3, 2) == (0, 1)
    assert output_size(224, 3, 2, (0, 1)) == output_size(224, 3, 2, 1) == 112


def test_receptive_fields_of_the_literature():
    assert receptive_field([(3, 1, 1)] * 3) == receptive_field([(7, 1, 1)]) == 7
    assert receptive_field(windows(layers_of("AlexNet"))) == 195
    assert receptive_field(windows(layers_of("VGG D"))) == 212


def test_groups_that_do_not_divide_are_refused_with_the_numbers():
    with pytest.raises(ValueError, match="conv_parameters: groups=4 must divide the 6 channels"):
        conv_parameters(6, 8, 3, groups=4)
    with pytest.raises(ValueError, match="conv_macs: groups=3 .* the 8 filters"):
        conv_macs((6, 9, 9), 8, 3, groups=3)
    with pytest.raises(ValueError, match="conv_macs: the kernel doesn't fit"):
        conv_macs((3, 4, 9), 8, 5)


# --- whole networks


@pytest.mark.parametrize("name", TORCHVISION)
def test_parameters_and_operations_are_torchvisions(name):
    parameters, billions = TORCHVISION[name]
    summary = NETWORKS[name].summary
    assert summary.parameters == parameters
    assert round(summary.macs / 1e9, 2) == billions


def test_vgg_in_millions_is_the_papers_table_2():
    counts = [NETWORKS[f"VGG {name}"].summary.parameters for name in "ABCDE"]
    assert [round(count / 1e6) for count in counts] == [133, 133, 134, 138, 144]


def test_alexnets_neurons_are_the_papers_but_for_the_first_layer():
    summary = NETWORKS["AlexNet"].summary
    rows = [row.numbers for row in summary.rows if row.parameters]
    assert rows == [290_400, 186_624, 64_896, 64_896, 43_264, 4096, 4096, 1000]
    assert 55 * 48 * 48 * 2 == 253_440  # the paper's
    assert summary.parameters == 60_965_224


def test_lenet_5_is_the_papers_after_the_differences_that_the_notebook_counts():
    parameters = NETWORKS["LeNet-5"].summary.parameters
    assert parameters == 61_706
    assert parameters - 36 * 25 + 2 * (6 + 16) - 850 == 60_000


def test_googlenet_is_the_papers():
    rows = {row.name: row for row in NETWORKS["GoogLeNet"].summary.rows}
    assert rows["inception 3a"].shape == (256, 28, 28)
    assert rows["inception 5b"].shape == (1024, 7, 7)
    millions = [round(rows[f"inception {n}"].macs / 1e6) for n in ("3a", "3b", "4e", "5b")]
    assert millions == [128, 304, 170, 71]  # the column "ops" of the paper's table 1


def test_a_network_of_pytorch_has_the_same_shapes_parameters_and_operations():
    from torch.utils.flop_counter import FlopCounterMode

    modules = torch.nn.Sequential(
        torch.nn.Conv2d(4, 6, (3, 5), stride=(2, 1), padding=(1, 2), groups=2),
        torch.nn.MaxPool2d(3, 2, padding=1),
        torch.nn.Conv2d(6, 8, 3, dilation=2, bias=False),
        torch.nn.BatchNorm2d(8),
        torch.nn.Flatten(),
        torch.nn.LazyLinear(5),
    )
    layers = (
        Conv(6, (3, 5), stride=(2, 1), padding=(1, 2), groups=2),
        Pool(3, 2, padding=1),
        Conv(8, 3, dilation=2, norm=True),
        Linear(5),
    )
    with FlopCounterMode(display=False) as counter:
        out = modules(torch.zeros(1, 4, 21, 18))
    summary = summarise(layers, (4, 21, 18))
    assert summary.rows[-1].shape == tuple(out.shape[1:])
    assert summary.parameters == sum(p.numel() for p in modules.parameters())
    assert summary.macs == counter.get_total_flops() // 2


def test_a_block_costs_what_is_inside():
    path = (Conv(8, 1), Conv(4, 3, padding=1))
    alone = summarise(path, (4, 6, 5))
    added = summarise([Block("b", (path, ()), "add")], (4, 6, 5)).rows[1]
    stacked = summarise([Block("b", (path, ()), "concat")], (4, 6, 5)).rows[1]
    assert added.shape == (4, 6, 5) and stacked.shape == (8, 6, 5)
    for row in (added, stacked):
        assert (row.parameters, row.macs) == (alone.parameters, alone.macs)
    assert added.numbers - stacked.numbers == 4 * 6 * 5  # the sum is a volume of its own


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([Conv(8, 3), Pool(9, 1)], r"layer 2 \(pool 9 x 9, stride 1\): pool: .* doesn't fit"),
        ([Linear(5), Conv(8, 3)], r"layer 2 .*needs an input \(C, H, W\), got \(5,\)"),
        ([Block("b", ((Conv(8, 3),), ()), "add")], r"layer 1 \(b\): branches of shapes"),
        ([Block("b", ((), ()), "sum")], 'can\'t be joined by "sum"'),
        ([Conv(8, 3, groups=3)], "layer 1 .*groups=3 must divide"),
        (["conv"], "layer 1 .*is a str; use Conv, Pool"),
    ],
)
def test_a_layer_that_does_not_fit_is_named(layers, words):
    with pytest.raises(ValueError, match=f"summarise: .*{words}"):
        summarise(layers, (4, 8, 8))


def test_a_summary_shows_itself_as_text_and_as_a_table():
    summary = summarise([Conv(6, 5), Block("<b>", ((),), "add")], (1, 8, 8))
    assert "6 x 4 x 4" in str(summary) and str(summary).splitlines()[-1].startswith("total")
    html = summary._repr_html_()
    assert "<td>156</td>" in html and "&lt;b&gt;" in html


def test_importing_arithmetic_is_light():
    code = "import sys, cs_cnn.arithmetic; print({'torch', 'matplotlib'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


# --- pictures and the widget


def saved(picture):
    picture.savefig(io.BytesIO(), format="png")
    return picture


def test_the_trade_off_shows_every_network_with_an_accuracy():
    names = {t.get_text() for t in saved(pictures.trade_off(NETWORKS)).axes[0].texts}
    assert {"AlexNet", "VGG A", "GoogLeNet", "ResNet-152"} <= names
    assert not {"VGG C", "LeNet-5"} & names
    nameless = {t.get_text() for t in pictures.trade_off(NETWORKS, names=False).axes[0].texts}
    assert "AlexNet" not in nameless and "150 M" in nameless


def test_the_shares_add_up_to_a_hundred_percent():
    for ax in saved(pictures.shares(NETWORKS["VGG D"].summary)).axes:
        assert sum(bar.get_width() for bar in ax.patches) == pytest.approx(100)


def test_sight_marks_the_pixels_that_are_seen():
    layers = [(3, 2, 2), (2, 1, 1)]
    every, seen = saved(pictures.sight(layers)).axes[0].collections[:2]
    assert len(every.get_offsets()) == receptive_field(layers) == 7
    assert len(seen.get_offsets()) == 4  # pixels 0, 2, 4 and 2, 4, 6


def test_the_widget_follows_its_sliders():
    widget = WindowExplorer(7, 3, stride=2)
    first = widget.image.value
    assert "the output is 3 x 3" in widget.words.value and widget.place.max == 8
    widget.place.value = 8
    assert widget.image.value != first
    widget.sliders["stride"].value = 3
    assert widget.place.max == 3 and widget.place.value == 3
    assert "2.333, rounded down: the output is 2 x 2" in widget.words.value


def test_the_widget_says_what_does_not_fit_and_recovers():
    widget = WindowExplorer(4, 3, dilation=2)
    assert "doesn't fit: the side has 4 pixels, the kernel spans 5" in widget.words.value
    assert not widget.image.value
    widget.sliders["padding"].value = 1
    assert "the output is 2 x 2" in widget.words.value and widget.image.value


def test_the_widget_is_a_picture_where_widgets_do_not_run():
    data, metadata = WindowExplorer(7, 3)._repr_mimebundle_()
    assert data["image/png"].startswith("iVBOR") and metadata["image/png"]["width"] > 100
    assert "the output is 5 x 5" in data["text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize("name", RANGES)
def test_the_widget_refuses_a_beginning_out_of_range(name):
    with pytest.raises(ValueError, match=f"WindowExplorer: {name}=99 must lie from"):
        WindowExplorer(**{name: 99})


@given(
    size=st.integers(1, 12),
    kernel_size=st.integers(1, 7),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_the_words_agree_with_the_arithmetic(**options):
    words = in_words(**options)
    try:
        side = output_size(**options)
    except ValueError:
        assert "doesn't fit" in words
    else:
        assert f"the output is {side} x {side}" in words


# --- the checks


@pytest.mark.parametrize("seed", [None, "a judge's seed", *map(str, range(5))])
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_the_reference_passes_and_every_mistake_is_named(exercise, seed):
    with checks.judging(seed) if seed else contextlib.nullcontext():
        assert exercise(exercise.reference).good
        for mistake in exercise.mistakes:
            report = exercise(mistake.function)
            assert report < exercise.points and report.mistake is mistake, mistake.name


def test_there_are_enough_mistakes():
    counts = [len(exercise.mistakes) for exercise in EXERCISES]
    assert min(counts) >= 10 and all(len(q.wrong) >= 5 for q in questions.QUESTIONS.values())


def test_right_answers_in_other_styles_pass():
    def from_the_back(layers):
        field = 1
        for kernel_size, stride, dilation in reversed(layers):
            field = (field - 1) * stride + dilation * (kernel_size - 1) + 1
        return field

    def too_late(size, kernel_size, stride=1, padding=0, dilation=1):
        ends = (padding, padding) if isinstance(padding, int) else padding
        places = (size + sum(ends) - dilation * (kernel_size - 1) - 1) // stride + 1
        if places < 1:
            raise ValueError("no place")
        return places

    assert checks.receptive_field(from_the_back).good
    assert checks.output_size(too_late).good


def test_a_size_that_is_no_whole_number_is_refused_by_name():
    report = checks.output_size(lambda size, kernel_size, **options: 2.5)
    assert report == 0 and "must return a whole number (an int), got 2.5" in str(report)
