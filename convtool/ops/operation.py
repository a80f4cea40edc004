"""One kind of stage: what it is called, its options, and the operators built from them.

One definition serves the command of that name, the words of a pipeline, and a pipeline's file.
NumPy is not imported until operators are built.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..core.errors import ConvtoolError, OptionError, nearest, quoted, shortened
from ..core.params import Flag, Option

if TYPE_CHECKING:
    from ..kernel.lookup import Lookup
    from .base import Operator

Given = Mapping[str, Any]
"""The values of all options of a stage by name; None where one was not given."""

Maps = dict[str, "list[Operator]"]
"""Name of a map -> the operators, one after another, that make it."""


class Operation(NamedTuple):
    """One kind of stage."""

    name: str
    options: tuple[Option, ...]
    make: "Callable[[Given, Lookup], Maps]"
    check: Callable[[Given], None] = lambda given: None
    """Raises OptionError for options that contradict one another."""

    @property
    def names(self) -> list[str]:
        """Those of its options."""
        return [option.name for option in self.options]

    def read(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The values of all options, of those that were given by name.

        Raises OptionError for a name that is unknown, and for a value that is none.
        """
        for name in given:
            if name not in self.names:
                raise OptionError(f"no option {quoted(name)}, {self._expected(name, self.names)}")
        values = {option.name: _value(option, given.get(option.name)) for option in self.options}
        self.check(values)
        return values

    def option(self, flag: str) -> Option:
        """The option that a word like --size or -s begins; OptionError if there is none."""
        for option in self.options:
            if flag == option.flag or (option.short and flag == f"-{option.short}"):
                return option
        flags = [option.flag for option in self.options]
        raise OptionError(f"no such option {shortened(flag)}, {self._expected(flag, flags)}")

    def _expected(self, found: str, known: list[str]) -> str:
        """What could have been meant by a name."""
        if not known:
            return f"{self.name} takes none"
        near = nearest(found, known)
        return f"nearest: {', '.join(near)}" if near else f"expected one of: {', '.join(known)}"


def _value(option: Option, given: object) -> Any:
    """An option's value, or its default."""
    if given is None and option.default is not None:
        given = option.default
    if given is None:
        return () if option.several else False if isinstance(option.kind, Flag) else None
    try:
        if option.several:
            each = given if isinstance(given, list | tuple) else [given]
            return tuple(option.kind.read(value) for value in each)
        return option.kind.read(given)
    except ConvtoolError as error:
        raise OptionError(f"{option.name}: {error}") from None
