"""The bundled kernels, JSON and text files; `convtool.kernel.lookup` finds them by name."""
