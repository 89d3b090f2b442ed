# SPDX-License-Identifier: GPL-3.0-or-later
"""Which strategy applies to which package; the builds are in tests/integration/rebuilders."""

from __future__ import annotations

from pathlib import Path

import pytest

from rebuilders.debian.build import BuildPlan
from rebuilders.debian.compose_environment import Composed
from rebuilders.debian.identities import Identities
from rebuilders.debian.layers import LayerStore
from rebuilders.debian.rebuilder import LADDER, DebianRebuilder, _rules_requires_root, _with_root
from rebuilders.debian.workplace import Workplace
from rebuilders.failure import NotApplicable, RebuildFailure
from rebuilders.task import Task
from snapshot.digest import Digest
from snapshot.environment import Environment, Member
from snapshot.verdict import Strategy
from tests.rebuilders.stand_in_server import StandIn

PLAN = BuildPlan("a.dsc", "/build/x/a", "any", {})
OLD, NEW = "1.21.22", "1.22.18"


def composed(strategy: str, dpkg: str, *more: str) -> Composed:
    names = [("dpkg", dpkg), *((name, "1") for name in more)]
    members = frozenset(Member(n, "amd64", v, Digest.of(n.encode())) for n, v in names)
    return Composed(Environment("deb", members), Strategy(strategy), PLAN.path, "any", {})


@pytest.mark.parametrize(
    ("strategy", "dpkg", "rules", "extra", "declares"),
    [
        ("strict", OLD, "no", (), False),
        ("strict", NEW, None, (), False),
        ("strict", OLD, None, ("fakeroot",), False),
        ("rules-requires-root", OLD, None, (), True),
        ("fakeroot", OLD, None, ("fakeroot",), False),
        ("fakeroot", NEW, "binary-targets", ("fakeroot",), False),
        ("derived", OLD, None, ("fakeroot",), False),
    ],
)
def test_a_strategy_that_applies(
    strategy: str, dpkg: str, rules: str | None, extra: tuple[str, ...], declares: bool
) -> None:
    plan = _with_root(PLAN, composed(strategy, dpkg, *extra), rules)
    assert plan.declare_no_root is declares


@pytest.mark.parametrize(
    ("strategy", "dpkg", "rules"),
    [
        ("strict", OLD, None),  # dpkg would ask for a fakeroot that is not there
        ("strict", NEW, "binary-targets"),
        ("rules-requires-root", NEW, None),  # nothing to declare
        ("rules-requires-root", OLD, "binary-targets"),  # the package knows better
        ("fakeroot", OLD, "no"),
        ("fakeroot", NEW, None),
    ],
)
def test_a_strategy_that_does_not(strategy: str, dpkg: str, rules: str | None) -> None:
    with pytest.raises(NotApplicable):
        _with_root(PLAN, composed(strategy, dpkg), rules)


@pytest.mark.parametrize(
    ("control", "rules"),
    [
        ("Source: a\nRules-Requires-Root: no\n\nPackage: a\n", "no"),
        ("Source: a\n\nPackage: a\nRules-Requires-Root: no\n", None),
        ("", None),
        ("rubbish", None),
    ],
)
def test_the_field_is_read_from_the_source_stanza(
    tmp_path: Path, control: str, rules: str | None
) -> None:
    (tmp_path / "a/debian").mkdir(parents=True)
    (tmp_path / "a/debian/control").write_text(control)
    assert _rules_requires_root(tmp_path, "/build/x/a") == rules


def test_the_kind_of_input_decides_what_is_tried(tmp_path: Path) -> None:
    place = Workplace(tmp_path, tmp_path, Identities("root", None, 2952))
    rebuilder = DebianRebuilder(place, LayerStore(place), "amd64")
    server = StandIn(url="http://127.0.0.1:1")

    def task(name: str, **job: tuple[str, ...]) -> Task:
        server.add_job(name, b"", {}, **job)  # type: ignore[arg-type]
        return Task(server.queue[-1], "deb", Path(name), name, Digest.of(b""), (), 1.0)

    assert rebuilder.strategies(task("a.buildinfo")) == LADDER
    assert rebuilder.strategies(task("a.dsc")) == ("derived",)
    assert rebuilder.strategies(task("a.buildinfo", strategies=("strict",))) == ("strict",)
    with pytest.raises(RebuildFailure, match="unsupported"):
        rebuilder.accepts(task("a.rpm"))
    assert rebuilder.needs() == ()
