"""Kernels in the forms that files have them in: one file a form, both ways where it is written."""
