"""The bundled kernels, JSON and text files; `convtool.library` finds them by name."""
