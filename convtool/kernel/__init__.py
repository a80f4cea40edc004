"""Kernels: the class, files in every format, lookup by name, parametric ones, transforms."""
