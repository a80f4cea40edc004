"""The one exception that convtool raises on purpose."""


class ConvtoolError(ValueError):
    """A job that cannot be done as asked.

    The message is one sentence: the place (file, row, option), what was found there and
    what was expected.
    """
