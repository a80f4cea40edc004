"""TIFF files in the type of their own numbers."""
