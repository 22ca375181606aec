"""A network as a row of layers, with its parameters by name, and as JSON."""

import base64
import json

import numpy as np

from cs_cnn.network.functions import chain_backward
from cs_cnn.network.layers import LAYERS

FORMAT = "cs_cnn.network 1"


class Sequential:
    """Layers, one after the other.

    Parameters
    ----------
    layers : sequence of Layer
    seed : int
        For the first weights, which are Kaiming's; biases begin at 0.

    Attributes
    ----------
    outputs : list of array
        What each layer put out in the latest forward.
    douts : list of array
        The gradient of the loss by each layer's output, from the latest backward.
    """

    def __init__(self, layers, seed=0):
        self.layers, self.outputs, self.douts, self.caches = list(layers), [], [], []
        rng = np.random.default_rng(seed)
        for layer, follower in zip(self.layers, [*self.layers[1:], None], strict=True):
            layer.initialise(rng, relu=follower is not None)

    def forward(self, x, training=False):
        """Scores (N, C) of images (N, C_in, H, W).

        Parameters
        ----------
        x : array
        training : bool
            Batch norm uses the batch's statistics and dropout drops in training only.

        Raises
        ------
        ValueError
            If a layer doesn't fit what comes before it; says which.
        """
        self.outputs, self.caches = [], []
        for k, layer in enumerate(self.layers):
            try:
                x, cache = layer.forward(x, training)
            except ValueError as error:
                raise ValueError(f"layer {k}, {layer}: {error}") from None
            self.outputs.append(x)
            self.caches.append((layer.kind, cache))
        return x

    def backward(self, dscores):
        """The gradient by every parameter, by name as in `params`, after a forward.

        Parameters
        ----------
        dscores : array (N, C)
            Gradient of the loss by the scores.
        """
        self.douts, grads = chain_backward(dscores, self.caches)
        return {f"{k}.{name}": g for k, part in enumerate(grads) for name, g in part.items()}

    @property
    def params(self):
        """Every parameter by name, "0.w", "0.b", "3.w", ...: a new dict of the arrays."""
        named = enumerate(layer.params for layer in self.layers)
        return {f"{k}.{name}": p for k, params in named for name, p in params.items()}

    def update(self, params):
        """Put new arrays in the place of parameters, by name; shapes must stay."""
        for name, value in params.items():
            k, _, own = name.partition(".")
            place = self.layers[int(k)].params
            if value.shape != place[own].shape:
                raise ValueError(
                    f"Sequential.update: {name} must have shape {place[own].shape}, "
                    f"got {value.shape}"
                )
            place[own] = value

    def predict(self, x, batch_size=500):
        """Scores in evaluation mode, in batches, so that memory stays small."""
        cuts = range(0, len(x), batch_size)
        return np.concatenate([self.forward(x[k : k + batch_size]) for k in cuts])

    def __repr__(self):
        lines = "".join(f"  {k}: {layer}\n" for k, layer in enumerate(self.layers))
        return f"Sequential(\n{lines})  {sum(p.size for p in self.params.values()):,} parameters"

    def to_json(self):
        """The whole network as text: layers, options, parameters, running averages."""
        layers = [
            {
                "layer": type(layer).__name__,
                "options": layer.options,
                "params": {name: _pack(a) for name, a in layer.params.items()},
                "buffers": {name: _pack(a) for name, a in layer.buffers.items()},
            }
            for layer in self.layers
        ]
        return json.dumps({"format": FORMAT, "layers": layers}, indent=1)

    @classmethod
    def from_json(cls, text):
        """The network that `to_json` wrote.

        Raises
        ------
        ValueError
            If the text is not such a network; says where.
        """
        try:
            data = json.loads(text)
            if data["format"] != FORMAT:
                raise ValueError(f"its format is {data['format']!r}, expected {FORMAT!r}")
            network = cls([_layer(row) for row in data["layers"]])
            for layer, row in zip(network.layers, data["layers"], strict=True):
                for kind in ("params", "buffers"):
                    _fill(layer, getattr(layer, kind), row[kind])
        except (ValueError, KeyError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            raise ValueError(f"Sequential.from_json: not a saved network: {reason}") from None
        return network


def _layer(row):
    """A new layer of the class and with the options of a row; JSON knows lists, not tuples."""
    options = {n: tuple(v) if isinstance(v, list) else v for n, v in row["options"].items()}
    return LAYERS[row["layer"]](**options)


def _pack(array):
    data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": array.shape, "base64": data}


def _fill(layer, arrays, packed):
    """Put packed arrays in the place of a layer's own, if names and shapes agree."""
    if set(arrays) != set(packed):
        raise ValueError(f"{layer} has {sorted(arrays)}, the text has {sorted(packed)}")
    for name, p in packed.items():
        flat = np.frombuffer(base64.b64decode(p["base64"], validate=True), dtype=p["dtype"])
        if tuple(p["shape"]) != arrays[name].shape:
            raise ValueError(
                f"{layer}: {name} must have shape {arrays[name].shape}, got {tuple(p['shape'])}"
            )
        arrays[name] = flat.reshape(arrays[name].shape).astype(np.float32)
