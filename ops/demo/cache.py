# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo keeps between runs, safe for two of them at once.

One directory: apt's lists, every downloaded file under its SHA-256, and finished results under a
key made from everything they depend on. A result appears whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Results and downloads that no run has used for so long are removed.
KEPT_SECONDS = 14 * 24 * 3600


def default_cache(environment: Mapping[str, str]) -> Path:
    """`DEJABUILD_CACHE`, or `dejabuild` below the user's cache directory; then `demo`."""
    named = environment.get("DEJABUILD_CACHE")
    if named:
        return Path(named) / "demo"
    home = environment.get("XDG_CACHE_HOME") or f"{environment.get('HOME', '/root')}/.cache"
    return Path(home) / "dejabuild" / "demo"


class DemoCache:
    """The directory.

    Args:
        root: Made when absent.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files = root / "files"
        self._results = root / "results"
        for folder in (self._files, self._results):
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def lock(self, name: str, busy: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold a lock by name; another process that wants it waits.

        The kernel drops it with the process, however that ends.

        Args:
            name: What is locked.
            busy: Called once when somebody else holds it.
        """
        with (self.root / f"{name}.lock").open("w") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                busy()
                fcntl.flock(stream, fcntl.LOCK_EX)
            yield

    def file(self, sha256: str) -> Path | None:
        """A downloaded file by its digest, or None."""
        path = self._files / sha256
        return path if path.is_file() else None

    def keep(self, path: Path) -> str:
        """Move a file in under its digest.

        Returns:
            The digest, 64 hexadecimal digits.
        """
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        path.replace(self._files / digest)
        return digest

    def result(self, key: Iterable[str], make: Callable[[Path], None]) -> Path:
        """A directory made once from what the key names.

        Args:
            key: Everything the result depends on.
            make: Fills an empty directory; called under a lock when the result is not there.

        Returns:
            The finished directory; read only, by agreement.
        """
        name = hashlib.sha256("\0".join(key).encode()).hexdigest()[:32]
        path = self._results / name
        if not path.is_dir():
            with self.lock(f"result-{name}"):
                if not path.is_dir():
                    self._make(path, make)
        os.utime(path)
        return path

    def forget_unused(self, now: float) -> None:
        """Remove results and downloads that nobody used lately."""
        for path in self._results.iterdir():
            if now - path.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(path, ignore_errors=True)
        for path in self._files.iterdir():
            status = path.stat()  # a second link: some result still has it
            if status.st_nlink == 1 and now - status.st_ctime > KEPT_SECONDS:
                path.unlink(missing_ok=True)

    def _make(self, path: Path, make: Callable[[Path], None]) -> None:
        with tempfile.TemporaryDirectory(dir=self._results, prefix=".") as draft:
            content = Path(draft) / "content"
            content.mkdir()
            make(content)
            content.rename(path)
