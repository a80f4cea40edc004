"""A command's words: which of them is the pipeline, and what was meant by a wrong one."""

import os
import re
from collections.abc import Sequence

import click

from convtool.core.errors import quoted, shortened
from convtool.ops.registry import is_stages

PIPELINES = (".toml", ".json")
"""How names of pipelines' files end."""


def pipeline_first(words: Sequence[str], usual: int) -> list[str]:
    """The words that are a pipeline and images, the pipeline first, wherever it was.

    It is the one at the `usual` place, unless another one alone reads as a pipeline.
    """
    others = [i for i, word in enumerate(words) if _is_pipeline(word)]
    found = usual if usual in others or not others else others[0]
    return [words[found], *words[:found], *words[found + 1 :]]


def _is_pipeline(word: str) -> bool:
    """Whether a word is stages or a pipeline's file, and no image that is called so."""
    return word.lower().endswith(PIPELINES) or (is_stages(word) and not os.path.exists(word))


def check_pipeline(pipeline: str) -> None:
    """UsageError for a file, as an image, in the place of a pipeline."""
    reads_as_one = pipeline.lower().endswith(PIPELINES) or is_stages(pipeline)
    if not reads_as_one and os.path.isfile(pipeline):
        raise click.UsageError(
            f"{pipeline} is no PIPELINE, expected stages as 'conv -k edge | relu', "
            "or a .toml or .json file"
        )


def check_size(image: str) -> None:
    """UsageError for a size that is written otherwise than 480x640x3, and is no file."""
    is_size = re.fullmatch(r"\d+((\s*[xX*,:;]\s*|\s+)\d+){0,3}", image, re.ASCII)
    if is_size and not os.path.exists(image):
        raise click.UsageError(f"found {quoted(image)}, expected IMAGE or a size as 480x640x3")


def kernel_hint(pipeline: str) -> str:
    """What to add to an error about a pipeline that seems to be a kernel; or nothing."""
    if is_stages(pipeline) or "|" in pipeline or not pipeline.strip():
        return ""
    import shlex  # for this alone

    return f"; a kernel is given as --kernel {shortened(shlex.quote(pipeline))}"
