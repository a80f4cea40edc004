"""Servers on the loopback that are no Dask scheduler, whatever they pretend to be."""

import socket
import struct
import threading
from contextlib import suppress

NAME = "a server of the tests"
"""Of its threads."""


class Server:
    """Treats each connection as `behaviour` says, on a thread of its own, until it is closed."""

    def __init__(self, behaviour):
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections = []
        self.met = threading.Event()
        self.location = f"127.0.0.1:{self._listener.getsockname()[1]}"
        _start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """Close all connections, and go on to accept new ones."""
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._connections.append(connection)
                _start(self._treat, connection)
                self.met.set()

    def _treat(self, connection):
        with suppress(OSError), connection:
            self._behaviour(connection)


def _start(call, *arguments):
    threading.Thread(target=call, args=arguments, name=NAME, daemon=True).start()


def hold(connection):
    """Take all that comes, and say nothing."""
    while connection.recv(65536):
        pass


def leave(connection):
    """Close at once."""


def say(*frames, then=hold):
    """Say so much."""

    def behaviour(connection):
        connection.sendall(b"".join(frames))
        then(connection)

    return behaviour


def pour(chunk):
    """Say it again and again, for ever."""

    def behaviour(connection):
        while True:
            connection.sendall(chunk)

    return behaviour


def echo(connection):
    """Give back all that comes."""
    while chunk := connection.recv(65536):
        connection.sendall(chunk)


def echo_once(connection):
    """Give back what comes first, which makes it a handshake, and then say nothing."""
    connection.sendall(connection.recv(65536))
    hold(connection)


def relay(location):
    """Pass all on, to and fro."""
    host, _, port = location.rpartition(":")

    def behaviour(connection):
        with socket.create_connection((host, int(port))) as beyond:
            _start(_pass_on, beyond, connection)
            _pass_on(connection, beyond)

    return behaviour


def _pass_on(source, target):
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


def words(*numbers):
    """Numbers as Dask has them before its frames."""
    return struct.pack(f"{len(numbers)}Q", *numbers)


SILENT = {
    "says nothing": hold,
    "says half a frame": say(words(100), b"half"),
    "says nothing more after the handshake": echo_once,
}

STRANGE = {
    "closes at once": leave,
    "closes in a frame": say(words(100), b"half", then=leave),
    "zeros": pour(bytes(4096)),
    "ones": pour(b"\xff" * 4096),
    "all bytes": pour(bytes(range(256))),
    "HTTP": say(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
    "a huge frame": say(words(2**60)),
    "a huge number of frames": say(words(8, 2**40)),
    "a huge frame among frames": say(words(16, 1, 2**60)),
    "a number": say(words(17, 1, 1), b"\x01"),
    "what it is told": echo,
}
