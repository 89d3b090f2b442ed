# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of our own apt repositories: the only module that signs with OpenPGP.

Signatures carry the time the key was made, as does the `Date` of a repository made from an
environment: it is a function of the environment, the stanzas and the key, making it twice gives
the same bytes, and nothing in it ever expires.
"""

from __future__ import annotations

import base64
import fcntl
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from snapshot.errors import ConfigurationError, Unsupported
from snapshot.timestamp import Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from storage.repository_files import UnsignedRepository

#: Another number whenever the same environment or Release would give other bytes than before.
RECIPE = 2

_SIGN = ("--digest-algo", "SHA512", "--armor")
_TIMEOUT = 60


class RepositorySigner:
    """The OpenPGP key that apt is told to trust for repositories of our own making.

    Args:
        home: The key's directory, `<data>/keys/repository`; a GNUPGHOME of its own.
        clock: Epoch seconds; asked only when the key is made.
        user_id: Name in the key.
    """

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], float],
        user_id: str = "dejabuild repository signing key",
    ) -> None:
        self._home = home
        self._clock = clock
        self._user_id = user_id
        self._lock = threading.Lock()

    def make_if_absent(self) -> bool:
        """Make the key unless there is one; whether it was made now.

        Raises:
            Unsupported: No `gpg` here.
        """
        self._home.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self._home.with_name(f"{self._home.name}.lock")):
            if (self._home / "public.asc").exists():
                return False
            self._make()
            return True

    def _make(self) -> None:
        """Make it aside and rename it, so that half a key is never found."""
        new = Path(tempfile.mkdtemp(prefix=f"{self._home.name}.new-", dir=self._home.parent))
        try:
            moment = int(self._clock())
            with _gnupg(new, moment) as gpg:
                gpg("--quick-generate-key", self._user_id, "ed25519", "sign", "never")
                listing = gpg("--with-colons", "--list-keys").decode()
                public = gpg("--armor", "--export")
            words = next(line for line in listing.splitlines() if line.startswith("fpr:"))
            (new / "fingerprint").write_text(f"{words.split(':')[9]} {moment}\n", encoding="ascii")
            (new / "public.asc").write_bytes(public)
            new.rename(self._home)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise

    @property
    def fingerprint(self) -> str:
        """40 hexadecimal digits."""
        return self._read("fingerprint").decode("ascii").split()[0]

    @property
    def made(self) -> Timestamp:
        """When the key was made; the date of everything it signs."""
        return Timestamp(int(self._read("fingerprint").split()[1]))

    @property
    def maker(self) -> str:
        """Names what is made with this key by this program; another maker's files are not ours."""
        return f"{RECIPE} {self.fingerprint}"

    def public_key(self) -> bytes:
        """The armored public key, for `Signed-By`."""
        return self._read("public.asc")

    def keyring(self) -> bytes:
        """The same without armor: gpgv and debootstrap read no other form."""
        body = self.public_key().partition(b"\n\n")[2]
        return base64.b64decode(body.partition(b"\n=")[0].partition(b"\n-")[0])

    def _read(self, name: str) -> bytes:
        try:
            return (self._home / name).read_bytes()
        except FileNotFoundError:
            raise ConfigurationError(
                f"no repository key in {self._home}",
                advice="`dejabuild init` makes one",
            ) from None

    def clearsign(self, *texts: bytes) -> list[bytes]:
        """Sign texts inline, each as an `InRelease`."""
        with self._gpg() as gpg:
            return [gpg(*_SIGN, "--clearsign", given=text) for text in texts]

    @contextmanager
    def _gpg(self) -> Iterator[Callable[..., bytes]]:
        with self._lock, _locked(self._home.with_name(f"{self._home.name}.lock")):
            moment = self.made.epoch
            with _gnupg(self._home, moment) as gpg:
                yield gpg

    def sign_repository(self, repository: UnsignedRepository) -> dict[str, bytes]:
        """All files of a repository: its indices, and each Release plain and signed inline.

        Returns:
            Bytes by path relative to the repository's URL.
        """
        files = dict(repository.files)
        signed = self.clearsign(*repository.releases.values())
        for (place, text), inline in zip(repository.releases.items(), signed, strict=True):
            files[f"{place}Release"] = text
            files[f"{place}InRelease"] = inline
        return files

    def sign_release(self, text: bytes) -> dict[str, bytes]:
        """A Release in both of its forms: `InRelease`, and `Release` with `Release.gpg`."""
        with self._gpg() as gpg:
            inline = gpg(*_SIGN, "--clearsign", given=text)
            beside = gpg(*_SIGN, "--detach-sign", given=text)
        return {"InRelease": inline, "Release": text, "Release.gpg": beside}


@contextmanager
def _gnupg(home: Path, moment: int) -> Iterator[Callable[..., bytes]]:
    """GnuPG over one home at one pretended time; its agent is gone at the end.

    The agent's socket lies in the home and its path may have 107 bytes: a short link stands
    for the home, however deep the data directory is.
    """
    program = shutil.which("gpg")
    if program is None:
        raise Unsupported("no gpg program here", advice="install it: apt install gnupg")
    with tempfile.TemporaryDirectory(prefix="gpg-") as short:
        link = Path(short) / "h"
        link.symlink_to(home.resolve())
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": short, "LC_ALL": "C"}
        base = [program, "--homedir", str(link), "--no-options", "--batch", "--no-tty", "--quiet"]
        base += ["--pinentry-mode", "loopback", "--passphrase", ""]
        base += ["--faked-system-time", f"{moment}!"]

        def run(*arguments: str, given: bytes = b"") -> bytes:
            return _run([*base, *arguments], environment, given)

        try:
            yield run
        finally:
            kill = ["gpgconf", "--homedir", str(link), "--kill", "gpg-agent"]
            subprocess.run(kill, env=environment, capture_output=True, check=False)


def _run(command: list[str], environment: dict[str, str], given: bytes) -> bytes:
    done = subprocess.run(
        command,
        input=given,
        env=environment,
        capture_output=True,
        check=False,
        timeout=_TIMEOUT,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ConfigurationError(f"gpg failed with exit code {done.returncode}: {said[-500:]}")
    return done.stdout


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time: a signing agent is stopped by whoever used it last."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
