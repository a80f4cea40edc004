"""Operators: convolution, pooling, functions of single pixels, combinations; and their options."""
