"""The connection with the scheduler of a Dask cluster, and how long it is waited for."""

import asyncio
import logging
import threading
import warnings
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.errors import ConvtoolError
from .schedule import Worker

if TYPE_CHECKING:
    from distributed import Client

Answer = TypeVar("Answer")

PATIENCE = 10.0
"""Seconds to connect to a scheduler."""

ABSENCE = 30.0
"""Seconds that a scheduler, or all of its workers, may be away in the middle of the work.

More than for connecting: who waits for a wrong address should know soon, but work that has gone
on for hours is not given up because a machine was busy for a while.
"""

GRACE = 1.0
"""Seconds for taking leave. A scheduler drops the tasks of a client that is gone in any case."""


class Scheduler:
    """A connection with a scheduler, none of whose calls waits without an end.

    Dask's client alone would: for a server that accepts a connection and says nothing; and where
    it fails to connect, once more as it is deleted. So it lives on an event loop of ours, on a
    thread of its own. Who asks there waits as long as he has patience, and what is still waited
    for on the loop is cancelled with it.
    """

    client: "Client"

    def __init__(self, address: str) -> None:
        """Raises ConvtoolError if Dask is not installed, or no scheduler answers."""
        self._address = address
        _import_dask()
        self._check()
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._loop = self._runner.get_loop()
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)
        self._thread.start()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of versions that differ: jobs look at ours
                self._ask(self._connect(), PATIENCE + GRACE)
        except Exception as error:  # whatever the network, or what answers there, makes of it
            self.close()
            if isinstance(error, OSError):
                raise self._refused("does not answer", error) from None
            told = f"{type(error).__name__}: {error}"
            raise self._refused("cannot be talked to", told) from None
        except BaseException:
            self.close()
            raise

    def workers(self) -> dict[Worker, int]:
        """All workers, with their threads.

        Raises ConvtoolError if the scheduler is gone.
        """
        if self.client.status != "running":
            raise self.gone("the connection was lost")
        try:
            return self._ask(self._threads(), ABSENCE)
        except Exception as error:  # whatever the network makes of it
            raise self.gone(error) from None

    def gone(self, reason: object) -> ConvtoolError:
        """The error for it."""
        return ConvtoolError(f"scheduler {self._address} is gone: {reason}")

    def close(self) -> None:
        """Take leave, and end the thread."""
        with suppress(Exception):  # it may be the scheduler that is no more
            self._ask(self._leave(), GRACE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(GRACE)

    def _check(self) -> None:
        """Refuse at once what is no address: Dask would try it until time is up."""
        from distributed.comm.addressing import parse_address, parse_host_port

        try:
            host, port = parse_host_port(parse_address(self._address)[1])
        except ValueError as error:
            raise self._refused("does not answer", error) from None
        if not host or any(c.isspace() for c in self._address) or not 0 < port < 2**16:
            raise self._refused("does not answer", "this is no address")

    def _refused(self, how: str, reason: object) -> ConvtoolError:
        return ConvtoolError(
            f"scheduler {self._address} {how}, expected one of Dask as tcp://host:8786: {reason}"
        )

    def _run(self) -> None:
        """The thread's life: the loop until it is stopped; then what is left there is cancelled."""
        with self._runner:
            self._loop.run_forever()

    def _ask(self, question: Coroutine[Any, Any, Answer], patience: float) -> Answer:
        """What a coroutine on the loop returns. Raises TimeoutError when patience is at its end."""
        future = asyncio.run_coroutine_threadsafe(question, self._loop)
        try:
            return future.result(patience)
        except TimeoutError:
            raise TimeoutError(f"it has not said anything for {patience:.0f} seconds") from None
        finally:
            future.cancel()

    async def _connect(self) -> None:
        from distributed import Client

        self.client = Client(
            self._address, asynchronous=True, timeout=PATIENCE, set_as_default=False
        )
        await self.client

    async def _threads(self) -> dict[Worker, int]:
        return dict(await self.client.nthreads())

    async def _leave(self) -> None:
        try:
            await self.client.close(GRACE)
        finally:
            self.client.status = "closed"  # or it would try again as it is deleted


def _import_dask() -> None:
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise ConvtoolError(
            "Dask is not installed: pip install '.[cluster]' in a checkout of convtool"
        ) from None
    for name in [*logging.root.manager.loggerDict]:  # we say what matters
        if name.partition(".")[0] in ("distributed", "tornado", "asyncio"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
