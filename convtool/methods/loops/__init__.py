"""The inner loops that methods are built from, in NumPy."""
