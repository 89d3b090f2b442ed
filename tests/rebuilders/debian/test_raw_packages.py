# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from rebuilders.debian.identities import Identities
from rebuilders.debian.raw_packages import PACKAGES, RawPackages, Recipe
from rebuilders.debian.workplace import Workplace
from rebuilders.failure import RebuildFailure
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Reason
from tests.rebuilders.deb_files import make_deb


def files(tmp_path: Path, *stanzas: str) -> dict[Member, Path]:
    found = {}
    for number, stanza in enumerate(stanzas):
        words = dict(line.split(": ") for line in stanza.strip().splitlines())
        path = make_deb(tmp_path / f"{number}", {"./x": b"x"}, control=stanza)
        member = Member(
            words["Package"], words["Architecture"], words["Version"], Digest.of(path.read_bytes())
        )
        found[member] = path
    return found


ESSENTIAL = "Package: dpkg\nArchitecture: amd64\nVersion: 1\nEssential: yes\n"
MERGED = "Package: usr-is-merged\nArchitecture: all\nVersion: 1\n"
FOREIGN = "Package: libc6\nArchitecture: i386\nVersion: 1\n"


def test_a_first_layer_begins_with_the_essential_and_a_later_one_only_adds(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "trees", tmp_path / "trees", Identities("root", None, 2952))
    debs = files(tmp_path, ESSENTIAL, MERGED, FOREIGN)
    environment = Environment("deb", frozenset(debs))
    tree = tmp_path / "tree"
    tree.mkdir()
    with ExitStack() as meanwhile:
        raw = RawPackages(place, debs, meanwhile)
        first = raw.steps(environment, (), Recipe("amd64"), tree)
        dpkg = next(member for member in debs if member.name == "dpkg")
        later = raw.steps(environment, [dpkg], Recipe("amd64"), tree)
    kinds = ["extract" if "extract" in step else step["argv"][3] for step in first[:-1]]
    assert kinds == ["extract", "--force-depends", "--unpack"]
    assert [step["argv"][3] for step in later[:-1]] == ["--unpack"]
    assert later[-1]["argv"] == ["dpkg", "--configure", "-a"]
    assert all(path.startswith(PACKAGES) for path in later[0]["argv"][4:])
    assert (tree / "bin").readlink() == Path("usr/bin")
    assert (tree / "var/lib/dpkg/arch").read_text() == "amd64\ni386\n"


def test_a_file_that_is_another_package_than_the_set_says_is_refused(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "trees", tmp_path / "trees", Identities("root", None, 2952))
    (path,) = files(tmp_path, ESSENTIAL).values()
    lie = {Member("dpkg", "amd64", "2", Digest.of(path.read_bytes())): path}
    with ExitStack() as meanwhile, pytest.raises(RebuildFailure) as caught:
        RawPackages(place, lie, meanwhile)
    assert caught.value.reason is Reason.ENVIRONMENT_MISMATCH
