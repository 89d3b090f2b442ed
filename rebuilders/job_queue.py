# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's side of rebuilderd's protocol: register, ask for work, ping, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from rebuilders.server_connection import ServerConnection
from snapshot.digest import Digest
from snapshot.errors import DejabuildError, Denied, NotFound
from snapshot.wire import JobAssignment, PopRequest, RebuildReport

Answer = TypeVar("Answer")


class JobQueue:
    """One server's queue, seen by one worker.

    Args:
        server: The way to the server.
        name: The worker's, shown on the server's pages.
        secret: Signup secret; None if the server asks for none.
    """

    def __init__(self, server: ServerConnection, name: str, secret: str | None) -> None:
        self._server = server
        self._name = name
        self._secret = secret

    def register(self) -> None:
        """Make the server know this worker's key; doing it again changes nothing.

        Raises:
            Denied: The signup secret is wrong.
            TransientError: The server does not answer.
        """
        headers = {"X-Signup-Secret": self._secret} if self._secret else {}
        self._server.post_json("/api/v1/workers", {"name": self._name}, headers=headers)

    def pop(self, request: PopRequest) -> JobAssignment | None:
        """Ask for work; a server that forgot this worker is told again who it is.

        Raises:
            TransientError: The server does not answer.
            InvalidInput: It answers something else than a job.
        """
        answer = self._known(lambda: self._server.post_json("/api/v1/queue/pop", request.to_json()))
        return JobAssignment.from_json(answer)

    def ping(self, job_id: int) -> bool:
        """Keep the claim on a job; false if the server no longer sees it as ours."""
        try:
            self._known(lambda: self._server.post_empty(f"/api/v1/queue/{job_id}/ping"))
        except NotFound:
            return False
        except DejabuildError:
            return True  # unknown, which is no reason to stop working
        return True

    def upload(self, job_id: int, kind: str, name: str, path: Path) -> Digest:
        """Send one piece of evidence."""
        route = f"/api/dejabuild/v1/jobs/{job_id}/evidence/{kind}"
        if name:
            route += f"/{quote(name, safe='')}"
        return self._server.upload(route, path)[0]

    def report(self, report: RebuildReport) -> None:
        """Report an attempt; once is enough, twice does no harm.

        Raises:
            TransientError: Not accepted yet.
            PermanentError: The server will not have it.
        """
        self._known(lambda: self._server.post_json("/api/v1/builds", report.to_json()))

    def _known(self, ask: Callable[[], Answer]) -> Answer:
        try:
            return ask()
        except Denied:
            self.register()
            return ask()
