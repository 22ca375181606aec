"""The known mistakes of notebook 08, one edit each."""

from cs_cnn import imagenet
from cs_cnn.checks.mistakes import mistakes_of
from cs_cnn.zoo import by_hand

NET_MISTAKES = mistakes_of(
    by_hand.net_forward,
    (
        "the scores are not turned into log-probabilities",
        "The last step is log-softmax: score minus the logarithm of the sum of all exponentials.",
        "    return out - np.log(np.sum(np.exp(out), axis=1, keepdims=True))",
        "    return out",
        "    out = out - out.max(axis=1, keepdims=True)\n",
        "",
    ),
    (
        "the maximum is subtracted, the logarithm is not",
        "Subtracting the maximum only keeps the exponentials small; the log of their sum follows.",
        "    return out - np.log(np.sum(np.exp(out), axis=1, keepdims=True))",
        "    return out",
    ),
    (
        "probabilities, not their logarithms",
        "Net ends with log_softmax: give the logarithm of each probability.",
        "    return out - np.log(np.sum(np.exp(out), axis=1, keepdims=True))",
        "    return np.exp(out) / np.sum(np.exp(out), axis=1, keepdims=True)",
    ),
    (
        "the exponentials overflow",
        "exp(1000) is infinite. Subtract each row's maximum first: the result stays the same.",
        "    out = out - out.max(axis=1, keepdims=True)\n",
        "",
    ),
    (
        "one sum for the whole batch",
        "Every image has its own probabilities: sum over axis 1, with keepdims=True.",
        "np.sum(np.exp(out), axis=1, keepdims=True)",
        "np.sum(np.exp(out))",
    ),
    (
        "no ReLU after the convolutions",
        "Each of the two convolutions is followed by pooling and ReLU.",
        "        out, _ = relu_forward(out)\n    out, _ = linear",
        "    out, _ = linear",
    ),
    (
        "no ReLU between the linear layers",
        "Without a ReLU between them two linear layers are one linear layer.",
        '["fc1.bias"])\n    out, _ = relu_forward(out)\n',
        '["fc1.bias"])\n',
    ),
    (
        "ReLU after the last layer",
        "The last linear layer's scores may be negative: no ReLU after it.",
        "    out = out - out.max(axis=1",
        "    out, _ = relu_forward(out)\n    out = out - out.max(axis=1",
    ),
    (
        "a bias is forgotten",
        "Both convolutions have a bias: it is the third argument of conv2d_forward.",
        ', p[f"{name}.bias"])',
        ")",
    ),
    (
        "flattened with the channels last",
        "PyTorch flattens (C, H, W) in this order: reshape without transposing.",
        "out.reshape(len(x), -1)",
        "out.transpose(0, 2, 3, 1).reshape(len(x), -1)",
    ),
)

PLAN_MISTAKES = mistakes_of(
    by_hand.vgg_plan,
    (
        "the channels never change",
        "A convolution's input has as many channels as the one before it has filters: update it.",
        "        channels = int(filters)\n",
        "",
    ),
    ("no ReLU", "A ReLU follows each convolution.", '        layers.append(("relu",))\n', ""),
    (
        "no padding",
        "The padding that keeps the size is K // 2: 1 for a 3 x 3 kernel, 0 for 1 x 1.",
        "kernel // 2",
        "0",
    ),
    (
        "every kernel is 3 x 3",
        'A word like "256:1" is a 1 x 1 convolution.',
        "int(size or 3)",
        "3",
    ),
    ("always padding 1", "A 1 x 1 convolution needs no padding: K // 2.", "kernel // 2", "1"),
    (
        "in and out swapped",
        'The order is ("conv", C_in, C_out, K, P).',
        "channels, int(filters), kernel,",
        "int(filters), channels, kernel,",
    ),
    (
        "a ReLU after the pooling too",
        "Pooling changes no sign: no ReLU after it.",
        '            layers.append(("pool",))\n',
        '            layers.append(("pool",))\n            layers.append(("relu",))\n',
    ),
    (
        "the image has one channel",
        "The input has 3 channels, and `channels` is given as 3: leave it.",
        "channels = 3",
        "channels = 1",
    ),
)

FIRE_MISTAKES = mistakes_of(
    by_hand.fire_forward,
    (
        "no ReLU after the squeeze",
        "A ReLU follows each of the three convolutions, the squeeze too.",
        "    few, _ = relu_forward(few)\n",
        "",
    ),
    (
        "no ReLU at the end",
        "A ReLU follows the two expansions as well.",
        "relu_forward(np.concatenate([one, three], axis=1))[0]",
        "np.concatenate([one, three], axis=1)",
    ),
    (
        "the 3 x 3 comes first",
        "The channels of the 1 x 1 expansion come first.",
        "[one, three]",
        "[three, one]",
    ),
    (
        "the expansions are added",
        "They are stacked along the channels, not added: np.concatenate.",
        "np.concatenate([one, three], axis=1)",
        "one + three",
    ),
    (
        "the 3 x 3 has no padding",
        "The 3 x 3 convolution has padding=1, so that both outputs have one height and width.",
        ", padding=1)",
        ")",
    ),
    (
        "the biases of the expansions are swapped",
        'Each convolution has a bias of its own: "expand1x1.bias" and "expand3x3.bias".',
        'p["expand1x1.weight"], p["expand1x1.bias"]',
        'p["expand1x1.weight"], p["expand3x3.bias"]',
        'p["expand3x3.weight"], p["expand3x3.bias"]',
        'p["expand3x3.weight"], p["expand1x1.bias"]',
    ),
)

RESIDUAL_MISTAKES = mistakes_of(
    by_hand.residual_forward,
    (
        "no shortcut",
        "Add x (or its smaller, wider version) before the last ReLU.",
        "out + shortcut",
        "out",
    ),
    (
        "the last ReLU comes before the sum",
        "First add the shortcut, then apply the ReLU.",
        "relu_forward(out + shortcut)[0]",
        "relu_forward(out)[0] + shortcut",
    ),
    (
        "no ReLU in the middle",
        "A ReLU stands between the first batch norm and the second convolution.",
        'relu_forward(batch_norm(out, "bn1"))',
        'batch_norm(out, "bn1"), None',
    ),
    (
        "a ReLU before the sum as well",
        "The second batch norm's output goes into the sum as it is.",
        'batch_norm(out, "bn2")\n',
        'relu_forward(batch_norm(out, "bn2"))[0]\n',
    ),
    (
        "no ReLU at the end",
        "A ReLU follows the sum.",
        "relu_forward(out + shortcut)[0]",
        "out + shortcut",
    ),
    (
        "the zeros come after the channels",
        "Half of the missing channels go before those of x: (missing // 2, the rest).",
        "(missing // 2, missing - missing // 2)",
        "(0, missing)",
    ),
    (
        "the zeros come before the channels",
        "Only half of the missing channels go before those of x, rounded down.",
        "(missing // 2, missing - missing // 2)",
        "(missing, 0)",
    ),
    (
        "the odd channel of zeros comes first",
        "Of an odd number, the smaller half goes before: (missing // 2, the rest).",
        "(missing // 2, missing - missing // 2)",
        "(missing - missing // 2, missing // 2)",
    ),
    (
        "the first batch norm twice",
        '"bn1" follows the first convolution, "bn2" the second.',
        '"bn2"',
        '"bn1"',
    ),
    (
        "the shortcut starts at the second pixel",
        "Start with the first pixel: x[:, :, ::stride, ::stride].",
        "x[:, :, ::stride, ::stride]",
        "np.roll(x, -1, (2, 3))[:, :, ::stride, ::stride]",
    ),
    (
        "the shortcut has the output of the first convolution",
        "The shortcut leads from the block's input x to its end.",
        "    shortcut = x[:, :, ::stride, ::stride]",
        '    shortcut = conv2d_forward(x, p["conv1.weight"], stride=stride, padding=1)[0]',
    ),
)

CROP_MISTAKES = mistakes_of(
    imagenet.crop_and_scale,
    (
        "the upper left corner",
        "The square lies in the middle: it starts at (H - size) // 2 and (W - size) // 2.",
        "(H - size) // 2, (W - size) // 2",
        "0, 0",
    ),
    (
        "height and width are swapped",
        "Rows come first: the top from H, the left from W.",
        "(H - size) // 2, (W - size) // 2",
        "(W - size) // 2, (H - size) // 2",
    ),
    (
        "rounded up",
        "Where the rest is odd, leave out the larger part at the end: round down.",
        "(H - size) // 2, (W - size) // 2",
        "(H - size + 1) // 2, (W - size + 1) // 2",
    ),
    (
        "the mean is not subtracted",
        "Subtract the mean of each channel, then divide.",
        "(square - mean) / std",
        "square / std",
    ),
    (
        "not divided by the standard deviation",
        "Divide by the standard deviation of each channel.",
        "(square - mean) / std",
        "square - mean",
    ),
    (
        "divided before the mean is subtracted",
        "Subtract first: (image - mean) / std.",
        "(square - mean) / std",
        "square / std - mean",
    ),
    (
        "the channels are last",
        "PyTorch wants (C, H, W): transpose(2, 0, 1).",
        ".transpose(2, 0, 1)",
        "",
    ),
    (
        "rows and columns are swapped",
        "transpose(2, 0, 1) keeps rows before columns; .T turns the picture.",
        ".transpose(2, 0, 1)",
        ".T",
    ),
)

TOP_MISTAKES = mistakes_of(
    imagenet.top_classes,
    (
        "the smallest come first",
        "Sort downwards: np.argsort(-shares).",
        "np.argsort(-shares,",
        "np.argsort(shares,",
    ),
    (
        "the exponentials overflow",
        "Subtract the largest score before np.exp: the probabilities stay the same.",
        "np.exp(scores - scores.max())",
        "np.exp(scores)",
    ),
    (
        "the numbers don't add up to 1",
        "Divide the exponentials by their sum.",
        "    shares = shares / shares.sum()\n",
        "",
    ),
    (
        "one class too many",
        "The first k are [:k].",
        "[:k]",
        "[: k + 1]",
    ),
    (
        "of two that tie, the last comes first",
        "Reversing a sorted list turns ties round: sort -shares with kind='stable'.",
        'np.argsort(-shares, kind="stable")[:k]',
        'np.argsort(shares, kind="stable")[::-1][:k]',
    ),
    (
        "scores instead of probabilities",
        "Give each name's probability, not its score.",
        "float(shares[n])",
        "float(scores[n])",
    ),
)
