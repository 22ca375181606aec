"""What a network costs, worked out on paper: sizes, parameters, operations, memory, sight.

`counting` has the formulas of one layer, `summary` the table of a whole network that is described
as plain data, `networks` the descriptions of the famous ones. The size of an output is
`cs_cnn.shapes.output_size`.
"""

from cs_cnn.arithmetic.counting import conv_macs, conv_parameters, keras_padding, receptive_field
from cs_cnn.arithmetic.networks import NETWORKS, Network
from cs_cnn.arithmetic.summary import Block, Conv, Linear, Pool, Row, Summary, summarise
from cs_cnn.shapes import output_size

__all__ = [
    "NETWORKS",
    "Block",
    "Conv",
    "Linear",
    "Network",
    "Pool",
    "Row",
    "Summary",
    "conv_macs",
    "conv_parameters",
    "keras_padding",
    "output_size",
    "receptive_field",
    "summarise",
]
