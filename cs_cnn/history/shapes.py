"""What one neuron's learning rule is given, and the wording of the error if it doesn't fit."""


def need_examples(name, w, x, d):
    """Raise a ValueError unless w is (D,), x is (N, D) and d is (N,)."""
    if x.ndim != 2 or w.shape != x.shape[1:] or d.shape != x.shape[:1]:
        raise ValueError(
            f"{name}: x must be (N, D), w (D,) and d (N,), got x.shape={x.shape}, "
            f"w.shape={w.shape}, d.shape={d.shape}; an image becomes a row with "
            "x.reshape(len(x), -1), and the bias needs a first column of ones"
        )
