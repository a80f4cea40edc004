"""Kernels computed from parameters, such as gaussian:7,1.5."""
