"""Large filters: a convolution is a plain product between Fourier transforms.

The transform of a slide is a product, frequency by frequency, whatever the filter's size is:

    out = inverse FFT of [ FFT(x) * conjugate of FFT(w) ],     summed over channels

For every frequency the sum over channels is a matrix product, (N, C) @ (C, F) of complex numbers.
The transforms cost about log2(H W) operations a pixel, which pays once a filter has far more taps
than that; and everything is larger than the images. (Mathieu, Henaff and LeCun, 2014.)

For stride 1 without dilation. Images are (N, H, W, C) here, spectra (frequencies, N, C).
"""

import numpy as np

from cs_cnn.fast_layers.blocks import add_up, blocks, padded, turned
from cs_cnn.fast_layers.threads import each

BLOCK_BYTES = 2e6


def spectrum(image):
    """The Fourier transform of (N, H, W, C), real in, as (H (W // 2 + 1), N, C)."""
    N, _, _, C = image.shape
    transform = np.fft.rfft2(image, axes=(1, 2))
    return np.ascontiguousarray(transform.transpose(1, 2, 0, 3)).reshape(-1, N, C)


def picture(values, H, W):
    """The reverse of `spectrum`: (N, H, W, C)."""
    _, N, C = values.shape
    transform = values.reshape(H, W // 2 + 1, N, C).transpose(2, 0, 1, 3)
    return np.fft.irfft2(transform, (H, W), axes=(1, 2))


def _parts(x, w, out):
    """The size of a padded image, and blocks of whole images."""
    N, H_out, W_out, F = out.shape
    H, W = H_out + w.shape[2] - 1, W_out + w.shape[3] - 1
    images = max(1, int(BLOCK_BYTES / (H * W * (w.shape[1] + F) * x.itemsize)))
    return H, W, blocks(N, 1, 1, images)


def forward(x, w, b, out, places):
    """Write the convolution of x (N, H, W, C) with w (F, C, KH, KW) into out."""
    H_out, W_out = out.shape[1:3]
    H, W, parts = _parts(x, w, out)
    taps = padded("fft filters", w.transpose(0, 2, 3, 1), 0, 0, H, W)
    filters = spectrum(taps).conj().swapaxes(1, 2)

    def one(block):
        image = padded("fft image", x[block[0]], places.top, places.left, H, W)
        sums = picture(spectrum(image) @ filters, H, W)[:, :H_out, :W_out]
        np.add(sums, 0 if b is None else b, out=out[block[0]])

    each(one, parts, 0.1 * out.size * w[0].size)


def image_gradient(dout, w, dx, places):
    """Write the gradient by the images into dx (N, H, W, C)."""
    filters, places = turned(w, places)
    forward(dout, filters, None, dx, places)


def kernel_gradient(x, dout, w, places):
    """The gradients by w and by the biases, from dout (N, H_out, W_out, F).

    dout slides over x, image by image. Frequency 0 of dout is its sum.
    """
    F, C, KH, KW = w.shape
    H, W, parts = _parts(x, w, dout)

    def one(block, dw):
        image = padded("fft image", x[block[0]], places.top, places.left, H, W)
        gradient = padded("fft gradient", dout[block[0]], 0, 0, H, W)
        waves = spectrum(gradient)
        products = waves.conj().swapaxes(1, 2) @ spectrum(image)
        dw[:, :-1] = picture(products, H, W)[:, :KH, :KW].reshape(F, -1)
        np.sum(waves[0].real, axis=0, out=dw[:, -1])

    dw = add_up(one, parts, (F, w[0].size + 1), x.dtype, 0.1 * dout.size * w[0].size)
    return dw[:, :-1].reshape(F, KH, KW, C).transpose(0, 3, 1, 2), dw[:, -1]
