# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of one environment, ready for dpkg, and the steps that install them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rebuilders.debian.deb_file import Control, RawDeb, inspect, unpack_data
from rebuilders.debian.install_waves import Relations
from rebuilders.debian.merged_usr import links_before_unpacking
from rebuilders.debian.workplace import Workplace
from rebuilders.failure import RebuildFailure
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason

#: Where a sandbox sees the packages.
PACKAGES = "/run/dejabuild/packages"
_VARIABLES = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C",
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBCONF_NONINTERACTIVE_SEEN": "true",
    "TERM": "dumb",
}
_DPKG = ("dpkg", "--force-unsafe-io", "--no-triggers")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What decides how a set is unpacked, besides the set.

    Attributes:
        architecture: dpkg's own.
        tainted_by: `Build-Tainted-By` of the record.
    """

    architecture: str
    tainted_by: tuple[str, ...] = ()


class RawPackages:
    """The packages of an environment with uncompressed data, for as long as they are needed."""

    def __init__(
        self, workplace: Workplace, files: Mapping[Member, Path], meanwhile: ExitStack
    ) -> None:
        self.folder = meanwhile.enter_context(workplace.work_tree("packages")).area
        self._files = files
        self._raw: dict[Control, RawDeb] = {}
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            controls = list(pool.map(inspect, files.values()))
        self._controls = dict(zip(files, controls, strict=True))
        for member, control in self._controls.items():
            _check_identity(member, control)
        self._members = {control: member for member, control in self._controls.items()}
        self._relations = Relations(self._members)

    def base_of(self, environment: Environment) -> Environment:
        """The shared base within an environment."""
        return Environment(
            environment.kind, frozenset(self._members[c] for c in self._relations.base())
        )

    def steps(
        self, environment: Environment, present: Iterable[Member], recipe: Recipe, tree: Path
    ) -> list[dict[str, Any]]:
        """What to do in a sandbox so that the environment is installed."""
        here = set(present)
        wanted = {self._controls[m] for m in environment.members if m not in here}
        self._convert(wanted)
        steps: list[dict[str, Any]] = []
        if not here:
            essential = self._relations.essential() & wanted
            self._begin(tree, environment, recipe)
            steps.append({"extract": [self._archive(c) for c in _sorted(essential)]})
            steps.append(self._dpkg("--force-depends", "--install", *self._paths(essential)))
            wanted -= essential
        for wave in self._relations.waves(wanted):
            if wave.configure:
                steps.append(self._dpkg("--configure", *wave.configure))
            steps.append(self._dpkg("--unpack", *self._paths(wave.unpack)))
        steps.append({"argv": ["dpkg", "--configure", "-a"], "environment": _VARIABLES})
        return steps

    def _convert(self, controls: Iterable[Control]) -> None:
        def convert(control: Control) -> RawDeb:
            source = self._files[self._members[control]]
            return unpack_data(source, self.folder / source.name)

        # The largest first: two cores are then busy until the end.
        pending = sorted(set(controls) - self._raw.keys(), key=self._size, reverse=True)
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            self._raw.update(zip(pending, pool.map(convert, pending), strict=True))

    def _size(self, control: Control) -> int:
        return self._files[self._members[control]].stat().st_size

    def _begin(self, tree: Path, environment: Environment, recipe: Recipe) -> None:
        """Lay what must be there before the first package."""
        links = links_before_unpacking(
            [m.name for m in environment.members],
            recipe.architecture,
            base_files_merges=any(deb.merges_usr for deb in self._raw.values()),
            tainted_by=recipe.tainted_by,
        )
        for name in links:
            (tree / "usr" / name).mkdir(parents=True, exist_ok=True)
            (tree / name).symlink_to(f"usr/{name}")
        dpkg = tree / "var/lib/dpkg"
        for folder in (dpkg / "info", dpkg / "updates", dpkg / "alternatives", tree / "etc"):
            folder.mkdir(parents=True, exist_ok=True)
        (dpkg / "status").touch()
        (dpkg / "available").touch()
        foreign = {m.architecture for m in environment.members} - {"all", recipe.architecture}
        if foreign:
            lines = [recipe.architecture, *sorted(foreign)]
            (dpkg / "arch").write_text("".join(f"{line}\n" for line in lines), "ascii")

    def _archive(self, control: Control) -> tuple[str, int]:
        deb = self._raw[control]
        return f"{PACKAGES}/{deb.path.name}", deb.data_offset

    def _paths(self, controls: Iterable[Control]) -> list[str]:
        return [self._archive(control)[0] for control in _sorted(controls)]

    @staticmethod
    def _dpkg(*arguments: str) -> dict[str, Any]:
        return {"argv": [*_DPKG, *arguments], "environment": _VARIABLES}


def _sorted(controls: Iterable[Control]) -> Sequence[Control]:
    return sorted(controls, key=lambda c: (c.name, c.architecture))


def _check_identity(member: Member, control: Control) -> None:
    if (control.name, control.architecture, control.version) != (
        member.name,
        member.architecture,
        member.version,
    ):
        raise RebuildFailure(
            Reason.ENVIRONMENT_MISMATCH,
            f"the package {member.digest} is {control.name} {control.architecture} "
            f"{control.version}, not {member.name} {member.architecture} {member.version}",
        )
