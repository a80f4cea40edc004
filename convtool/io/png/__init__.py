"""PNG: the file's chunks, its row filters and interlacing, and what reads and writes it."""
