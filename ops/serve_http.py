# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer HTTP with gunicorn, started from the settings instead of from its own command line.

The application is made in each server process, after the fork: database connections and locks are
never shared between processes.
"""

from __future__ import annotations

import ctypes
import gc
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gunicorn.app.base import BaseApplication

from ops.patient_worker import Patience, PatientWorker
from ops.take_turns import TakeTurns, WSGIApplication
from snapshot.errors import ConfigurationError

ADDRESS_FILE: Final = "address"
"""Name, in the data directory's `run/`, of the file that says where the server listens."""

PATIENT: Final = Patience()
AHEAD: Final = 16 << 20
"""Bytes of a body that are taken in before its request is worked on."""
#: Of glibc's mallopt: how many heaps there may be.
_M_ARENA_MAX: Final = -8


@dataclass(frozen=True, slots=True)
class Listen:
    """An address to listen on.

    Attributes:
        host: Name or address, without brackets.
        port: 0 lets the system choose.
    """

    host: str
    port: int

    @classmethod
    def from_text(cls, text: str) -> Listen:
        """Read `host:port` or `[v6]:port`.

        Args:
            text: As written in the settings.

        Returns:
            The address.

        Raises:
            ConfigurationError: It is not one.
        """
        host, colon, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]") if "]" in host else host
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            raise ConfigurationError(
                f"server.listen: not an address and a port: {text!r}",
                advice="For example 127.0.0.1:8484 or [::1]:8484.",
            )
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def reachable_url(host: str, port: int) -> str:
    """Where a client on this machine finds a listening socket.

    Args:
        host: The bound address; a wildcard stands for loopback.
        port: The bound port.

    Returns:
        A base URL without a trailing slash.
    """
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared only
    return f"http://{Listen(host, port)}"


def check_free(listen: Listen) -> None:
    """Refuse an address that cannot be bound, before any server process starts.

    Args:
        listen: Where the server would listen.

    Raises:
        ConfigurationError: Another program has it, or it is not this machine's.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        socket.create_server((listen.host, listen.port), family=family).close()
    except OSError as problem:
        raise ConfigurationError(
            f"server.listen: {listen}: {problem.strerror or problem}",
            advice="Choose another with --listen, or stop what listens there.",
        ) from problem


def free_port(listen: Listen) -> Listen:
    """Choose a free port now, for parts that must know it before the server is up.

    Args:
        listen: An address with port 0.

    Returns:
        The same host with a port that was free a moment ago.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.create_server((listen.host, 0), family=family) as probe:
        return Listen(listen.host, int(probe.getsockname()[1]))


class _Server(BaseApplication):
    def __init__(self, make: Callable[[], WSGIApplication], options: dict[str, Any]) -> None:
        self._make = make
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for key, value in self._options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        return self._make()


def _settle(worker: Any) -> None:
    """Tell the garbage collector, the allocator and gunicorn what a server is.

    What was imported and made stays for ever: a collection need not look at it again, and an
    answer of thousands of values is no reason for one. Threads take turns, so they can do with one
    heap: each would keep what it once needed. Settings change no more: gunicorn, which asks twenty
    times a request, finds them as plain attributes instead of by two calls each.
    """
    vars(worker.cfg).update((name, one.get()) for name, one in worker.cfg.settings.items())
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def serve_http(
    make: Callable[[], WSGIApplication],
    *,
    listen: Listen,
    processes: int,
    threads: int,
    run: Path,
    announce: Callable[[str], None],
    connections: int = 128,
    patience: Patience = PATIENT,
) -> None:
    """Serve until SIGTERM or SIGINT; does not return (gunicorn exits the process).

    Args:
        make: Makes the application; called in each server process.
        listen: Where.
        processes: Server processes.
        threads: Requests that each of them works on at the same time.
        run: Directory for the address file and for heartbeats.
        announce: Is told the address once requests are accepted.
        connections: Clients that each of them serves at the same time, slow ones included.
        patience: How long a client may take.

    Raises:
        ConfigurationError: The address cannot be bound.
    """
    check_free(listen)
    address = run / ADDRESS_FILE

    def ready(arbiter: Any) -> None:
        bound = arbiter.LISTENERS[0].sock.getsockname()
        url = reachable_url(bound[0], bound[1])
        draft = address.with_name(f".{address.name}.new")
        draft.write_text(url + "\n", encoding="utf-8")
        draft.rename(address)
        announce(url)

    def gone(_: Any) -> None:
        address.unlink(missing_ok=True)

    _Server(
        lambda: TakeTurns(make(), turns=threads, ahead=AHEAD),
        {
            "bind": str(listen),
            "workers": processes,
            "worker_class": PatientWorker.with_patience(patience),
            "threads": connections,
            "timeout": 120,
            "graceful_timeout": 5,
            "keepalive": 15,
            "worker_tmp_dir": str(run),
            "proc_name": "dejabuild-serve",
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": ready,
            "post_worker_init": _settle,
            "on_exit": gone,
        },
    ).run()
