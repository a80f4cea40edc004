"""The version of convtool, known here alone."""

__version__ = "0.1.0"
