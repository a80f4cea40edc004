"""Many images: which they are, where their maps go, and how each of them ended."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from convtool.core.choices import STREAM
from convtool.core.engine import engine
from convtool.core.errors import ConvtoolError
from convtool.core.frames import existing
from convtool.ops.operation import Maps

from .inputs import Image, gather
from .lost import notes_on_lost
from .naming import PLACEHOLDER, check_names, check_template, targets
from .output import Output, image_format, sweep_beside
from .report import BatchReport, Planned, Progress

if TYPE_CHECKING:
    from convtool.batch.job import Job, Outcome, Work
    from convtool.io.formats import Format


class Request(NamedTuple):
    """What the command line says of many images."""

    out_dir: str | None
    name: str | None
    recursive: bool
    from_file: str | None
    null: bool
    skip_existing: bool
    fail_fast: bool
    json_: bool
    scheduler: str | None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Request":
        """From the parsed options."""
        return cls(*(given[name] for name in cls._fields))


def run(names: Sequence[str], request: Request, make: Callable[[], Maps], output: Output) -> None:
    """Work on all images, and exit with 1 if one of them fails."""
    _check(names, request, output)
    engine()  # or a wrong CONVTOOL_ENGINE would be told once for each image
    images = gather(names, request.from_file, request.null, request.recursive, request.out_dir)
    if not (request.out_dir or output.path):
        raise click.UsageError("say where the maps go: -d DIR, or -o FILE for a single image")
    if output.path and len(images) != 1:
        raise click.UsageError(
            f"-o {output.path} is one file, and there are {len(images)} images: use -d DIR"
        )
    from convtool.io.formats import extension_of, format_of_file

    maps = make()
    named = request.name and os.path.join(request.out_dir or "", request.name)

    def format_of(image: Image) -> "Format":
        path = named.replace("{ext}", extension_of(image.path)[1:]) if named else output.path
        return output.format_for(path, partial(format_of_file, image.path, output.table))

    plans = list(_plans(_files(images, list(maps), format_of, request, output), request))
    jobs = {
        _job(plan, files, format_of(plan.image), request): plan
        for plan, files in plans
        if plan.files
    }
    for plan in jobs.values():
        output.check_files([plan.image.path], plan.files, maps)
    for name in dict.fromkeys(job.format for job in jobs):
        output.say_beforehand(image_format(None, name))
    sweep_beside(file for plan in jobs.values() for file in plan.files)
    progress = Progress(len(jobs), not output.quiet)
    first = output.frames.first if output.frames else 0
    report = BatchReport(request.json_, output.quiet, progress, first)
    for plan, _ in plans:
        report.skip(plan)
    cluster_failed = False
    try:
        _do(jobs, _work(maps, output), request, output, report)
    except ConvtoolError as error:  # of the cluster, and of no image
        cluster_failed = True
        report.progress.say(str(error))
    finally:
        output.say(*notes_on_lost(report.maps, output.look, maps))
        if report.done or report.failed or not cluster_failed:
            output.say(report.summary(len(plans)))
    if report.failed or cluster_failed:
        raise click.exceptions.Exit(1)


def _do(
    jobs: "Mapping[Job, Planned]",
    work: "Work",
    request: Request,
    output: Output,
    report: BatchReport,
) -> None:
    """Do the jobs, and report each; ends at the first that fails if that is asked for."""
    from convtool.batch.run import do_all

    found = do_all(list(jobs), work, output.threads, request.scheduler)
    with report.progress, closing(found) as outcomes:
        for job, outcome in outcomes:
            report.add(jobs[job], _as_given(outcome, job, jobs[job]))
            report.progress.step()
            if outcome.error is not None and request.fail_fast:
                return


def _work(maps: Maps, output: Output) -> "Work":
    """What is done to every image."""
    from convtool.batch.job import Work

    return Work(
        tuple(tuple(operators) for operators in maps.values()),
        output.look,
        output.packing,
        output.max_pixels,
        output.table,
        output.frames,
    )


def _check(names: Sequence[str], request: Request, output: Output) -> None:
    """Raise UsageError for options that contradict one another."""
    if request.out_dir and output.path:
        raise click.UsageError("--output and --out-dir exclude each other")
    if output.path == STREAM:
        raise click.UsageError("-o - is for a single image, without --json and the like")
    if request.scheduler and output.threads:
        raise click.UsageError("--threads is for this machine, and --scheduler has its own")
    if request.name:
        check_template(request.name)
    if request.out_dir and os.path.exists(request.out_dir) and not os.path.isdir(request.out_dir):
        raise ConvtoolError(f"{request.out_dir}: is a file, expected a folder for the maps")
    if request.json_ and sys.stdout is None:
        raise ConvtoolError("stdout is closed, expected it open for --json")
    if not request.from_file and (not names or names == (STREAM,)):
        raise click.UsageError("an image from stdin has no name: use -o FILE, and none of these")


def _files(
    images: Sequence[Image],
    maps: Sequence[str],
    format_of: "Callable[[Image], Format]",
    request: Request,
    output: Output,
) -> list[tuple[Image, list[str]]]:
    """The images, each with the files of its maps."""
    if output.path:
        check_names(maps, output.path, "-o")
        return [(images[0], [output.path.replace(PLACEHOLDER, name) for name in maps])]
    if request.name:
        check_names(maps, request.name, "--name")

    def template(image: Image) -> str:
        return request.name or f"{{stem}}-{PLACEHOLDER}{format_of(image).extensions[0]}"

    return targets(
        images,
        maps,
        request.out_dir or "",
        template,
        leave=request.skip_existing,
        overwrite=output.overwrite,
    )


def _plans(
    files: Iterable[tuple[Image, list[str]]], request: Request
) -> Iterator[tuple[Planned, dict[int, str]]]:
    """Each image's plan, and the numbers and files of the maps that are still to be written."""
    for image, all_ in files:
        there = [file for file in all_ if request.skip_existing and existing(file)]
        left = {number: file for number, file in enumerate(all_) if file not in there}
        yield Planned(image, tuple(left.values()), tuple(there)), left


def _job(plan: Planned, files: Mapping[int, str], format_: "Format", request: Request) -> "Job":
    """The job of a plan; on other machines paths from here mean nothing."""
    from convtool.batch.job import Job

    here = os.getcwd() if request.scheduler else ""
    targets = tuple((n, os.path.join(here, file)) for n, file in files.items())
    return Job(os.path.join(here, plan.image.path), targets, format_.name)


def _as_given(outcome: "Outcome", job: "Job", plan: Planned) -> "Outcome":
    """The outcome with an error that names files as the command line does."""
    places = {job.source: plan.image.path}
    places |= {path: name for (_, path), name in zip(job.targets, plan.files, strict=True)}
    for path, name in places.items():
        if outcome.error and outcome.error.startswith(f"{path}: "):
            return outcome._replace(error=name + outcome.error[len(path) :])
    return outcome
