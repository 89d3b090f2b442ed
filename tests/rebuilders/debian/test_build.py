# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from rebuilders.debian import build
from rebuilders.failure import RebuildFailure
from snapshot.timestamp import Timestamp

PLAN = build.BuildPlan("a_1.dsc", "/build/a-1/a-1", "any", {"LC_ALL": "C.UTF-8"})


@pytest.mark.parametrize(
    ("field", "dpkg", "root"),
    [
        (None, "1.21.22", True),
        (None, "1.22.12", True),
        (None, "1.22.13", False),
        ("no", "1.19.0", False),
        ("binary-targets", "1.22.20", True),
        ("dpkg/target-subcommand", "1.22.20", True),
    ],
)
def test_when_dpkg_asks_for_root(field: str | None, dpkg: str, root: bool) -> None:
    assert build.needs_root(field, dpkg) is root


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("/build/reproducible-path/a-1", "/build/reproducible-path"),
        ("/build/a-b/a-1", "/build/a-b"),
        ("/tmp/a-1", "/tmp"),
        ("/home/me/a", "/home/me"),
        ("/usr/src/a", "/usr/src"),
    ],
)
def test_the_directory_above_the_build_path_is_the_builds(path: str, area: str) -> None:
    assert build.build_area(path) == area


@pytest.mark.parametrize(
    "path", ["/a", "/usr/a", "/usr/bin/a", "/etc/x/a", "/proc/1/a", "/dev/shm/a", "/lib64/x/a"]
)
def test_a_build_path_that_would_hide_the_system_is_refused(path: str) -> None:
    with pytest.raises(RebuildFailure, match="unsupported"):
        build.build_area(path)


def test_where_build_daemons_built_depends_on_the_time() -> None:
    old, new = Timestamp.parse("20230101"), Timestamp.parse("20260101")
    assert build.default_path("a", "1:2.0-3", old) == "/build/a-2.0"
    assert build.default_path("a", "1:2.0-3", new) == "/build/reproducible-path/a-2.0"
    assert build.default_path("a", "2.0", None) == "/build/reproducible-path/a-2.0"


def test_values_are_arguments_and_variables_never_words_of_a_shell() -> None:
    evil = "$(reboot) `reboot`; \\ \" '"
    plan = build.BuildPlan("a.dsc", "/build/x/a", "any", {"CC": evil}, host_architecture="arm64")
    (step,) = build.build_steps(plan)
    assert step["argv"] == [
        "dpkg-buildpackage",
        "-us",
        "-uc",
        "--build=any",
        "--host-arch=arm64",
    ]
    assert step["environment"]["CC"] == evil


def test_the_environment_is_the_records_and_nothing_of_the_workers() -> None:
    found = build.build_environment({"DEB_BUILD_OPTIONS": "parallel=4", "PATH": "/recorded"})
    assert found == {
        "PATH": "/recorded",
        "HOME": "/nonexistent",
        "USER": "builder",
        "LOGNAME": "builder",
        "DEB_BUILD_OPTIONS": "parallel=4",
    }


def test_the_entry_of_a_binary_only_rebuild_stands_before_the_changelog() -> None:
    changes = (
        "a (1+b1) sid; urgency=low\n\n  * Again.\n\n -- B <b@c>  Thu, 01 Jan 1970 00:00:00 +0000"
    )
    plan = build.BuildPlan("a.dsc", "/build/x/a-1", "any", {}, changes=changes)
    step = build.unpack_steps(plan)[1]
    assert step["write"] == "/build/x/a-1/debian/changelog"
    assert step["mode"] == "prepend"
    assert step["text"] == changes + "\n\n"


def test_a_package_that_needs_no_root_says_so_in_its_first_line_when_asked() -> None:
    plan = build.BuildPlan("a.dsc", "/build/x/a-1", "any", {}, declare_no_root=True)
    assert build.build_steps(plan)[0]["text"] == "Rules-Requires-Root: no\n"
    assert len(build.build_steps(PLAN)) == 1


def test_the_root_is_closed_after_the_accounts_and_before_the_source() -> None:
    steps = build.account_steps(1000, "/build/x")
    assert steps[-1] == {"close": "/"}
    assert all(step["as_root"] for step in steps[:-1])
    assert "builder:x:1000:1000" in steps[0]["text"]
    assert not any(step.get("as_root") for step in build.unpack_steps(PLAN))
