# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported everything and forks for each call: a start costs milliseconds.

Drills that kill hundreds of syncs would otherwise spend their time importing. The children are
processes like any other: with a memory, descriptors and a death of their own.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

TOP = Path(__file__).parents[1]
PRELOADED = (
    "tests.run_collect",
    "tests.run_sync",
    "alembic.command",
    "ops.cli",
    "ops.commands.mirror",
    "ops.initialize",
    "ops.run_sync",
    "ops.show_progress",
    "storage.database",
)


class Child:
    """One call that runs.

    Attributes:
        pid: Its process.
        stdin: What it reads.
        stdout: What it says; standard error too.
    """

    def __init__(self, server: socket.socket, pid: int, stdin: int, stdout: int) -> None:
        self._server = server
        self.pid = pid
        self.stdin: IO[str] = os.fdopen(stdin, "w", encoding="utf-8")
        self.stdout: IO[str] = os.fdopen(stdout, encoding="utf-8", errors="replace")

    def kill(self) -> None:
        """End it without a word; it is not reaped before `wait`, so the number is still its own."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, negative for a signal."""
        with suppress(OSError):
            self.stdin.close()
        self._server.sendall(json.dumps({"wait": self.pid}).encode() + b"\n")
        code: int = json.loads(_line(self._server))["code"]
        self.stdout.close()
        return code


class WarmPython:
    """Use it in `with`, one call at a time.

    Its temporary files are in a directory of its own: a child that is killed leaves them.
    """

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="warm-")
        self._ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm_python", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                cwd=TOP,
                env={**os.environ, "PYTHONPATH": str(TOP), "TMPDIR": self._scratch.name},
            )
        _line(self._ours)

    def start(self, target: str, argument: Any) -> Child:
        """Call `module:function(argument)` in a process of its own; what it returns is the code."""
        stdin, to_child = os.pipe()
        from_child, stdout = os.pipe()
        request = json.dumps({"target": target, "argument": argument}).encode() + b"\n"
        socket.send_fds(self._ours, [request], [stdin, stdout])
        os.close(stdin)
        os.close(stdout)
        pid: int = json.loads(_line(self._ours))["pid"]
        return Child(self._ours, pid, to_child, from_child)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ours.close()
        self._process.wait(30)
        self._scratch.cleanup()


def _line(connection: socket.socket) -> bytes:
    """One line, read byte by byte: what follows may carry descriptors."""
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(1)
        if not piece:
            raise ConnectionError("the other side has ended")
        line += piece
    return line


def _call(request: dict[str, Any], stdin: int, stdout: int) -> None:
    """In the child; does not return."""
    code = 70
    try:
        for number, descriptor in ((0, stdin), (1, stdout), (2, stdout)):
            os.dup2(descriptor, number)
        os.close(stdin)
        os.close(stdout)
        module, _, name = request["target"].partition(":")
        code = getattr(importlib.import_module(module), name)(request["argument"])
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # noqa: BLE001  a child must never return into the server's loop
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def serve(connection: socket.socket) -> None:
    """Fork for whoever asks, until they are gone."""
    for module in PRELOADED:
        importlib.import_module(module)
    connection.sendall(b"{}\n")
    while True:
        line, descriptors, _, _ = socket.recv_fds(connection, 1 << 16, 2)
        if not line:
            return
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                connection.close()
                _call(request, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            answer = {"pid": pid}
        connection.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
