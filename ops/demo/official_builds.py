# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the demo's build records: real builds in a stale chroot, kept by content of their inputs.

"Stale" is what build machines are: the chroot is of the first date, the build dependencies are of
another, so the record may name packages that no single date has together.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from snapshot.errors import TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ops.demo.cache import DemoCache
    from snapshot.timestamp import Timestamp

# Raise it when the way of building changes, so that older results are not taken for new ones.
RECIPE = "1"
MERGED_USR_HOOK = Path("/usr/share/mmdebstrap/hooks/merged-usr")


@dataclass(frozen=True, slots=True)
class OfficialBuild:
    """One build to be recorded.

    Attributes:
        name: Source name.
        version: Without an epoch: as in the name of the build directory.
        source: The .dsc first, then its parts.
        kind: `any`, `all` or `binary`, as for dpkg-buildpackage.
        depends_date: Where build dependencies come from.
        local: .debs installed beside the archive's.
        files: Files put into the chroot before the build: path to text.
    """

    name: str
    version: str
    source: tuple[Path, ...]
    kind: str
    depends_date: Timestamp
    local: tuple[Path, ...]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Record:
    """What a build left behind.

    Attributes:
        buildinfo: The record.
        debs: What was built, `-dbgsym` included.
    """

    buildinfo: Path
    debs: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class BuildPlace:
    """Where builds get their packages.

    Attributes:
        url: The dated archive, up to the timestamp.
        codename: Suite.
        base_date: The chroot's date.
        keyring: The archive's public key.
        include: Packages that decide how /usr is merged.
        fingerprint: Stands for the archive's content in the key of a result.
    """

    url: str
    codename: str
    base_date: Timestamp
    keyring: Path
    include: tuple[str, ...]
    fingerprint: str


def record_builds(
    builds: tuple[OfficialBuild, ...], place: BuildPlace, cache: DemoCache
) -> dict[str, Record]:
    """Build all of them, or take them from the cache.

    Raises:
        TransientError: A build failed; its log is named.
    """
    if not builds:
        return {}
    key = ["official", RECIPE, place.fingerprint, place.codename, str(place.base_date)]
    for build in builds:
        key += [build.name, build.kind, str(build.depends_date), json.dumps(dict(build.files))]
        key += [_digest(path) for path in (*build.source, *build.local)]
    result = cache.result(key, lambda out: _build_all(builds, place, out))
    return {build.name: _read_record(result / build.name) for build in builds}


def _build_all(builds: tuple[OfficialBuild, ...], place: BuildPlace, out: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dejabuild-demo-") as folder:
        plan = Path(folder) / "plan.json"
        work = Path(folder) / "work"
        work.mkdir()
        plan.write_text(json.dumps(_plan(builds, place, out, work)), "utf-8")
        command = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork"]
        command += ["--kill-child", "--mount-proc", sys.executable, "-P"]
        command += ["-m", "ops.demo.official_chroot", str(plan)]
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise TransientError(
                f"a build of the demo failed: {result.stderr[-800:]}{_tails(builds, out)}"
            )


def _plan(
    builds: tuple[OfficialBuild, ...], place: BuildPlace, out: Path, work: Path
) -> dict[str, object]:
    entries = []
    for build in builds:
        (out / build.name).mkdir()
        entries.append(
            {
                "name": build.name,
                "tree": f"{build.name}-{build.version}",
                "dsc": build.source[0].name,
                "source": [str(path) for path in build.source],
                "local": [str(path) for path in build.local],
                "files": dict(build.files),
                "kind": build.kind,
                "apt_source": _source_line(
                    place, build.depends_date, "/usr/share/keyrings/dejabuild-demo.gpg"
                ),
                "out": str(out / build.name),
            }
        )
    return {
        "work": str(work),
        "hooks": [str(MERGED_USR_HOOK)] if place.include else [],
        "include": list(place.include),
        "codename": place.codename,
        "keyring": str(place.keyring),
        "base_source": _source_line(place, place.base_date, str(place.keyring)),
        "builds": entries,
    }


def _source_line(place: BuildPlace, date: Timestamp, keyring: str) -> str:
    return f"deb [signed-by={keyring}] {place.url}/{date}/ {place.codename} main"


def _read_record(folder: Path) -> Record:
    buildinfo = next(iter(sorted(folder.glob("*.buildinfo"))))
    return Record(buildinfo, tuple(sorted(folder.glob("*.deb"))))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tails(builds: tuple[OfficialBuild, ...], out: Path) -> str:
    words = ""
    for build in builds:
        log = out / build.name / "log"
        if log.is_file() and not list(log.parent.glob("*.buildinfo")):
            words += f"\n--- {build.name}\n{log.read_text('utf-8', errors='replace')[-1500:]}"
    return words
