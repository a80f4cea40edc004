"""The formats of kernel files, one file each, for both directions where it is written."""
