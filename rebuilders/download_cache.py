# SPDX-License-Identifier: GPL-3.0-or-later
"""Files by digest on the worker's disk: what was fetched once is not fetched again.

Names are digests, so several workers may share a cache: a file appears whole or not at all,
and the same name always holds the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from snapshot.digest import Digest

#: Fetches a digest to a path, or raises.
Fetch = Callable[[Digest, Path], None]

DEFAULT_LIMIT = 8 * 1024**3


class DownloadCache:
    """A directory of files named by digest.

    Args:
        root: Made when absent.
        limit: Bytes kept; the files unused for longest go first.
    """

    def __init__(self, root: Path, limit: int = DEFAULT_LIMIT) -> None:
        self.root = root
        self._limit = limit
        self._files = root / "sha256"
        self._files.mkdir(parents=True, exist_ok=True)

    def path(self, digest: Digest) -> Path:
        """Where a file of that digest is, or would be."""
        return self._files / digest.hex[:2] / digest.hex

    def relative(self, digest: Digest) -> str:
        """The same path seen from `files`."""
        return f"{digest.hex[:2]}/{digest.hex}"

    @property
    def files(self) -> Path:
        """The directory that sandboxes may see."""
        return self._files

    def obtain(self, digest: Digest, fetch: Fetch) -> Path:
        """The file of that digest, fetched when it is not here.

        Raises:
            DejabuildError: Whatever `fetch` raises.
        """
        path = self.path(digest)
        try:
            os.utime(path)
        except FileNotFoundError:
            path.parent.mkdir(exist_ok=True)
            fetch(digest, path)
            path.chmod(0o444)
        return path

    def keep(self, source: Path, digest: Digest) -> Path:
        """Take a file that is already verified, as a hard link where possible."""
        path = self.path(digest)
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            source.replace(path)
            path.chmod(0o444)
        return path

    def trim(self) -> int:
        """Remove the files unused for longest until the limit holds; returns bytes freed."""
        found = []
        for path in self._files.glob("*/[0-9a-f]*"):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
        excess = sum(size for _, size, _ in found) - self._limit
        freed = 0
        for _, size, path in sorted(found):
            if freed >= excess:
                break
            path.unlink(missing_ok=True)
            freed += size
        return freed
