# SPDX-License-Identifier: GPL-3.0-or-later
"""Chroots of Debian releases for real clients, made once per state of the archive.

The machine's own mirror is learnt from apt's configuration and only ever asked by apt itself. A
chroot is kept below the user's cache, named by the digest of the release's InRelease and of what is
in it; a test works in an overlay over it and leaves it as it was. Two runs at once share it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.apt_sources import AptSource, read_apt_sources

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
LAYOUT = b"1"  # changes whenever this module makes different chroots of the same packages

ENTER = """
mount -t tmpfs -o mode=755 work "$2"
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay -o lowerdir="$1",upperdir="$2/upper",workdir="$2/work" overlay "$2/root"
mount -t proc proc "$2/root/proc"
mount --rbind /dev "$2/root/dev"
[ -z "$3" ] || { mkdir -p "$2/root/exchange"; mount --bind "$3" "$2/root/exchange"; }
root="$2/root"
shift 3
exec chroot "$root" "$@"
"""


def caches() -> Path:
    """Where chroots are kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("DEJABUILD_CACHE") or Path(base) / "dejabuild") / "chroots"


def own_mirror() -> AptSource:
    """The machine's own source of Debian's main archive.

    Raises:
        LookupError: apt has none.
    """
    release = dict(
        line.split("=", 1)
        for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
        if "=" in line
    )
    codename = release.get("VERSION_CODENAME", "").strip('"')
    for source in read_apt_sources():
        if codename in source.suites and "main" in source.components:
            return source
    raise LookupError(f"apt has no source of main of {codename or 'this system'}")


def _inrelease_digest(mirror: AptSource, suite: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "InRelease"
        subprocess.run(
            [
                "/usr/lib/apt/apt-helper",
                "download-file",
                f"{mirror.uri}/dists/{suite}/InRelease",
                path,
            ],
            capture_output=True,
            check=True,
        )
        return hashlib.sha256(path.read_bytes()).hexdigest()


@dataclass(frozen=True)
class Chroot:
    """A chroot that is never changed.

    Attributes:
        root: Its directory.
    """

    root: Path

    def command(
        self, arguments: Sequence[str | Path], *, work: Path, exchange: Path | None = None
    ) -> list[str]:
        """Give the command that runs something inside, on this machine's network.

        Args:
            arguments: What is run.
            work: An empty directory of the caller's.
            exchange: A directory seen as /exchange inside.

        Returns:
            The command; when it is killed, everything in it is.
        """
        work.mkdir(parents=True, exist_ok=True)
        return [
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private",
            "--", "/bin/sh", "-ec", ENTER, "sh", str(self.root), str(work), str(exchange or ""),
            "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
            *map(str, arguments),
        ]  # fmt: skip

    def run(
        self, arguments: Sequence[str | Path], *, work: Path, exchange: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run something inside and give what it printed; the caller looks at its status."""
        command = self.command(arguments, work=work, exchange=exchange)
        return subprocess.run(command, capture_output=True, text=True, check=False)


@contextmanager
def cached_chroot(suite: str, packages: Sequence[str]) -> Iterator[Chroot]:
    """Give a chroot, making it when this state of the archive was not seen before.

    Args:
        suite: Release of Debian.
        packages: What is in it beyond apt.

    Yields:
        The chroot; it is not removed while somebody uses it.
    """
    mirror = own_mirror()
    parts = [LAYOUT, _inrelease_digest(mirror, suite).encode(), *(p.encode() for p in packages)]
    key = hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
    folder = caches()
    folder.mkdir(parents=True, exist_ok=True)
    # Of one suite there may be several, for different clients; each replaces its own only.
    kind = f"{suite}-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:8]}"
    root = folder / f"{kind}-{key}"
    with (folder / f"{root.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _make(mirror, suite, packages, root)
            _remove_others(folder, kind, root)
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield Chroot(root)


def _make(mirror: AptSource, suite: str, packages: Sequence[str], root: Path) -> None:
    draft = root.with_name(f"{root.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    done = subprocess.run(
        [
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=apt",
            "--format=directory",
            # A mirror may lag behind the validity of a moving release; its signature is checked.
            '--aptopt=Acquire::Check-Valid-Until "false"',
            f"--keyring={KEYRING}",
            f"--include={','.join(packages)}",
            suite,
            draft,
            f"deb {mirror.uri} {suite} main",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"no chroot of {suite} could be made:\n{done.stderr[-3000:]}")
    draft.rename(root)


def _remove_others(folder: Path, kind: str, root: Path) -> None:
    """Remove chroots of older states that nobody uses."""
    for other in folder.glob(f"{kind}-*"):
        if other.suffix == ".lock" or other == root:
            continue
        lock_path = folder / f"{other.name.removesuffix('.new')}.lock"
        with lock_path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(other, ignore_errors=True)
