"""convtool kernel list: every kernel that a name finds."""

import os
import re
from typing import TYPE_CHECKING, Any

import click

from convtool.core.errors import ConvtoolError

from . import common

if TYPE_CHECKING:
    from convtool.kernel.kernel import Kernel, Layer

LONGEST_FORM = 26
"""Letters of a form in one line, which leave room for what it means."""


@click.command("list")
@common.json_
def list_(json_: bool) -> None:
    """List the kernels that a name finds, and the parametric ones.

    \b
    Examples:
      convtool kernel list
      convtool kernel list --json
      CONVTOOL_KERNELS=samples convtool kernel list

    Kernel files are those in the current folder, in ./kernels, in the folders of
    CONVTOOL_KERNELS, and the bundled ones. Where two have the same name, the first is found.
    """
    from convtool.kernel.lookup import known_kernels, local_kernels
    from convtool.kernel.parametric.catalog import GENERATORS

    from ...printing import print_json, print_line, print_table, wrapped

    files = [_entry(name, path) for name, path in (*local_kernels(), *known_kernels())]
    if json_:
        made = [
            {
                "name": generator.name,
                "depth": generator.may_have_depth,
                "description": generator.help,
                "example": generator.example,
                "parameters": [
                    {"name": option.name, "default": option.default, "description": option.help}
                    for option in generator.parameters
                ],
            }
            for generator in GENERATORS.values()
        ]
        print_json({"kernels": files, "generated": made})
        return
    rows = [[entry["name"], _size(entry), _words(entry)] for entry in files]
    print_table(("name", "size", "kernel"), rows)
    print_line("")
    print_table(
        ("parametric", "kernel", "as in"),
        [[_lines(one.form), one.help, one.example] for one in GENERATORS.values()],
    )
    print_line("")
    deep = ", ".join(one.name for one in GENERATORS.values() if one.may_have_depth)
    for line in wrapped(f"With depth, by a size of slices, rows and columns as 3x7x7: {deep}", 80):
        print_line(line)


def _lines(form: str) -> list[str]:
    """A form in lines that end after a parameter."""
    lines = [""]
    for part in re.findall("[^,]+,?", form):
        if len(lines[-1] + part) > LONGEST_FORM:
            lines.append("  ")
        lines[-1] += part
    return lines


def _entry(name: str, path: str) -> dict[str, Any]:
    """What there is to say of a kernel file; a picture is not opened for it."""
    from convtool.kernel.lookup import is_picture, listed_filters

    entry: dict[str, Any] = {"name": name, "path": path}
    if is_picture(path):
        stem = os.path.splitext(os.path.basename(path))[0]
        described = {"name": stem, "size": None, "description": "a picture"}
        return {**entry, "kernels": [described]}
    try:
        found = listed_filters(path)
    except ConvtoolError as error:
        return {**entry, "error": str(error)}
    return {**entry, "kernels": [_described(one) for one in found]}


def _described(one: "Kernel | Layer") -> dict[str, Any]:
    """Name, size and description of one kernel of a file."""
    words = getattr(one, "description", "weights of a layer")
    return {"name": one.name, "size": list(one.weights.shape), "description": words}


def _size(entry: dict[str, Any]) -> str:
    """3x3, or 8 of 3x3."""
    found = entry.get("kernels", [])
    sizes = ["x".join(map(str, one["size"])) for one in found if one["size"]]
    if len(sizes) < 2:
        return "".join(sizes)
    return f"{len(sizes)} of {sizes[0] if len(set(sizes)) == 1 else 'several sizes'}"


def _words(entry: dict[str, Any]) -> str:
    """The description, or the names in a bank, or what is wrong."""
    if "error" in entry:
        return f"broken: {entry['error']}"
    found = entry["kernels"]
    if len(found) == 1:
        return str(found[0]["description"])
    names = [one["name"] for one in found]
    return ", ".join(names if len(names) < 4 else [*names[:2], "...", names[-1]])
