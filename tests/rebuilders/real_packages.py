# SPDX-License-Identifier: GPL-3.0-or-later
"""Real packages for the worker's tests: apt fetches and verifies them, once per machine."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from ops.demo.machine_sources import machine_sources
from ops.demo.private_apt import Package, PrivateApt
from snapshot.digest import Digest
from snapshot.environment import Environment, Member

DATA = Path(__file__).resolve().parents[3] / "shared/data/debian-builds"
_DEPENDENCY = re.compile(r"^ ([a-z0-9.+-]+) \(= ([^)]+)\),?$", re.MULTILINE)


def cache_directory() -> Path:
    """Where downloads stay between runs."""
    if "DEJABUILD_TEST_CACHE" in os.environ:
        return Path(os.environ["DEJABUILD_TEST_CACHE"])
    top = Path("/var/cache") if os.geteuid() == 0 else Path.home() / ".cache"
    return top / "dejabuild-dev"


@dataclass(frozen=True)
class Deb:
    """A downloaded package."""

    member: Member
    path: Path


class RealPackages:
    """apt's own downloads for this machine's release, by name and version."""

    def __init__(self) -> None:
        self._root = cache_directory() / "real-packages"
        self.pool = self._root / "pool"
        self.sources = self._root / "sources"
        self.pool.mkdir(parents=True, exist_ok=True)
        self.sources.mkdir(parents=True, exist_ok=True)

    @cached_property
    def apt(self) -> PrivateApt:
        """A private apt with fresh lists (at most an hour old)."""
        codename = subprocess.run(
            [". /etc/os-release; echo $VERSION_CODENAME"],
            shell=True,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        apt = PrivateApt(self._root / "apt", "tests", machine_sources(codename))
        apt.update()
        return apt

    def closure(self, record: str) -> list[Deb]:
        """The packages that a build record names."""
        needs = _DEPENDENCY.findall(record.partition("Installed-Build-Depends:")[2])
        return self.debs(needs)

    def debs(self, needs: Iterable[tuple[str, str]]) -> list[Deb]:
        """Exact packages of this machine's architecture."""
        wanted = sorted(needs)
        with self._locked():
            missing = [need for need in wanted if self._find(*need) is None]
            if missing:
                packages = [Package(name, version, "amd64") for name, version in missing]
                self.apt.download(packages, self.pool)
        found = [self._find(*need) for need in wanted]
        lost = [need for need, path in zip(wanted, found, strict=True) if path is None]
        assert not lost, f"the machine's archive no longer has {lost}"
        return [_deb(path) for path in found if path is not None]

    def current(self, *names: str) -> list[tuple[str, str]]:
        """What the machine's archive offers now: names with versions."""
        closure = self.apt.closure(names)
        return [(p.name, p.version) for p in closure if p.name in names]

    def source(self, name: str, version: str) -> Path:
        """The .dsc of a source package, its parts beside it."""
        folder = self.sources / f"{name}_{version}"
        with self._locked():
            if not folder.exists():
                fetched = self.apt.download_source(name, version, folder)
                if not fetched:
                    shutil.rmtree(folder)
                assert fetched, f"the machine's archive has no source {name} {version}"
        return next(folder.glob("*.dsc"))

    def _find(self, name: str, version: str) -> Path | None:
        quoted = version.replace(":", "%3a")
        for architecture in ("amd64", "all"):
            path = self.pool / f"{name}_{quoted}_{architecture}.deb"
            if path.exists():
                return path
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._root / "lock").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


@cache  # a download never changes, and an environment has a hundred megabytes of them
def _deb(path: Path) -> Deb:
    name, version, architecture = path.name.removesuffix(".deb").split("_")
    digest = Digest.of(path.read_bytes())
    return Deb(Member(name, architecture, version.replace("%3a", ":"), digest), path)


def environment_of(debs: Iterable[Deb]) -> Environment:
    """The environment that holds exactly these."""
    return Environment("deb", frozenset(deb.member for deb in debs))
