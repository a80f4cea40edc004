"""How a value of a map becomes a pixel, step by step, as `tone` does it."""

import math

from ...core.errors import ConvtoolError
from ...pipeline.tone import Tone
from .base import Step, Value, numeral


def pixel_steps(tone: Tone, value: Value, pixel: int, off: float) -> tuple[Step, ...]:
    """The steps from a value to the engine's pixel, which is the last step.

    Raises ConvtoolError if the pixel differs from the result of the steps by more than rounding
    and `off`, the uncertainty of the value, explain.
    """
    if math.isnan(value):
        return (Step("NaN is black", pixel),)
    top = 255 if tone.depth == 8 else 65535
    steps: list[Step] = []
    shown, scale = float(value), 1.0
    if tone.needs_extremes:
        low, high = tone.extremes.low, tone.extremes.high
        if math.isinf(value):
            return (Step("infinite, as the largest or smallest that is not", pixel),)
        step, scale = _stretched(tone, shown, low, high, top)
        if step is None:
            return (Step("the map is flat", pixel),)
        steps.append(step)
        shown = float(step.value)
    else:
        if tone.range == "abs":
            shown = abs(shown)
            if shown != value:
                steps.append(Step("magnitude", _plain(shown)))
        if tone.white not in (None, top):
            scale = top / float(tone.white or 1)
            shown *= scale
            steps.append(Step(f"x {top} / {numeral(tone.white or 1)}", _plain(shown)))
    return (*steps, _last(shown, pixel, top, off * scale if off else 0.0))  # scale may be infinite


def _stretched(
    tone: Tone, value: float, low: float, high: float, top: int
) -> tuple[Step | None, float]:
    """The step of normalize or center, None for a flat map; and the scale."""
    if tone.range == "center":
        largest = max(abs(low), abs(high))
        if largest == 0:
            return None, 0.0
        middle = (top + 1) // 2
        text = f"{middle} + {middle - 1} x value / {numeral(largest)}"
        return Step(text, middle + (middle - 1) * (value / largest)), (middle - 1) / largest
    if not low < high:
        return None, 0.0
    below = "value" if low == 0 else f"(value {'-' if low > 0 else '+'} {numeral(abs(low))})"
    text = f"{below} / {numeral(high / 2 - low / 2 if high - low == math.inf else high - low)}"
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return Step(f"{text} x {top}", share * top), top / 2 / (high / 2 - low / 2)


def _last(shown: float, pixel: int, top: int, off: float) -> Step:
    kept = min(max(shown, 0.0), float(top))
    if not abs(kept - pixel) <= 0.5 + off + 1e-4:
        raise ConvtoolError(
            f"the pixel: the engine gives {pixel}, expected {numeral(kept)} rounded; "
            "this is an error in convtool"
        )
    if shown < -0.5 or shown >= top + 0.5:
        return Step(f"clipped from {numeral(shown)}", pixel)
    return Step("rounded" if shown != pixel else "pixel", pixel)


def _plain(value: float) -> Value:
    """A whole number as one."""
    return int(value) if abs(value) < 2.0**53 and value == int(value) else value
