# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser without a screen, driven through its debugging pipe."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--remote-debugging-pipe",
)  # fmt: skip


@dataclass
class Browser:
    """One page of a running browser; messages are JSON with a zero byte behind each.

    Attributes:
        complaints: What its console said and what it could not load, since the last `visit`.
    """

    commands: int
    answers: int
    session: str = ""
    complaints: list[str] = field(default_factory=list)
    _numbers: int = 0
    _read: bytes = b""
    _events: list[dict[str, Any]] = field(default_factory=list)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol."""
        self._numbers += 1
        message = {"id": self._numbers, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._numbers:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def visit(self, url: str, *, width: int, dark: bool = False) -> None:
        """Open an address in a window of that width and wait until it is there."""
        self.complaints.clear()
        self._events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        result = self.call("Page.navigate", url=url)
        assert not result.get("errorText"), result
        self.wait_for_load()

    def wait_for_load(self) -> None:
        """Wait until a navigation has ended."""
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._note(self._next())
        self._events.clear()

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; the pages themselves have none."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            piece = os.read(self.answers, 1 << 16)
            assert piece, "the browser ended"
            self._read += piece
        message, _, self._read = self._read.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _note(self, message: dict[str, Any]) -> None:
        method = message.get("method", "")
        if method == "Page.loadEventFired":
            self._events.append(message)
        if method in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(message["params"])[:500])
        if method == "Network.loadingFailed":
            self.complaints.append(json.dumps(message["params"])[:500])


@contextmanager
def open_browser(home: Path) -> Iterator[Browser]:
    """Start it with an empty profile; it is ended by its process id."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is missing: apt-get install --no-install-recommends chromium")
    to_it, commands = os.pipe()
    answers, from_it = os.pipe()
    # bash puts the ends where the browser expects them, 3 and 4; so they must lie elsewhere.
    given = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (to_it, from_it)]
    os.close(to_it)
    os.close(from_it)
    script = f'exec "$@" 3<&{given[0]} 4>&{given[1]}'
    process = subprocess.Popen(
        ["bash", "-c", script, "browser", program, *_FLAGS, f"--user-data-dir={home}"],
        pass_fds=given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in given:
        os.close(end)
    browser = Browser(commands, answers)
    try:
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        browser.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable")
        yield browser
    finally:
        os.close(commands)
        os.close(answers)
        # Its helpers end with it, which takes a moment.
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
