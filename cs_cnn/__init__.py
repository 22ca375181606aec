"""cs_cnn: the library that the notebooks of the course build up to.

Importing it is light: NumPy only. `layers` holds every layer as its definition reads, `losses` what
training minimises, `gradient_check` how a gradient is trusted, `data` the images, `plots` the
pictures and `checks` what tells you whether your own version is right.
"""

__version__ = "0.1.0"
