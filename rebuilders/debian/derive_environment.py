# SPDX-License-Identifier: GPL-3.0-or-later
"""An environment where there is no build record: apt itself resolves one, on the worker.

apt gets a configuration of its own: empty status, the server's dated suites, nothing of the
host's settings, sources or packages. It only simulates. What it would install becomes an exact
list of digests, and from then on the environment is like any recorded one.

Two questions are asked, as a build daemon asks them: what is a clean build chroot, and what
does this source need on top of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from rebuilders.failure import RebuildFailure
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.packages import BinaryStanza
from snapshot.stanza import split_stanzas
from snapshot.verdict import Reason
from snapshot.wire import Derivation

#: The chroot of a build daemon; fakeroot has always been part of it.
CHROOT = ("?essential", "build-essential", "fakeroot")
_LINE = re.compile(r"^'[^']*' ([^_ ]+)_([^_ ]+)_([^_ .]+)\.u?deb ", re.MULTILINE)
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.~_/-]*")
_TIMEOUT = 300.0


def derive_environment(
    derivation: Derivation,
    dsc: Path,
    *,
    build: str,
    architecture: str,
    base_url: str,
    folder: Path,
) -> Environment:
    """The set that apt chooses for building a source in dated suites.

    Args:
        derivation: Archive, timestamp and suites on the server.
        dsc: The source's description.
        build: `any`, `all` or `any,all`: decides which build dependencies count.
        architecture: dpkg's name of what to build on.
        base_url: The server's.
        folder: For apt's files; the lists of the same suites may be there from before.

    Raises:
        RebuildFailure: `dependency-missing` with apt's words; `environment-setup` when the
            server does not give the indices; `unsupported` without apt.
    """
    if shutil.which("apt-get") is None:
        raise RebuildFailure(
            Reason.UNSUPPORTED,
            "this worker has no apt-get, which resolves environments where no build record exists",
        )
    apt = _PrivateApt(folder, architecture)
    apt.look_at(_sources(derivation, base_url))
    apt.update()
    chroot = apt.resolve(["install", *CHROOT])
    apt.pretend_installed(chroot)
    flag = {"any": "--arch-only", "all": "--indep-only"}.get(build)
    needed = apt.resolve(["build-dep", *([flag] if flag else []), "--no-remove", str(dsc)])
    return Environment("deb", frozenset(chroot | needed))


class _PrivateApt:
    def __init__(self, folder: Path, architecture: str) -> None:
        self._folder = folder
        for name in ("empty", "lists/partial", "archives/partial", "etc"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_bytes(b"")  # a former job may have pretended something
        self._config = folder / "apt.conf"
        self._config.write_text(_configuration(folder, architecture), "utf-8")

    def look_at(self, lines: Sequence[str]) -> None:
        (self._folder / "etc/sources.list").write_text("".join(f"{x}\n" for x in lines), "utf-8")

    def update(self) -> None:
        result = self._run(["apt-get", "update", "-o", "APT::Update::Error-Mode=any"])
        if result.returncode:
            raise RebuildFailure(
                Reason.ENVIRONMENT_SETUP,
                f"apt cannot read the dated suites: {_gist(result.stderr)}",
                evidence=result.stdout + result.stderr,
            )

    def resolve(self, command: Sequence[str]) -> frozenset[Member]:
        result = self._run(["apt-get", "--print-uris", "--yes", *command])
        if result.returncode:
            raise RebuildFailure(
                Reason.DEPENDENCY_MISSING,
                f"apt finds no solution: {_gist(result.stdout + result.stderr)}",
                evidence=result.stdout + result.stderr,
            )
        chosen = [(n, unquote(v), a) for n, v, a in _LINE.findall(result.stdout)]
        return frozenset(
            Member(s.name, s.architecture, s.version, digest)
            for s, _, digest in self._stanzas(chosen)
        )

    def pretend_installed(self, members: frozenset[Member]) -> None:
        wanted = [(m.name, m.version, m.architecture) for m in members]
        text = b"".join(
            stanza.rstrip(b"\n") + b"\nStatus: install ok installed\n\n"
            for _, stanza, _ in self._stanzas(wanted)
        )
        (self._folder / "status").write_bytes(text)

    def _stanzas(
        self, chosen: Sequence[tuple[str, str, str]]
    ) -> list[tuple[BinaryStanza, bytes, Digest]]:
        """The stanzas of exact packages, with the digests of their files."""
        if not chosen:
            return []
        words = [f"{name}={version}" for name, version, _ in chosen]
        shown = self._run(["apt-cache", "show", "--no-all-versions", *words]).stdout.encode()
        found = {}
        for stanza in split_stanzas(shown):
            value = BinaryStanza.parse(stanza)
            if value.checksums.sha256 is not None:
                key = (value.name, value.version, value.architecture)
                found[key] = (value, stanza, value.checksums.sha256)
        lost = [key for key in chosen if key not in found]
        if lost:
            raise RebuildFailure(
                Reason.DEPENDENCY_MISSING,
                f"the dated index has no SHA-256 of {lost[0][0]} {lost[0][1]}",
            )
        return [found[key] for key in chosen]

    def _run(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            "APT_CONFIG": str(self._config),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._folder),
        }
        try:
            return subprocess.run(
                argv,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
                cwd=self._folder,
            )
        except subprocess.TimeoutExpired as error:
            raise RebuildFailure(
                Reason.ENVIRONMENT_SETUP, f"{argv[0]} took longer than {_TIMEOUT:.0f} s"
            ) from error


def _sources(derivation: Derivation, base_url: str) -> list[str]:
    words = [derivation.archive, derivation.timestamp]
    words += [word for pair in derivation.suites for word in pair]
    bad = [word for word in words if not _WORD.fullmatch(word)]
    if bad or not derivation.suites:
        raise RebuildFailure(Reason.UNSUPPORTED, f"not the name of a suite: {bad[:1]}")
    # The server verified these indices when it took them; it is the one that is trusted here.
    base = f"{base_url}/archive/{derivation.archive}/{derivation.timestamp}/"
    return [f"deb [trusted=yes] {base} {suite} {part}" for suite, part in derivation.suites]


def _configuration(folder: Path, architecture: str) -> str:
    values = {
        "Dir::Etc::main": "/dev/null",
        "Dir::Etc::parts": f"{folder}/empty",
        "Dir::Etc::sourcelist": f"{folder}/etc/sources.list",
        "Dir::Etc::sourceparts": f"{folder}/empty",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": f"{folder}/empty",
        "Dir::Etc::netrc": "/dev/null",
        "Dir::Etc::netrcparts": f"{folder}/empty",
        "Dir::Etc::trusted": "/dev/null",
        "Dir::Etc::trustedparts": f"{folder}/empty",
        "Dir::State": str(folder),
        "Dir::State::lists": f"{folder}/lists",
        "Dir::State::status": f"{folder}/status",
        "Dir::State::extended_states": f"{folder}/extended_states",
        "Dir::Cache": str(folder),
        "Dir::Cache::archives": f"{folder}/archives",
        "Dir::Log": str(folder),
        "APT::Architecture": architecture,
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "APT::Get::Assume-Yes": "true",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Check-Date": "false",
        "Acquire::ForceHash": "sha256",
        "Acquire::Retries": "3",
        "Acquire::http::Proxy": "DIRECT",
        "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
        "Debug::NoLocking": "true",
    }
    lines = [f'{key} "{value}";' for key, value in values.items()]
    lines.append(f'APT::Architectures {{ "{architecture}"; }};')
    return "\n".join(lines) + "\n"


def _gist(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("E:", "W:")) or " : " in line]
    return " / ".join((told or lines)[-4:])[:600]
