"""Every kernel that the tests run on the CPU or compile with nvcc, by file."""

TYPES = ("float", "double", "half_t", "bfloat_t")
KINDS = ("Tf32", "Tf32x3", "Half", "Bfloat")
WIDTHS = {"float": 4, "double": 2, "half_t": 8, "bfloat_t": 8}
CONV = ("forward", "backward_data", "backward_weights")
WIDE = tuple(f"{t}, {width}" for t in TYPES for width in (1, WIDTHS[t]))
TILES = [(kind, "1, 2") for kind in KINDS] + [(k, t) for k in KINDS[::2] for t in ("2, 2", "2, 4")]
TILES += [("Tf32x3", "2, 2")]
EACH = [(t, each) for t in TYPES for each in ("2, 4", "4, 4")]
EACH += [("float", each) for each in ("2, 8", "4, 8", "8, 8")]


def kernels(names, *arguments):
    """Each template with each list of arguments."""
    return [f"{name}<{argument}>" for name in names for argument in arguments]


KERNELS = {
    "conv_naive.cu": kernels(CONV, *TYPES),
    "conv_tiled.cu": kernels(CONV, *(f"{t}, {each}" for t, each in EACH)),
    "conv_tensor.cu": kernels(CONV, *(f"{kind}, {tile}" for kind, tile in TILES)),
    "layout.cu": kernels(["channels_last"], "float", "half_t", "bfloat_t"),
    "pool.cu": [
        *kernels(["max_forward"], *(f"{t}, unsigned char, {k}" for t in TYPES for k in (0, 2, 3))),
        *kernels(["max_backward"], *(f"{t}, unsigned char" for t in TYPES)),
        *kernels(
            ["max_backward_by_cells"],
            *(f"{t}, unsigned char, {k}, 2" for t in TYPES for k in (2, 3)),
        ),
        "max_forward<float, int, 0>",
        "max_backward<float, int>",
        *kernels(["average_forward", "average_backward"], *TYPES),
    ],
    "norm.cu": [
        *kernels(["moments", "gradient_sums"], *WIDE),
        *kernels(["finish"], "float", "double"),
        *kernels(["normalize", "backward"], *WIDE),
    ],
    "elementwise.cu": kernels(["relu_forward", "relu_backward"], *WIDE),
}
