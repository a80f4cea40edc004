"""One command a file: it parses, calls the library and reports."""
