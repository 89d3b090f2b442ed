# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything lies below the data directory, and its making.

::

    blobs/            bytes by SHA-256
    archive/          trees that a web server can serve
    catalogue.sqlite  what lived where and when
    ledger.sqlite     targets, jobs, verdicts
    keys/             good.*, bad.* (attestations), repository/ (OpenPGP, served environments)
    auth-cookie       lets an administrator in (0640)
    signup-secret     lets workers register (0640)
    s3-credentials    who we are in an object store, if the environment does not say it (0640)
    offered/          environments named in answers that nobody has asked for yet
    spool/            blobs on their way into an object store
    worker/           the local worker's own, the only part it may see
    run/ log/         of running processes
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ops.settings import Settings
from snapshot.errors import ConfigurationError, Denied


@dataclass(frozen=True, slots=True)
class DataDirectory:
    """The names below one data directory.

    Attributes:
        root: The directory itself, absolute.
    """

    root: Path

    @property
    def blobs(self) -> Path:
        """Blob store."""
        return self.root / "blobs"

    @property
    def archive(self) -> Path:
        """Symlink layouts."""
        return self.root / "archive"

    @property
    def catalogue_url(self) -> str:
        """Address of the embedded catalogue."""
        return f"sqlite:///{self.root / 'catalogue.sqlite'}"

    @property
    def ledger_url(self) -> str:
        """Address of the embedded ledger."""
        return f"sqlite:///{self.root / 'ledger.sqlite'}"

    @property
    def keys(self) -> Path:
        """Attestation keys."""
        return self.root / "keys"

    @property
    def repository_keys(self) -> Path:
        """OpenPGP home of the key that signs environments."""
        return self.keys / "repository"

    @property
    def auth_cookie(self) -> Path:
        """File with the administrator's cookie."""
        return self.root / "auth-cookie"

    @property
    def signup_secret(self) -> Path:
        """File with the secret that lets workers register."""
        return self.root / "signup-secret"

    @property
    def s3_credentials(self) -> Path:
        """File with `AWS_ACCESS_KEY_ID=…` and `AWS_SECRET_ACCESS_KEY=…`; may be absent."""
        return self.root / "s3-credentials"

    @property
    def spool(self) -> Path:
        """Blobs on their way into an object store."""
        return self.root / "spool"

    @property
    def offered(self) -> Path:
        """Environments named in answers that nobody has asked for yet."""
        return self.root / "offered"

    @property
    def worker(self) -> Path:
        """The local worker's directory: the only one it may see."""
        return self.root / "worker"

    @property
    def run(self) -> Path:
        """Sockets and process ids."""
        return self.root / "run"

    @property
    def hosts(self) -> Path:
        """Bans and quiet times of upstream hosts (`mirror.breaker.read_hosts`)."""
        return self.run / "hosts.json"

    @property
    def rates(self) -> Path:
        """How fast each archive came (`mirror.measured_rate`)."""
        return self.run / "rates.json"

    @property
    def log(self) -> Path:
        """Logs of supervised processes."""
        return self.root / "log"

    def make(self, *, token: Callable[[], str] = lambda: secrets.token_hex(32)) -> None:
        """Make the directories and secrets that are absent; change nothing that is there.

        Args:
            token: Makes a new secret.

        Raises:
            Denied: It is there and cannot be written.
            ConfigurationError: It cannot be made.
        """
        if self.root.is_dir() and not os.access(self.root, os.W_OK | os.X_OK):
            raise Denied(
                f"{self.root}: the data directory cannot be written: it is read-only, or another's",
                advice="Make it writable for this user, or name another with --data or "
                "DEJABUILD_DATA.",
            )
        try:
            self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
            for directory in (self.blobs, self.archive, self.worker, self.run, self.log):
                directory.mkdir(mode=0o755, exist_ok=True)
            self.keys.mkdir(mode=0o700, exist_ok=True)
            for secret in (self.auth_cookie, self.signup_secret):
                write_once(secret, token() + "\n", mode=0o640)
        except OSError as problem:
            raise ConfigurationError(
                f"{self.root}: the data directory cannot be made: {problem.strerror}",
                advice="Name another with --data or DEJABUILD_DATA.",
            ) from problem


def write_once(path: Path, text: str, *, mode: int) -> bool:
    """Write a file unless there is one, whole or not at all.

    Args:
        path: The file.
        text: Its content.
        mode: Permissions, whatever the umask.

    Returns:
        Whether this call wrote it.
    """
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.chmod(mode)
    draft.write_text(text, encoding="utf-8")
    try:
        os.link(draft, path)  # unlike a rename, loses to another process that was first
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def data_directory(settings: Settings) -> DataDirectory:
    """Give the data directory of complete settings.

    Args:
        settings: As `ops.read_settings.load_settings` returns them.

    Returns:
        Its names; nothing is made.
    """
    if settings.server.data is None:
        raise ConfigurationError("server.data: missing")
    return DataDirectory(settings.server.data)


def read_secret(path: Path) -> str:
    """Read a one-line secret.

    Args:
        path: The file.

    Returns:
        Its text without surrounding space.

    Raises:
        ConfigurationError: It is missing, unreadable or empty.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"{path}: cannot be read: {problem}", advice="`dejabuild init` makes it."
        ) from problem
    if not text:
        raise ConfigurationError(f"{path}: empty", advice="Remove it; `dejabuild init` makes it.")
    return text
