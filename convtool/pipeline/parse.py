"""Pipelines as text: the words of a command line, or a list of stages as TOML or JSON.

    conv --kernel edge.json --stride 2 | relu | pool --mode max --size 2

    [[stages]]                          {"stages": [
    op = "conv"                             {"op": "conv", "kernel": "edge.json", "stride": 2},
    kernel = "edge.json"                    {"op": "relu"}
    stride = 2                          ]}

An option is a key, with ``_`` for ``-``; one that may be given several times may be a list.
"""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from ..core.errors import ConvtoolError, OptionError, at, quoted, shortened
from ..core.params import Flag, Option
from ..ops.operation import Operation
from ..ops.registry import OPERATIONS

_DEEP_KEY = r"""(?<![\w"'-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}"""
"""A key of TOML that is nested a hundred times: a.a.a. ..."""

Step = tuple[object, Mapping[str, object]]
"""A stage's name, and what its options are given as."""


def steps_of_words(text: str) -> list[Step]:
    """The stages of an inline pipeline; OptionError for what cannot be one."""
    if not text.strip():
        return []
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    lexer.commenters = ""
    stages: list[list[str]] = [[]]
    try:
        for word in lexer:
            if word.strip("|"):
                stages[-1].append(word)
            else:
                stages += [[] for _ in word]
    except ValueError:
        raise OptionError("a quote is not closed, or nothing follows a backslash") from None
    if not all(stages):
        raise OptionError("found no stage before or behind a |, expected one, such as relu")
    steps = []
    for number, (name, *options) in enumerate(stages, start=1):
        with at(f"stage {number}: {shortened(name)}"):
            steps.append(_step(name, options))
    return steps


def steps_of_toml(text: str) -> list[Step]:
    """The stages of a TOML file."""
    import tomllib  # each form needs a library of its own

    if re.search(_DEEP_KEY, text):  # for which tomllib takes memory that grows with its square
        raise ConvtoolError("nested too deeply, expected a list of stages")
    try:
        return _steps(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConvtoolError(f"{error}, expected TOML") from None
    except ConvtoolError:
        raise
    except ValueError:  # Python reads no number of more than some thousands of digits
        raise ConvtoolError("holds a number of too many digits") from None
    except RecursionError:
        raise ConvtoolError("nested too deeply, expected a list of stages") from None


def steps_of_json(text: str) -> list[Step]:
    """The stages of a JSON file."""
    from ..core.strict_json import load_json

    return _steps(load_json(text))


def _step(name: str, words: Iterable[str]) -> Step:
    """A stage's name, and what the words behind it give its options."""
    operation = OPERATIONS.get(name)
    if operation is None:  # the name is to blame, whatever follows
        return name, {}
    given: dict[str, Any] = {}
    left = iter(words)
    for word in left:
        option, value = _option(operation, word)
        if isinstance(option.kind, Flag):
            if value is not None:
                raise OptionError(f"{option.flag} takes no value")
            given[option.name] = True
            continue
        value = next(left, None) if value is None else value
        if value is None:
            raise OptionError(f"{option.flag} requires a value")
        if option.several:
            given.setdefault(option.name, []).append(value)
        else:
            given[option.name] = value
    return name, given


def _option(operation: Operation, word: str) -> tuple[Option, str | None]:
    """The option that a word stands for, and the value in the same word: --size=2, -s2."""
    if not word.startswith("-") or word[1:2].isdigit():
        flags = ", ".join(option.flag for option in operation.options)
        expected = f"expected an option: {flags}" if flags else f"{operation.name} takes no options"
        hint = "; several weights go in quotes" if "kernel" in operation.names else ""
        raise OptionError(f"unexpected word {quoted(word)}, {expected}{hint}")
    if word.startswith("--"):
        flag, equals, value = word.partition("=")
        return operation.option(flag), value if equals else None
    return operation.option(word[:2]), word[2:] or None


def _steps(data: object) -> list[Step]:
    """The stages in a file: a list of objects, or an object with such a list under stages."""
    if isinstance(data, dict):
        others = [key for key in data if key != "stages"]
        if others or "stages" not in data:
            found = f"key {quoted(others[0])}" if others else "no stages"
            raise ConvtoolError(f"found {found}, expected a list of stages under stages")
        data = data["stages"]
    if not isinstance(data, list):
        raise ConvtoolError("stages is no list, expected stages as {op = ..., ...}")
    steps: list[Step] = []
    for number, stage in enumerate(data, start=1):
        if not isinstance(stage, dict) or "op" not in stage:
            known = ", ".join(OPERATIONS)
            raise ConvtoolError(f"stage {number}: has no op, expected one of: {known}")
        given = {key.replace("-", "_"): stage[key] for key in stage if key != "op"}
        steps.append((stage["op"], given))
    return steps
