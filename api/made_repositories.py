# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files were made of what, remembered by each server process.

The catalogue knows it for all of them (`api.make_once`); this spares asking it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

from storage.catalogue import MadeFile

Files = Mapping[str, MadeFile]

#: Subjects remembered by a process; some 10 names and digests each.
REMEMBERED = 512


class MadeRepositories:
    """The files of recently asked subjects; one thread at a time makes any."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, tuple[str, Files]] = OrderedDict()
        self._lock = threading.Lock()

    def files(self, subject: str, maker: str, make: Callable[[], Files]) -> Files:
        """The files of one subject.

        Args:
            subject: What they are of.
            maker: Whose; another one's are not remembered.
            make: Finds or makes them when this process has not; not called twice at once.
        """
        found = self._known(subject, maker)
        if found is not None:
            return found
        with self._lock:
            found = self._known(subject, maker)
            if found is None:
                found = make()
                self._files[subject] = (maker, found)
                while len(self._files) > REMEMBERED:
                    self._files.popitem(last=False)
        return found

    def _known(self, subject: str, maker: str) -> Files | None:
        whose, files = self._files.get(subject, ("", {}))
        return files if whose == maker else None

    def forget(self, subject: str) -> None:
        """Let them be found or made again."""
        with self._lock:
            self._files.pop(subject, None)
