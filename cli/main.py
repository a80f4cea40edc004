"""The group of commands, and how every one of them ends: exit codes, messages, interrupts."""

import errno
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from convtool.core.errors import ConvtoolError, shortened
from convtool.core.interrupts import exit_code, received
from convtool.core.version import __version__

from .lazy import LazyGroup, imported
from .messages import say_line, say_text

FAILED, WRONG_USAGE = 1, 2

COMMANDS = {
    "conv": "conv:conv",
    "pool": "pool:pool",
    "run": "run:run",
    "explain": "explain:explain",
    "shape": "shape:shape",
    "kernel": "kernel.group:kernel",
    "fit": "fit:fit",
    "help": "help:help_",
}
"""The commands, and where each is in `commands`."""


class Main(LazyGroup):
    """The group of all commands, which ends as the shell expects."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit: 0 done, 1 failed, 2 wrong usage, 130 on Ctrl-C."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name, **extra)
            sys.exit(code if isinstance(code, int) else 0)
        except click.exceptions.NoArgsIsHelpError as error:
            say_text(error.format_message())
            sys.exit(WRONG_USAGE)
        except click.UsageError as error:
            path = shortened(error.ctx.command_path) if error.ctx else "convtool"
            say_line(f"{path}: {error.format_message()}")
            sys.exit(WRONG_USAGE)
        except click.ClickException as error:
            say_line(f"convtool: {error.format_message()}")
            sys.exit(error.exit_code)
        except ConvtoolError as error:
            say_line(f"convtool: {error}")
            sys.exit(FAILED)
        except MemoryError:
            say_line("convtool: there is not enough memory for this image")
            sys.exit(FAILED)
        except BrokenPipeError:
            # Whoever read our output has had enough. Python flushes stdout once more at exit.
            if sys.stdout is not None:
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(FAILED)
        except OSError as error:
            say_line(f"convtool: {_of_the_system(error)}")
            sys.exit(FAILED)
        except (click.Abort, KeyboardInterrupt):
            sys.exit(exit_code())
        except Exception:
            if received() is None:
                raise
            sys.exit(exit_code())  # an import that it came into fails in its own way


def _of_the_system(error: OSError) -> str:
    """What an error of the system's says, of no file: a command names those that it was given."""
    if error.errno in (errno.EMFILE, errno.ENFILE):  # by an import, or the pipe to a process
        return "too many files are open at once, expected a higher limit: ulimit -n"
    return f"stdout cannot be written: {error.strerror or error}"  # by --help or --version


def _version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from convtool.core.engine import engine

        click.echo(f"convtool {__version__} ({engine()})")
        ctx.exit()


@click.group(
    cls=Main,
    names=COMMANDS,
    find=imported(COMMANDS, f"{__package__}.commands"),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version and the engine, and exit.",
)
def cli() -> None:
    """Convolve and pool images from the shell.

    \b
    Examples:
      convtool conv photo.png --kernel edge.json -o edges.png
      convtool conv photo.png -k edge --format npy | convtool pool -o half.png
      convtool conv photo.png --kernel '0 -1 0; -1 5 -1; 0 -1 0' -o sharp.csv

    Results go to stdout or to a file, words to stderr. Exit status: 0 done, 1 failed,
    2 wrong usage, 130 interrupted.
    """
