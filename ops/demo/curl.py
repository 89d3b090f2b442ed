# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the server as a user would, with curl; the reader sees each command."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapshot.errors import DejabuildError

if TYPE_CHECKING:
    from ops.demo.narrator import Narrator


@dataclass(frozen=True, slots=True)
class Curl:
    """A server and who is told about the commands.

    Attributes:
        base: Address of the server, without a slash at the end.
        narrator: Shows what is asked and answered.
        cookie: File with the administrator's cookie; None to ask what everybody may.
    """

    base: str
    narrator: Narrator
    cookie: Path | None = None

    def as_administrator(self, cookie: Path) -> Curl:
        """The same server, asked with the administrator's cookie."""
        return replace(self, cookie=cookie)

    def get(self, path: str, *, show: int = 0) -> bytes:
        """Ask for something.

        Args:
            path: Below the server's address.
            show: So many lines of the answer are shown; 0: not even the command.
        """
        return self._run([f"{self.base}{path}"], show)

    def get_json(self, path: str, *, show: int = 0) -> Any:
        """Ask for something that is JSON."""
        return json.loads(self.get(path, show=show))

    def post_file(self, path: str, file: Path, *, show: int = 0) -> Any:
        """Send a file; the answer is JSON."""
        return json.loads(self._run(["--data-binary", f"@{file}", f"{self.base}{path}"], show))

    def post_json(self, path: str, value: object, *, show: int = 0) -> Any:
        """Send JSON; the answer is JSON."""
        words = ["--header", "Content-Type: application/json", "--data", json.dumps(value)]
        return json.loads(self._run([*words, f"{self.base}{path}"], show))

    def _run(self, words: list[str], show: int) -> bytes:
        command = ["curl", "--silent", "--show-error", "--fail-with-body", "--globoff"]
        with tempfile.NamedTemporaryFile("w", prefix="dejabuild-header-") as header:
            shown = ["curl", "-s"]
            if self.cookie is not None:
                # In a file: arguments are visible to everybody on the machine.
                header.write(f"X-Auth-Cookie: {self.cookie.read_text('utf-8').strip()}\n")
                header.flush()
                command += ["--header", f"@{header.name}"]
                shown += ["-H", "@admin-cookie"]
            result = subprocess.run([*command, *words], capture_output=True, check=False)
        if show:
            self.narrator.command(shlex.join([*shown, *words]))
            self.narrator.answer(_readable(result.stdout), show)
        if result.returncode:
            body = result.stdout.decode(errors="replace")[:800]
            raise DejabuildError(
                f"{shlex.join(words)[:300]}: {result.stderr.decode(errors='replace').strip()}",
                advice=body,
            )
        return result.stdout


def _readable(data: bytes) -> str:
    try:
        return json.dumps(json.loads(data), indent=1, ensure_ascii=False)
    except ValueError:
        return data.decode(errors="replace")
