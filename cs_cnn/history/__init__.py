"""The machines that led to convolutional networks, rebuilt small: one file a machine."""
