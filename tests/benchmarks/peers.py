# SPDX-License-Identifier: GPL-3.0-or-later
"""The mirror tools of Debian, and ours, each as one command over the same archive.

debmirror and apt-mirror take what comes; reprepro and aptly hold files against the index.
apt-mirror loses a port from an address, so it is left out where port 80 is taken.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import Cost, measure
from tests.openpgp import ThrowawayKey

VERIFYING = ("reprepro", "aptly")
UNVERIFYING = ("debmirror", "apt-mirror")


@dataclass(frozen=True)
class Upstream:
    """Where to mirror from.

    Attributes:
        url: Address with a port.
        plain: The same archive at port 80, for apt-mirror; empty where there is none.
        paths: Package files below `debian/`, for curl.
    """

    url: str
    plain: str
    paths: Sequence[str]


@dataclass
class Contest:
    """Everybody's directories and commands.

    Args:
        place: Where they work.
        upstream: What they mirror.
        key: Signs it.
    """

    place: Path
    upstream: Upstream
    key: ThrowawayKey
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        self.keyring = self.place / "keyring.gpg"
        self.keyring.write_bytes(self.key.public())
        self.environment = {"GNUPGHOME": str(self.key.home)}

    def cold(self, name: str) -> Cost:
        """A mirror from nothing."""
        shutil.rmtree(self.place / name, ignore_errors=True)
        (self.place / name).mkdir()
        prepare = getattr(self, f"_prepare_{name.replace('-', '_')}", None)
        if prepare is not None:
            prepare(self.place / name)
        return self.again(name)

    def again(self, name: str) -> Cost:
        """The same command over what is there."""
        make: Callable[[Path], list[str | Path]] = getattr(self, f"_{name.replace('-', '_')}")
        command = make(self.place / name)
        return measure(command, self.place / f"{name}.log", self.environment)

    def works(self, names: Sequence[str], *, cold: bool) -> dict[str, Callable[[], Cost]]:
        """Each as a work for `interleaved`."""
        method = self.cold if cold else self.again
        return {name: partial(method, name) for name in names}

    def peers(self) -> list[str]:
        """Those that can run here."""
        return [*VERIFYING, "debmirror", *(["apt-mirror"] if self.upstream.plain else [])]

    # -- ours ------------------------------------------------------------------------

    def _prepare_dejabuild(self, place: Path, files: str = "all") -> None:
        (place / "config.toml").write_text(
            f'[server]\ndata = "{place}/data"\n[archive.debian]\nfiles = "{files}"\n'
            f'upstreams = ["{self.upstream.url}/debian"]\nsuites = ["bookworm"]\n'
            f'architectures = ["amd64"]\nkeyring = "{self.keyring}"\n'
        )

    def _dejabuild(self, place: Path) -> list[str | Path]:
        program = Path(sys.executable).with_name("dejabuild")
        return [program, "mirror", "sync", "--config", place / "config.toml"]

    def _prepare_on_demand(self, place: Path) -> None:
        self._prepare_dejabuild(place, "on-demand")

    _on_demand = _dejabuild

    # -- those that verify -----------------------------------------------------------

    def _prepare_reprepro(self, place: Path) -> None:
        (place / "conf").mkdir()
        (place / "conf/distributions").write_text(
            "Codename: bookworm\nArchitectures: amd64\nComponents: main\nUpdate: up\n"
        )
        (place / "conf/updates").write_text(
            f"Name: up\nMethod: {self.upstream.url}/debian\nSuite: bookworm\nComponents: main\n"
            f"Architectures: amd64\nVerifyRelease: {self.key.fingerprint[-16:]}\n"
        )

    def _reprepro(self, place: Path) -> list[str | Path]:
        return ["reprepro", "-b", place, "update", "bookworm"]

    def _prepare_aptly(self, place: Path) -> None:
        (place / "aptly.conf").write_text(
            f'{{"rootDir": "{place}", "downloadConcurrency": 16, "gpgProvider": "gpg"}}'
        )
        arguments = ["mirror", "create", "bw", f"{self.upstream.url}/debian", "bookworm", "main"]
        command = [*self._aptly(place)[:3], "-architectures=amd64", *arguments]
        measure(command, self.place / "aptly-create.log", self.environment)

    def _aptly(self, place: Path) -> list[str | Path]:
        options = [f"-config={place}/aptly.conf", f"-keyring={self.keyring}"]
        return ["aptly", *options, "mirror", "update", "bw"]

    # -- those that do not -----------------------------------------------------------

    def _debmirror(self, place: Path) -> list[str | Path]:
        host = self.upstream.url.removeprefix("http://")
        return [
            "debmirror", "--method=http", f"--host={host}", "--root=debian", "--dist=bookworm",
            "--section=main", "--arch=amd64", "--nosource", f"--keyring={self.keyring}",
            "--check-gpg", "--diff=none", "--rsync-extra=none", place,
        ]  # fmt: skip

    def _prepare_apt_mirror(self, place: Path) -> None:
        for folder in ("mirror", "skel", "var"):
            (place / folder).mkdir()
        (place / "list").write_text(
            f"set base_path {place}\nset nthreads 16\nset _tilde 0\nset run_postmirror 0\n"
            f"set defaultarch amd64\ndeb {self.upstream.plain}/debian bookworm main\n"
        )

    def _apt_mirror(self, place: Path) -> list[str | Path]:
        return ["apt-mirror", place / "list"]

    def _curl(self, place: Path, connections: int = 8) -> list[str | Path]:
        base = f"{self.upstream.url}/debian"
        lines = [
            f'url = "{base}/{path}"\noutput = "{place}/{number}"\n'
            for number, path in enumerate(self.upstream.paths)
        ]
        (self.place / "curl.urls").write_text("".join(lines))
        parallel = ["--parallel", "--parallel-max", str(connections)]
        return ["curl", "--silent", "--fail", *parallel, "-K", self.place / "curl.urls"]
