"""What is found of a value, of shapes, of a kernel and of a fit, in the types of JSON.

Floats may be NaN or infinite: `strict_json.without_nan` gives these their texts.
"""

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..core.image import Header
    from ..fit.fit import Fit
    from ..inspect.explain import Explanation, Path
    from ..inspect.kernel import Facts
    from ..inspect.receptive_field import Region, StageField
    from ..inspect.shapes import Row, Shapes
    from ..inspect.steps.base import Calculation, Patch, Step
    from ..kernel.kernel import Kernel, Layer


def json_of_filter(one: "Kernel | Layer") -> dict[str, Any]:
    """A kernel with its facts; of a layer its name and size."""
    from ..kernel.kernel import Kernel

    if isinstance(one, Kernel):
        return json_of_kernel(one)
    return {"name": one.name, "size": list(one.weights.shape), "layer": True}


def json_of_fit(found: "Fit") -> dict[str, Any]:
    """A kernel that was learned, or a layer, and how well it is known."""
    from ..kernel.kernel import Kernel

    kernel, agreement = found.kernel, found.agreement
    biases, errors = found.biases, found.bias_errors
    bias: Any
    bias_error: Any
    if isinstance(kernel, Kernel):
        divisor, bias = kernel.divisor, kernel.bias
        bias_error = None if errors is None else float(errors[0])
    else:
        divisor, bias = 1, None if biases is None else biases.tolist()
        bias_error = None if errors is None else errors.tolist()
    return {
        "name": kernel.name,
        "size": list(kernel.weights.shape[2 * (not isinstance(kernel, Kernel)) :]),
        "weights": kernel.weights.tolist(),
        "divisor": divisor,
        "bias": bias,
        "rational": found.whole,
        "standard_errors": found.errors.tolist(),
        "bias_standard_error": bias_error,
        "condition": found.condition,
        "pairs": found.pairs,
        "used": found.used,
        "border": found.border,
        "clipped": found.clipped,
        "undefined": found.undefined,
        "residual": found.spread,
        "rms": agreement.rms,
        "psnr": agreement.psnr,
        "exact": agreement.exact,
        "exact_with_halves_up": None if found.rounded_up is None else found.rounded_up.exact,
        "explains": not found.poor,
    }


def json_of_kernel(kernel: "Kernel") -> dict[str, Any]:
    """A kernel and its facts."""
    from ..inspect.kernel import PLANNED, facts

    found = facts(kernel)
    dimensions = kernel.weights.ndim
    planned = "image" if dimensions == 2 else "volume"
    return {
        "name": kernel.name,
        "description": kernel.description,
        "size": list(kernel.shape),
        "weights": kernel.weights.tolist(),
        "divisor": kernel.divisor,
        "bias": kernel.bias,
        "anchor": list(found.anchor),
        "sum": found.sum,
        "integer": found.whole,
        "symmetric": list(found.symmetries),
        "antisymmetric": list(found.antisymmetries),
        "separable": found.is_separable,
        "rank": found.rank,
        **_factors(found),
        "gain": found.gains,
        "plan": {
            planned: list(PLANNED[dimensions]),
            "dtype": "uint8",
            "method": found.plan.method,
            "reason": found.plan.reason,
            **found.plan.parameters,
            "operations": found.plan.operations,
            "others": list(found.plan.others),
        },
    }


def _factors(found: "Facts") -> dict[str, Any]:
    """The lines that a kernel is the product of; with depth perhaps a line and a plane."""
    lines = ["slices", "column", "row"][-len(found.anchor) :]
    names = lines if found.is_separable else ["slices", "plane"]
    factors = (factor.tolist() for factor in found.factors or ())
    return dict.fromkeys(lines) | dict(zip(names, factors, strict=False))


def json_of_shapes(found: "Shapes") -> dict[str, Any]:
    """The shapes and the cost of a pipeline."""
    return {
        "input": found.input,
        "alpha": found.alpha,
        "stages": [_row(row) for row in found.rows],
        "weights": found.weights,
        "multiply_adds": found.multiply_adds,
        "fully_connected": {
            "inputs": found.inputs,
            "outputs": found.outputs,
            "weights": found.fully_connected,
        },
    }


def _row(row: "Row") -> dict[str, Any]:
    """A stage; where its kernels have different windows, a list with an entry for each kernel."""
    found = row._asdict()
    places = [place._asdict() for place in found.pop("places")]
    found["step"] = [_number(float(step)) for step in row.step]
    for key in ("window", "stride", "dilation", "padding"):
        values = [place[key] for place in places]
        found[key] = values if len(set(values)) > 1 else next(iter(values), None)
    return found


def json_of_explanation(image: str, name: str, found: "Explanation") -> dict[str, Any]:
    """How a value of the map `name` of an image comes about."""
    output = found.output
    return {
        "image": image,
        "map": name,
        **_place(output, found.row, found.col),
        "shape": list(output.shape),
        "range": found.range,
        "depth": found.depth,
        "channels": [_path(path, found.fields) for path in found.paths],
        "receptive_fields": [
            {
                "stage": field.label,
                "input_shape": list(field.input.shape),
                **_region(field.region),
                "border": field.border or None,
            }
            for field in found.fields
        ],
    }


def _region(region: "Region") -> dict[str, Any]:
    """First and last positions, both counted; what is seen as a list of such runs."""
    names = ("slices", "rows", "cols")[-len(region.spans) :]
    spans = dict(zip(names, region.spans, strict=True))
    seen = dict(zip(names, region.seen_along, strict=True))
    return {
        **{name: [first, last - 1] for name, (first, last) in spans.items()},
        **{f"seen_{name}": [[a, b - 1] for a, b in runs] for name, runs in seen.items()},
    }


def _place(header: "Header", row: int, col: int) -> dict[str, int]:
    """Where a value stands, with its slice in a volume."""
    place = header.place(row, col)
    return dict(zip(("slice", "row", "col")[-len(place) :], place, strict=True))


def _path(path: "Path", fields: "Sequence[StageField]") -> dict[str, Any]:
    return {
        "channel": path.channel,
        "value": _number(path.value),
        "pixel": path.pixel,
        "pixel_steps": _steps(path.steps),
        "stages": [
            _calculation(one, field) for one, field in zip(path.calculations, fields, strict=False)
        ],
    }


def _calculation(one: "Calculation", field: "StageField") -> dict[str, Any]:
    followed = one.followed
    return {
        "stage": one.stage,
        "kind": one.kind,
        "channel": one.channel,
        **_place(field.output, one.row, one.col),
        "windows": [_patch(patch, field.input) for patch in one.patches],
        "terms": [_calculation(term, field) for term in one.terms],
        "steps": _steps(one.steps),
        "value": _number(one.value),
        "followed": None
        if followed is None
        else {
            "channel": followed.number,
            **_place(field.input, *followed.source),
            "why": followed.why,
        },
    }


def _patch(patch: "Patch", header: "Header") -> dict[str, Any]:
    rows, slices = patch.source_rows.tolist(), {}
    if header.depth > 1 or patch.slice:
        seen = (row // header.size[1] for row in rows if row >= 0)
        slices = {"slice": patch.slice, "source_slice": next(seen, None)}
    return {
        "channel": patch.channel,
        **slices,
        "rows": list(patch.rows),
        "cols": list(patch.cols),
        "source_rows": [None if row < 0 else row % header.size[1] for row in rows],
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


def _number(value: float) -> float:
    """A whole number is an int."""
    if math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        return int(value)
    return value
