# SPDX-License-Identifier: GPL-3.0-or-later
"""A repository that keeps every version and its build records beside them."""

from __future__ import annotations

import dataclasses

from mirror.open_upstreams import open_upstreams
from mirror.qubes_upstream import QubesDebian
from tests.faulty_upstream import FaultyUpstream
from tests.mirror.conftest import FIRST, SECOND
from tests.mirror.mirror_bench import MirrorBench
from tests.small_archive import Deb, SmallArchive, World
from tests.snapshot.test_buildinfo import TEXT

OLD, NEW = Deb("qubes-core", "4.1.1"), Deb("qubes-core", "4.1.2")


def publish(archive: SmallArchive, world: World) -> None:
    """Packages, and a record of each beside it, which the directory's page alone names."""
    archive.publish(world)
    directory = "/pool/main/q/qubes-core/"
    page = ""
    for deb in world.debs:
        name = f"{deb.name}_{deb.version}_amd64.buildinfo"
        text = TEXT.replace("2:2.10-3", deb.version).replace("hello", deb.name)
        archive.files[f"{directory}{name}"] = text.encode()
        page += f'<a href="{name}">{name}</a>\n'
    archive.files[directory] = page.encode()


def test_all_versions_and_their_records_are_here(
    mirror: MirrorBench, archive: SmallArchive, upstream: FaultyUpstream
) -> None:
    publish(archive, World((OLD,), (), FIRST.date))
    mirror.sync(kind="qubes")
    publish(archive, World((OLD, NEW), (), SECOND.date))
    upstream.requests.clear()
    (run,) = mirror.sync(kind="qubes").runs
    assert (run.parsed, run.files) == (1, 1)
    catalogue = mirror.stores.catalogue
    versions = [package.version for package in catalogue.binary_versions("qubes-core")]
    assert versions == ["4.1.2", "4.1.1"]
    records = catalogue.buildinfos("qubes-core")
    assert [record.source_version for record in records] == ["4.1.1", "4.1.2"]
    asked = [path for path, _ in upstream.requests if path.endswith(".buildinfo")]
    assert asked == ["/pool/main/q/qubes-core/qubes-core_4.1.2_amd64.buildinfo"]


def test_a_repository_without_pages_is_mirrored_all_the_same(
    mirror: MirrorBench, archive: SmallArchive
) -> None:
    assert mirror.sync(kind="qubes").missing == 0
    assert any("no build records" in said for said in mirror.listener.said)


def test_one_upstream_may_have_records_where_others_have_none(mirror: MirrorBench) -> None:
    policy = dataclasses.replace(mirror.policy(), upstreams=("http://a", "qubes+http://b"))
    plain, qubes = open_upstreams(policy)
    assert not isinstance(plain, QubesDebian)
    assert isinstance(qubes, QubesDebian)
    assert qubes.base == "http://b"
