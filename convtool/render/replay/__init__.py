"""A page that shows how a kernel is learned: what is put into it, its HTML, style and script."""
