"""Every picture of the course: images, filters, feature maps, windows, differences, curves.

Each function returns a `Picture`, a figure that belongs to nobody but its caller: as the last line
of a cell it shows itself once, in any notebook; in a script, call its `savefig`. (`difference`
gives SVG text instead.)
"""

from cs_cnn.plots.arrays import feature_maps, filters, images, marked
from cs_cnn.plots.difference import difference
from cs_cnn.plots.graph import graph
from cs_cnn.plots.hardware import roofline, traffic
from cs_cnn.plots.lines import bands, bars, circles, curves, histograms
from cs_cnn.plots.plane import hyperplanes, paths, regions
from cs_cnn.plots.tiles import tiles
from cs_cnn.plots.windows import window

__all__ = [
    "bands",
    "bars",
    "circles",
    "curves",
    "difference",
    "feature_maps",
    "filters",
    "graph",
    "histograms",
    "hyperplanes",
    "images",
    "marked",
    "paths",
    "regions",
    "roofline",
    "tiles",
    "traffic",
    "window",
]
