"""Colours, edges and visual words, against scikit-image, NumPy and SciPy, and what they ignore."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from skimage.feature import hog as skimage_hog

from cs_cnn.features import (
    cell_histograms,
    colour_histogram,
    encode_words,
    hog,
    image_gradients,
    learn_codebook,
    patches_of,
)


@settings(max_examples=20, deadline=None)
@given(
    n=st.integers(1, 3),
    h=st.integers(1, 9),
    w=st.integers(1, 9),
    bins=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_colour_histogram_is_numpys(n, h, w, bins, seed):
    x = np.random.default_rng(seed).random((n, 3, h, w))
    x[0, :, 0, 0] = 1.0
    got = colour_histogram(x, bins)
    for one, row in zip(x, got, strict=True):
        want, _ = np.histogramdd(one.reshape(3, -1).T, [bins] * 3, [(0, 1)] * 3)
        np.testing.assert_allclose(row, want.ravel() / (h * w))


def test_colour_histogram_forgets_where_pixels_are():
    rng = np.random.default_rng(0)
    x = rng.random((1, 3, 6, 5)).astype(np.float32)
    shuffled = rng.permutation(x.reshape(1, 3, 30), axis=2).reshape(x.shape)
    np.testing.assert_array_equal(colour_histogram(x), colour_histogram(shuffled))
    assert colour_histogram(x).dtype == np.float32


@pytest.mark.parametrize(
    ("shape", "cell", "bins"), [((24, 40), 8, 9), ((12, 30), 6, 5), ((8, 8), 4, 12)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_hog_is_scikit_images(shape, cell, bins, channels):
    x = np.random.default_rng(0).random((2, channels, *shape))
    options = {"orientations": bins, "pixels_per_cell": (cell, cell), "cells_per_block": (1, 1)}
    for image, got in zip(x, hog(x, cell, bins), strict=True):
        want = skimage_hog(image.transpose(1, 2, 0), **options, block_norm="L2", channel_axis=-1)
        np.testing.assert_allclose(got.ravel(), want, rtol=1e-6)  # its sums are float32


def test_the_lectures_image_has_10_800_numbers():
    x = np.random.default_rng(0).random((1, 3, 240, 320), dtype=np.float32)
    assert hog(x).shape == (1, 30, 40, 9) and hog(x).size == 10_800
    assert hog(x).dtype == np.float32


def test_a_ramp_has_one_direction():
    ramp = np.arange(12.0) / 12 * np.ones((10, 1))
    for image, angle in ((ramp, 0), (ramp.T, 90), (ramp[:, ::-1], 0), (ramp.T[::-1], 90)):
        magnitude, direction = image_gradients(image[None, None])
        inside = direction[:, 1:-1, 1:-1]
        assert (magnitude[:, 1:-1, 1:-1] > 0).all() and np.allclose(inside, angle)
        assert direction.min() >= 0 and direction.max() < 180


def test_hog_does_not_care_how_strong_the_contrast_is_but_cells_do():
    x = np.random.default_rng(0).random((1, 1, 16, 16))
    np.testing.assert_allclose(hog(0.5 * x), hog(x), atol=1e-6)
    magnitude, angle = image_gradients(x)
    sums = cell_histograms(magnitude, angle, cell=5, bins=4)
    assert sums.shape == (1, 3, 3, 4)
    np.testing.assert_allclose(sums.sum(), magnitude[:, :15, :15].sum())


def test_words_are_the_nearest_centres():
    rng = np.random.default_rng(0)
    patches, codebook = rng.normal(size=(3, 20, 12)), rng.normal(size=(7, 12))
    for one, row in zip(patches, encode_words(patches, codebook), strict=True):
        nearest = cdist(one, codebook).argmin(axis=1)
        np.testing.assert_allclose(row, np.bincount(nearest, minlength=7) / 20)


def test_patches_are_cut_on_the_grid_and_evened_out():
    x = np.random.default_rng(0).random((2, 3, 9, 12))
    patches = patches_of(x, size=4, stride=3)
    assert patches.shape == (2, 2 * 3, 48)
    np.testing.assert_allclose(patches.mean(axis=2), 0, atol=1e-12)
    want = x[1, :, 3:7, 6:10].ravel()  # the sixth patch: second row, third column
    np.testing.assert_allclose(np.corrcoef(patches[1, 5], want)[0, 1], 1)
    assert np.abs(patches_of(np.full((1, 3, 8, 8), 0.4))).max() < 1e-6


def test_a_codebook_finds_the_kinds_of_patch_that_there_are():
    rng = np.random.default_rng(0)
    kinds = rng.normal(size=(5, 12))
    patches = kinds[rng.integers(0, 5, (30, 20))] + 0.01 * rng.normal(size=(30, 20, 12))
    codebook = learn_codebook(patches.astype(np.float32), words=5)
    assert codebook.shape == (5, 12) and codebook.dtype == np.float32
    assert cdist(kinds, codebook).min(axis=1).max() < 0.1


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((1, 1, 4, 4)), r"must be \(N, 3, H, W\)"),
        (np.zeros((1, 3, 4, 4), np.uint8), "floats, got .* uint8"),
        (np.full((1, 3, 4, 4), 255.0), r"must lie in \[0, 1\], got 255\.\.255"),
    ],
)
def test_other_images_are_refused(x, words):
    with pytest.raises(ValueError, match=f"^colour_histogram: .*{words}"):
        colour_histogram(x)
