# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files the repository of an environment has, remembered by each server process.

The files themselves are blobs and a function of the environment and the key: another
process that makes them again stores nothing new.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from snapshot.digest import Digest

#: Repositories remembered by a process; some 20 names and digests each.
REMEMBERED = 512

Files = dict[str, "Digest"]


class MadeRepositories:
    """The files of recently asked repositories; each is made by one thread at a time."""

    def __init__(self) -> None:
        self._files: OrderedDict[Digest, Files] = OrderedDict()
        self._lock = threading.Lock()

    def files(self, identity: Digest, make: Callable[[], Files]) -> Files:
        """The files of one environment's repository.

        Args:
            identity: The environment.
            make: Makes them when this process has not; not called twice at once.
        """
        found = self._files.get(identity)
        if found is not None:
            return found
        with self._lock:
            found = self._files.get(identity)
            if found is None:
                found = self._files[identity] = make()
                while len(self._files) > REMEMBERED:
                    self._files.popitem(last=False)
        return found

    def forget(self, identity: Digest) -> None:
        """Let them be made again: their bytes are gone."""
        with self._lock:
            self._files.pop(identity, None)
