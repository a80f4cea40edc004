"""The command line, installed as convtool.cli. Nothing in the library imports it."""
