"""Cells of the visual cortex as Hubel and Wiesel found them, and the map that they form.

Pixels count from the middle of the image, x to the right and y down. An angle of 0 is a vertical
bar; it grows clockwise, in degrees. A bar moves across itself.
"""

import numpy as np
from scipy.ndimage import map_coordinates

SIDE = 41
WAVELENGTH, WIDTH, FRAMES = 8, 3.0, 8


def bar(angle, length=SIDE, shift=0.0):
    """A bright bar, 4 pixels wide, on dark ground.

    Parameters
    ----------
    angle : float
    length : float
        In pixels.
    shift : float
        How far it lies from the middle, across itself.

    Returns
    -------
    array (41, 41)
        From 0 to 1.
    """
    across, along = _axes(angle)
    return _inside(across - shift, 4) * _inside(along, length)


def moving_bar(angle, direction=1, length=SIDE):
    """A bar that sweeps across itself by one wavelength: a film of 8 frames, (8, 41, 41).

    `direction` is 1 or -1: one way or the other; 0 is a bar that stands still.
    """
    shifts = np.arange(FRAMES) - FRAMES // 2
    return np.array([bar(angle, length, direction * shift) for shift in shifts])


def receptive_field(angle, phase=0.0, centre=0.0):
    """Where light excites a cell (positive) and where it inhibits it (negative): a Gabor function.

    Parameters
    ----------
    angle : float
        Of the bars that it likes.
    phase : float
        Of the stripes, in turns: 0 is a bright stripe in the middle, 0.25 an edge.
    centre : float
        How far along the stripes the field lies from the middle of the image.

    Returns
    -------
    array (41, 41)
        Adds up to zero.

    References
    ----------
    J. G. Daugman, Uncertainty relation for resolution in space, spatial frequency, and orientation
    optimized by two-dimensional visual cortical filters, J. Opt. Soc. Am. A 2, 1985.
    """
    across, along = _axes(angle)
    bell = np.exp(-(across**2 + (along - centre) ** 2) / (2 * WIDTH**2))
    stripes = np.cos(2 * np.pi * (across / WAVELENGTH - phase))
    field = bell * stripes
    return field - bell * field.sum() / bell.sum()


def simple_cell(image, angle=0.0, phase=0.0):
    """Light times receptive field, summed up; a cell can't answer less than nothing."""
    return max(0.0, float(np.sum(image * receptive_field(angle, phase))))


def complex_cell(film, angle=0.0, direction=1, centre=0.0):
    """A cell that likes a bar of one angle that moves one way, wherever in its field it is.

    Pairs of simple fields whose stripes travel with the bar, a quarter of a turn apart; the squares
    of their sums over the film are added. So it doesn't matter where the bar was at the start.

    Parameters
    ----------
    film : array (8, 41, 41)
    angle, centre
        As in `receptive_field`.
    direction : int
        1 or -1.

    References
    ----------
    E. H. Adelson and J. R. Bergen, Spatiotemporal energy models for the perception of motion, J.
    Opt. Soc. Am. A 2, 1985.
    """
    phases = direction * np.arange(FRAMES) / WAVELENGTH
    sums = []
    for quarter in (0, 0.25):
        fields = [receptive_field(angle, phase + quarter, centre) for phase in phases]
        sums.append(np.sum(film * np.array(fields)))
    return float(np.hypot(*sums))


def hypercomplex_cell(film, angle=0.0, direction=1):
    """A complex cell that is silenced by its neighbours beyond both ends of its field.

    So it answers to a moving bar that ends: an end point or a corner.
    """
    middle, one, other = (complex_cell(film, angle, direction, c) for c in (0, -12, 12))
    return max(0.0, middle - one / 2 - other / 2)


def cortical_map(image, shape, inner=0.04):
    """Unroll half of what an eye sees onto the cortex: angle down, log of eccentricity across.

    The left half of the brain sees the right half of the visual field; the place is the complex
    logarithm of the place in the field, so the middle takes up most of the cortex.

    Parameters
    ----------
    image : array (C, S, S)
        The visual field; the eye looks at the middle.
    shape : (int, int)
        Of the map.
    inner : float
        Where the map begins, as a part of the distance from the middle to the border.

    Returns
    -------
    array (C, *shape)

    References
    ----------
    E. L. Schwartz, Spatial mapping in the primate sensory projection, Biological Cybernetics 25,
    1977.
    """
    angle = np.linspace(-np.pi / 2, np.pi / 2, shape[0])[:, None]
    reach = np.geomspace(inner, 1, shape[1])
    half = (image.shape[1] - 1) / 2
    places = half + half * np.stack([reach * np.sin(angle), reach * np.cos(angle)])
    return np.stack([map_coordinates(one, places, order=1, mode="nearest") for one in image])


def _axes(angle):
    """How far every pixel lies across and along a bar of this angle, in pixels."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    cos, sin = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    return x * cos + y * sin, y * cos - x * sin


def _inside(distance, width):
    """1 within a strip of this width, 0 outside, with a soft border of one pixel."""
    return np.clip(width / 2 + 0.5 - np.abs(distance), 0, 1)
