# SPDX-License-Identifier: GPL-3.0-or-later
"""apt with its own state: same archives and keys as the machine, nothing of its packages.

An empty status file makes apt believe that nothing is installed, so what it would install is
the complete closure of a request. Nothing is ever installed: apt only resolves, verifies and
downloads here.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from snapshot.digest import Digest
from snapshot.errors import NotFound, TransientError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ops.demo.machine_sources import MachineSource

# What the machine says about how to reach its archives. Everything else of its configuration
# (hooks above all) stays outside.
_KEPT = re.compile(
    r"Acquire::(?:http|https|ftp|Retries|Check-|ForceIP|By-Hash|Proxy)", re.IGNORECASE
)
_URI = re.compile(
    r"^'[^']*' (?P<name>[^_ ]+)_(?P<version>[^_ ]+)_(?P<arch>[^_ .]+)\.u?deb ", re.MULTILINE
)


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """A binary package apt chose.

    Attributes:
        name: Package name.
        version: With epoch.
        architecture: Its own: `amd64` or `all`.
    """

    name: str
    version: str
    architecture: str


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One index apt has downloaded and verified.

    Attributes:
        path: The uncompressed index among apt's lists.
        release: The InRelease that lists it.
        metakey: Its name inside the Release, such as `main/binary-amd64/Packages`.
        kind: `Packages` or `Sources`.
        origin: `Origin:` of the Release.
        label: `Label:` of the Release.
        codename: `Codename:` of the Release.
        uri: The archive's base, as in the machine's sources.
    """

    path: Path
    release: Path
    metakey: str
    kind: str
    origin: str
    label: str
    codename: str
    uri: str


class PrivateApt:
    """One apt configuration in a directory of its own.

    Args:
        root: Holds lists, caches and configuration; made when absent.
        name: Several configurations may share the lists of one root.
        sources: What to look at.
    """

    def __init__(self, root: Path, name: str, sources: Iterable[MachineSource]) -> None:
        self._root = root
        self._config = root / f"{name}.conf"
        parts = root / f"{name}.sources.d"
        for folder in (parts, root / "empty", root / "lists/partial", root / "archives/partial"):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        stanzas = "\n".join(source.stanza() for source in sources)
        (parts / "machine.sources").write_text(stanzas, "utf-8")
        self._config.write_text(_configuration(root, parts, name), "utf-8")

    def update(self) -> None:
        """Fetch and verify the indices; unchanged ones cost a conditional request.

        Raises:
            TransientError: apt could not fetch or verify something that is not there from before.
        """
        result = self._run(["apt-get", "update", "-o", "APT::Update::Error-Mode=any"])
        if result.returncode:
            raise TransientError(
                f"apt-get update failed: {_last_lines(result.stderr)}",
                advice="check the machine's own apt sources with `apt-get update`",
            )

    def indices(self) -> tuple[IndexFile, ...]:
        """Packages and Sources among the lists, with the Release each is named in."""
        keys = ("FILENAME", "METAKEY", "CREATED_BY", "ORIGIN", "LABEL", "CODENAME", "REPO_URI")
        layout = "\t".join(f"$({key})" for key in keys)
        result = self._checked(["apt-get", "indextargets", "--format", layout])
        found = []
        for line in result.splitlines():
            name, metakey, kind, origin, label, codename, uri = line.split("\t")
            if kind in ("Packages", "Sources"):
                path = self._root.__class__(name)
                stem = path.name.removesuffix(metakey.replace("/", "_"))
                release = path.with_name(f"{stem}InRelease")
                found.append(IndexFile(path, release, metakey, kind, origin, label, codename, uri))
        return tuple(found)

    def closure(self, packages: Sequence[str]) -> frozenset[Package]:
        """What an empty machine would install for these, dependencies included.

        Raises:
            NotFound: apt finds no solution.
        """
        return self._resolve(["install", *packages])

    def build_closure(self, source: str) -> frozenset[Package]:
        """What an empty machine would install for the Build-Depends of a source.

        Raises:
            NotFound: apt finds no solution, or no such source.
        """
        return self._resolve(["build-dep", source])

    def download(self, packages: Iterable[Package], into: Path) -> None:
        """Download .debs, verified by apt, as `name_version_arch.deb` with quoted epochs.

        What the archive cannot give (some answer 404) is left out: look at what is there.
        """
        words = [f"{package.name}={package.version}" for package in sorted(packages)]
        into.mkdir(parents=True, exist_ok=True)
        if words:
            self._run(["apt-get", "download", *words], cwd=into)

    def download_source(self, source: str, version: str, into: Path) -> bool:
        """Download the parts of a source package, verified by apt.

        Returns:
            False when the archive does not have all of them.
        """
        into.mkdir(parents=True, exist_ok=True)
        command = ["apt-get", "source", "--download-only", "--only-source", f"{source}={version}"]
        return self._run(command, cwd=into).returncode == 0

    def _resolve(self, command: Sequence[str]) -> frozenset[Package]:
        output = self._checked(["apt-get", "--print-uris", "-y", *command])
        return frozenset(
            Package(match["name"], unquote(match["version"]), match["arch"])
            for match in _URI.finditer(output)
        )

    def _checked(self, command: Sequence[str]) -> str:
        result = self._run(command)
        if result.returncode:
            raise NotFound(f"{' '.join(command)[:200]}: {_last_lines(result.stderr)}")
        return result.stdout

    def _run(
        self, command: Sequence[str], *, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"APT_CONFIG": str(self._config), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


def check_chain(index: IndexFile) -> Digest:
    """Hold an index against the Release that apt verified.

    Returns:
        The digest of the index, as its signed Release states it.

    Raises:
        VerificationError: The Release does not name these bytes.
    """
    digest = Digest.of(index.path.read_bytes())
    wanted = re.compile(rf"^ {digest.hex} +\d+ {re.escape(index.metakey)}$", re.MULTILINE)
    if not wanted.search(index.release.read_text("utf-8", errors="replace")):
        raise VerificationError(f"{index.metakey} is not what {index.release.name} says")
    return digest


def _configuration(root: Path, parts: Path, name: str) -> str:
    machine = subprocess.run(
        ["apt-config", "dump"], capture_output=True, text=True, check=True, env=os.environ
    ).stdout
    kept = [line for line in machine.splitlines() if _KEPT.match(line)]
    ours = {
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": f"{root}/empty",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": str(parts),
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": f"{root}/empty",
        "Dir::State": str(root),
        "Dir::State::lists": f"{root}/lists",
        "Dir::State::status": f"{root}/status",
        "Dir::Cache": str(root),
        "Dir::Cache::archives": f"{root}/archives",
        "Dir::Cache::pkgcache": f"{root}/{name}.pkgcache.bin",
        "Dir::Cache::srcpkgcache": f"{root}/{name}.srcpkgcache.bin",
        "APT::Sandbox::User": "root",
        "APT::Get::List-Cleanup": "false",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Debug::NoLocking": "true",
    }
    return "\n".join([*kept, *(f'{key} "{value}";' for key, value in ours.items())]) + "\n"


def _last_lines(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return " / ".join(lines[-3:])[:600]
