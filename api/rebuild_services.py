# SPDX-License-Identifier: GPL-3.0-or-later
"""What the routes of the rebuild half are given, and who the asking worker is."""

from __future__ import annotations

from dataclasses import dataclass

from api.auth import Secrets, offered_worker_key, refuse
from api.services import current_services
from orchestrator.accept_report import Desk
from orchestrator.lease import Dispatcher
from storage.blobs import BlobStore
from storage.ledger import Ledger
from storage.ledger.records import Worker


@dataclass(frozen=True, slots=True)
class RebuildServices:
    """The rebuild half, wired.

    Attributes:
        desk: What reports are judged with.
        dispatcher: What jobs are handed out with; over the same ledger.
        secrets: Admin cookie and signup secret.
        build_timeout: Wall seconds that a build may take.
    """

    desk: Desk
    dispatcher: Dispatcher
    secrets: Secrets
    build_timeout: int = 24 * 3600

    @property
    def ledger(self) -> Ledger:
        """Targets, jobs, attempts."""
        return self.desk.ledger

    @property
    def blobs(self) -> BlobStore:
        """Logs, links and artifacts."""
        return self.desk.blobs


def current_rebuild() -> RebuildServices:
    """The rebuild half of the application that answers this request."""
    services = current_services().rebuild
    assert isinstance(services, RebuildServices)  # noqa: S101  # registered only with one
    return services


def require_worker() -> Worker:
    """The registered worker that sent this request, or the end of it with 403."""
    key = offered_worker_key()
    worker = None if key is None else current_rebuild().ledger.workers.by_key(key)
    return worker if worker is not None else refuse()
