"""The zoo on plain arrays: what a PyTorch module does, done with the course's own layers.

Each function takes the arrays of a module's `state_dict` by name and gives what the module gives
in evaluation mode. The lines between `### BEGIN SOLUTION` and `### END SOLUTION` are the ones that
students write.

Letters: `N` images, `C` channels, `H`, `W` height and width.
"""

import numpy as np

from cs_cnn.fast_layers import conv2d_forward, linear_forward, max_pool2d_forward, relu_forward
from cs_cnn.normalization import batch_norm_forward
from cs_cnn.shapes import need_dims


def net_forward(x, p):
    """Give the log-probabilities of `cs_cnn.zoo.Net`, the network of two convolution layers.

    Convolution, pooling, ReLU; convolution, pooling, ReLU; linear, ReLU; linear, log-softmax. The
    pooling is a maximum over 2 x 2. Dropout does nothing in evaluation.

    Parameters
    ----------
    x : array (N, 1, 28, 28)
    p : dict of str to array
        "conv1.weight", "conv1.bias", and so on for "conv2", "fc1" and "fc2".

    Returns
    -------
    array (N, 10)
        Logarithms of probabilities: each row's exponentials add up to 1.
    """
    need_dims("net_forward", 4, x=x)
    ### BEGIN SOLUTION
    out = x
    for name in ("conv1", "conv2"):
        out, _ = conv2d_forward(out, p[f"{name}.weight"], p[f"{name}.bias"])
        out, _ = max_pool2d_forward(out, 2)
        out, _ = relu_forward(out)
    out, _ = linear_forward(out.reshape(len(x), -1), p["fc1.weight"], p["fc1.bias"])
    out, _ = relu_forward(out)
    out, _ = linear_forward(out, p["fc2.weight"], p["fc2.bias"])
    out = out - out.max(axis=1, keepdims=True)
    return out - np.log(np.sum(np.exp(out), axis=1, keepdims=True))
    ### END SOLUTION


def vgg_plan(words):
    """Read a row of VGG's table: the layers of the feature part, in order.

    Parameters
    ----------
    words : str
        One word for each layer: the number of filters of a 3 x 3 convolution, as in "64"; the same
        with ":1" for a 1 x 1 convolution, as in "256:1"; "M" for a maximum over 2 x 2.

    Returns
    -------
    list of tuples
        ("conv", C_in, C_out, K, P) with the kernel's size K and the padding P that keeps height and
        width, and ("relu",) after each; ("pool",) for "M". The input has 3 channels.
    """
    layers = []
    channels = 3
    for word in words.split():
        ### BEGIN SOLUTION
        if word == "M":
            layers.append(("pool",))
            continue
        filters, _, size = word.partition(":")
        kernel = int(size or 3)
        layers.append(("conv", channels, int(filters), kernel, kernel // 2))
        layers.append(("relu",))
        channels = int(filters)
        ### END SOLUTION
    return layers


def fire_forward(x, p):
    """Give the output of SqueezeNet's Fire module (Iandola et al. 2016).

    A 1 x 1 convolution squeezes the channels; a 1 x 1 and a 3 x 3 convolution, side by side, expand
    them again. A ReLU follows each. The 3 x 3 one has padding 1, so that height and width stay. The
    outputs of the two are stacked along the channels, the 1 x 1 one first.

    Parameters
    ----------
    x : array (N, C, H, W)
    p : dict of str to array
        Weight and bias of "squeeze", "expand1x1" and "expand3x3", as in "squeeze.weight".

    Returns
    -------
    array (N, 2 E, H, W)
        With E the filters of each expansion.
    """
    need_dims("fire_forward", 4, x=x)
    ### BEGIN SOLUTION
    few, _ = conv2d_forward(x, p["squeeze.weight"], p["squeeze.bias"])
    few, _ = relu_forward(few)
    one, _ = conv2d_forward(few, p["expand1x1.weight"], p["expand1x1.bias"])
    three, _ = conv2d_forward(few, p["expand3x3.weight"], p["expand3x3.bias"], padding=1)
    return relu_forward(np.concatenate([one, three], axis=1))[0]
    ### END SOLUTION


def residual_forward(x, p, stride=1):
    """Give the output of a residual block in evaluation mode (He, Zhang, Ren, Sun 2016).

    Convolution, batch norm, ReLU, convolution, batch norm; then the shortcut is added, and a last
    ReLU follows. Both convolutions are 3 x 3 with padding 1 and no bias; the first has the stride.
    The shortcut is x itself. Where the block halves the image (stride 2) or has more channels, it
    is every `stride`-th pixel of x, with channels of zeros: half of the missing ones before those
    of x (rounded down), the others after.

    Parameters
    ----------
    x : array (N, C, H, W)
    p : dict of str to array
        "conv1.weight", "conv2.weight", and for each of "bn1" and "bn2" ".weight" and ".bias" (scale
        and shift), ".running_mean" and ".running_var".
    stride : int

    Returns
    -------
    array (N, F, H_out, W_out)
        With F the filters of the convolutions.
    """
    need_dims("residual_forward", 4, x=x)

    def batch_norm(out, name):
        """Batch norm with the running averages, by the name of the layer."""
        keys = ("weight", "bias", "running_mean", "running_var")
        return batch_norm_forward(out, *(p[f"{name}.{key}"] for key in keys), training=False)[0]

    ### BEGIN SOLUTION
    out, _ = conv2d_forward(x, p["conv1.weight"], stride=stride, padding=1)
    out, _ = relu_forward(batch_norm(out, "bn1"))
    out, _ = conv2d_forward(out, p["conv2.weight"], padding=1)
    out = batch_norm(out, "bn2")
    shortcut = x[:, :, ::stride, ::stride]
    missing = out.shape[1] - shortcut.shape[1]
    sides = (missing // 2, missing - missing // 2)
    shortcut = np.pad(shortcut, ((0, 0), sides, (0, 0), (0, 0)))
    return relu_forward(out + shortcut)[0]
    ### END SOLUTION
