"""Operators over an image, band by band, and from values to pixels."""
