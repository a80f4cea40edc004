"""Arguments in the order, or of the kind, that another command takes: the error says so."""

import os
import re

import click

from convtool.core.errors import quoted, shortened
from convtool.ops.registry import OPERATIONS

PIPELINES = (".toml", ".json")
"""How names of pipelines' files end."""


def check_image_first(image: str, pipeline: str | None) -> None:
    """UsageError where stages stand in the place of IMAGE, and something behind them."""
    if pipeline is not None and _is_stages(image) and not os.path.exists(image):
        raise click.UsageError(f"IMAGE comes before PIPELINE, found {quoted(image)} first")


def check_pipeline_first(pipeline: str) -> None:
    """UsageError where a file, or a folder, that is no pipeline stands in the place of PIPELINE."""
    if pipeline.lower().endswith(PIPELINES) or _is_stages(pipeline):
        return
    if os.path.exists(pipeline):
        raise click.UsageError(f"PIPELINE comes before IMAGE, found {quoted(pipeline)} first")


def check_size(image: str) -> None:
    """UsageError for a size that is written otherwise than 480x640x3, and is no file."""
    is_size = re.fullmatch(r"\d+((\s*[xX*,:;]\s*|\s+)\d+){1,3}", image, re.ASCII)
    if is_size and not os.path.exists(image):
        raise click.UsageError(f"found {quoted(image)}, expected IMAGE or a size as 480x640x3")


def kernel_hint(pipeline: str) -> str:
    """What to add to an error about a pipeline that seems to be a kernel; or nothing."""
    if _is_stages(pipeline) or "|" in pipeline or not pipeline.strip():
        return ""
    import shlex  # for this alone

    return f"; a kernel is given as --kernel {shortened(shlex.quote(pipeline))}"


def _is_stages(text: str) -> bool:
    """Whether it begins as a pipeline does."""
    return next(iter(re.findall(r"[^\s|]+", text)), "") in OPERATIONS
