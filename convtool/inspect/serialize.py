"""An explanation as JSON."""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from convtool.inspect.explain import Explanation, Path, Region
    from convtool.inspect.steps.base import Patch, Step, Working


def as_json(image: str, name: str, found: "Explanation") -> dict[str, Any]:
    """All of it, in lists and numbers; NaN and infinity are the texts "nan", "inf" and "-inf"."""
    output = found.output
    return {
        "image": image,
        "map": name,
        "row": found.row,
        "col": found.col,
        "shape": [output.height, output.width, len(output.channels)],
        "range": found.range,
        "depth": found.depth,
        "channels": [_path(path) for path in found.paths],
        "receptive_fields": [
            {
                "stage": stop.label,
                "input_shape": [stop.input.height, stop.input.width, len(stop.input.channels)],
                **_region(stop.region),
                "border": stop.border or None,
            }
            for stop in found.stops
        ],
    }


def _region(region: "Region") -> dict[str, Any]:
    """First and last positions, both counted; what is seen as a list of such runs."""
    return {
        "rows": [region.rows[0], region.rows[1] - 1],
        "cols": [region.cols[0], region.cols[1] - 1],
        "seen_rows": [[first, last - 1] for first, last in region.seen_rows],
        "seen_cols": [[first, last - 1] for first, last in region.seen_cols],
    }


def _path(path: "Path") -> dict[str, Any]:
    return {
        "channel": path.channel,
        "value": _number(path.value),
        "pixel": path.pixel,
        "pixel_steps": _steps(path.steps),
        "stages": [_working(one) for one in path.workings],
    }


def _working(one: "Working") -> dict[str, Any]:
    followed = one.followed
    return {
        "stage": one.stage,
        "kind": one.kind,
        "channel": one.channel,
        "row": one.row,
        "col": one.col,
        "windows": [_patch(patch) for patch in one.patches],
        "terms": [_working(term) for term in one.terms],
        "steps": _steps(one.steps),
        "value": _number(one.value),
        "followed": None
        if followed is None
        else {
            "channel": followed.number,
            "row": followed.source[0],
            "col": followed.source[1],
            "why": followed.why,
        },
    }


def _patch(patch: "Patch") -> dict[str, Any]:
    return {
        "channel": patch.channel,
        "rows": list(patch.rows),
        "cols": list(patch.cols),
        "source_rows": [None if row < 0 else row for row in patch.source_rows.tolist()],
        "source_cols": [None if col < 0 else col for col in patch.source_cols.tolist()],
        "pixels": _numbers(patch.pixels.tolist()),
        "border": patch.border.tolist(),
        "weights": None if patch.weights is None else _numbers(patch.weights.tolist()),
        "products": None if patch.products is None else _numbers(patch.products.tolist()),
    }


def _steps(steps: "Sequence[Step]") -> list[dict[str, Any]]:
    return [{"step": step.text, "value": _number(step.value)} for step in steps]


def _numbers(grid: list[list[Any]]) -> list[list[Any]]:
    return [[_number(value) for value in row] for row in grid]


def _number(value: float) -> Any:
    """A number as JSON has it; whole ones without a fraction."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if value == int(value) and abs(value) < 2**53 else value
