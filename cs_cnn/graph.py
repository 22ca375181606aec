"""A computational graph that keeps a record of what was computed and runs it backwards.

    x, w = Node(2.0, "x"), Node(-3.0, "w")
    loss = (x * w - 1) ** 2
    loss.backward()
    x.grad                                  # 42.0, the slope of the loss by x

Every node holds an array of any shape; its gradient has the same shape. Each operation knows two
things only: its value, and how to hand a gradient on to what it was made from. (In the spirit of A.
Karpathy's micrograd, with arrays.)
"""

import numpy as np


class Node:
    """A number or an array with a memory of where it came from.

    Parameters
    ----------
    value : number or array
    name : str
        A leaf's name, or the operation that made the node.
    sources : tuple of Node
        What it was made from.
    pull : callable, optional
        From this node's gradient to the gradients of its sources, in order.

    Attributes
    ----------
    grad : array shaped as value
        Zeros until `backward` was called on a node that depends on this one.
    """

    __array_ufunc__ = None  # so that array * node is left to node

    def __init__(self, value, name="", sources=(), pull=None):
        self.value = np.asarray(value, dtype=np.float64)
        self.name, self.sources, self.pull = name, sources, pull
        self.grad = np.zeros_like(self.value)

    def __repr__(self):
        return f"Node({self.name or 'value'}, value={self.value!r}, grad={self.grad!r})"

    def __add__(self, other):
        other = _node(other)
        return Node(self.value + other.value, "+", (self, other), lambda g: (g, g))

    def __mul__(self, other):
        a, b = self, _node(other)
        return Node(a.value * b.value, "*", (a, b), lambda g: (g * b.value, g * a.value))

    def __matmul__(self, other):
        """The product of two matrices (N, M) and (M, K)."""
        a, b = self, _node(other)
        if a.value.ndim != 2 or b.value.ndim != 2:
            raise ValueError(f"@: two matrices are needed, got {a.value.shape}, {b.value.shape}")
        return Node(a.value @ b.value, "@", (a, b), lambda g: (g @ b.value.T, a.value.T @ g))

    def __pow__(self, power):
        slope = power * self.value ** (power - 1)
        return Node(self.value**power, f"^{power}", (self,), lambda g: (g * slope,))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -_node(other)

    def __truediv__(self, other):
        return self * _node(other) ** -1

    def __radd__(self, other):
        return _node(other) + self

    def __rmul__(self, other):
        return _node(other) * self

    def __rsub__(self, other):
        return _node(other) - self

    def __rtruediv__(self, other):
        return _node(other) / self

    @property
    def T(self):
        return Node(self.value.T, "T", (self,), lambda g: (g.T,))

    def exp(self):
        value = np.exp(self.value)
        return Node(value, "exp", (self,), lambda g: (g * value,))

    def log(self):
        return Node(np.log(self.value), "log", (self,), lambda g: (g / self.value,))

    def sum(self):
        """The sum of all numbers; each gets the same gradient."""
        shape = self.value.shape
        return Node(self.value.sum(), "sum", (self,), lambda g: (np.broadcast_to(g, shape),))

    def max(self, other):
        """The larger of two, number by number; the larger one takes the gradient, self if equal."""
        other = _node(other)
        wins = self.value >= other.value
        value = np.where(wins, self.value, other.value)
        return Node(value, "max", (self, other), lambda g: (g * wins, g * ~wins))

    def backward(self):
        """Fill in `grad`, the gradient of this node, for every node that it was made from.

        Raises
        ------
        ValueError
            If this node is not a single number.
        """
        if self.value.ndim:
            raise ValueError(f"backward: only a single number has a slope, got {self.value.shape}")
        order = ancestors(self)
        for node in order:
            node.grad = np.zeros_like(node.value)
        self.grad = np.ones_like(self.value)
        for node in reversed(order):
            for source, gradient in zip(node.sources, _pulled(node), strict=True):
                source.grad = source.grad + _shaped_as(source.value, gradient)


def ancestors(node):
    """The node and all that it was made from, everything after its sources, each once."""
    order, seen = [], set()

    def visit(one):
        if id(one) not in seen:
            seen.add(id(one))
            for source in one.sources:
                visit(source)
            order.append(one)

    visit(node)
    return order


def _node(value):
    return value if isinstance(value, Node) else Node(value)


def _pulled(node):
    return node.pull(node.grad) if node.pull else ()


def _shaped_as(value, gradient):
    """Add up what was spread by broadcasting, so that a gradient has its value's shape."""
    extra = tuple(range(gradient.ndim - value.ndim))
    gradient = gradient.sum(axis=extra)
    spread = tuple(k for k, n in enumerate(value.shape) if n == 1 and gradient.shape[k] != 1)
    return gradient.sum(axis=spread, keepdims=True)
