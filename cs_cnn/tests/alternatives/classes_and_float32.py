"""A layer object behind the functions, products in float32, the sum over kernel offsets."""

import numpy as np
import torch


class Conv:
    def __init__(self, x, w, b, **options):
        self.x, self.w, self.b, self.options = x, w, b, options

    def forward(self):
        x, w = (
            torch.tensor(np.ascontiguousarray(a), dtype=torch.float32) for a in (self.x, self.w)
        )
        b = None if self.b is None else torch.tensor(self.b, dtype=torch.float32)
        self.inputs = [t.requires_grad_() for t in (x, w, b) if t is not None]
        self.out = torch.nn.functional.conv2d(x, w, b, **self.options)
        return self.out.detach().numpy().astype(self.x.dtype)

    def backward(self, dout):
        g = torch.autograd.grad(self.out, self.inputs, torch.tensor(dout, dtype=torch.float32))
        g = [t.numpy().astype(dout.dtype) for t in g]
        return (*g, None) if self.b is None else tuple(g)


def conv2d_forward(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    layer = Conv(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups)
    return layer.forward(), layer


def conv2d_backward(dout, cache):
    return cache.backward(dout)
