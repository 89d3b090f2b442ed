# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports that the server has not accepted yet, kept on disk.

Hours of work are lost neither to a server that is away nor to a worker that is restarted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rebuilders.job_queue import JobQueue
from snapshot.errors import InvalidInput, PermanentError, TransientError
from snapshot.wire import RebuildReport


class PendingReports:
    """A directory with one file per report.

    Args:
        folder: Made when absent.
        tell: Takes one line for the worker's log.
    """

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._tell = tell
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, report: RebuildReport) -> None:
        """Write a report down before the first try to send it."""
        path = self._folder / f"{report.queue_id}.json"
        partial = path.with_suffix(f".{os.getpid()}.part")
        partial.write_text(json.dumps(report.to_json()), "utf-8")
        partial.replace(path)

    def send(self, queue: JobQueue) -> bool:
        """Try to send all; true when none is left.

        What the server refuses for good is dropped, and said so.
        """
        for path in self._paths():
            try:
                report = RebuildReport.from_json(json.loads(path.read_text("utf-8")))
                queue.report(report)
            except TransientError as error:
                self._tell(f"report {path.stem} waits: {error.message}")
                return False
            except (PermanentError, InvalidInput, ValueError) as error:
                self._tell(f"report {path.stem} is dropped: {error}")
            path.unlink(missing_ok=True)
        return True

    def _paths(self) -> Iterator[Path]:
        yield from sorted(self._folder.glob("*.json"))
