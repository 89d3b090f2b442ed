# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of a Debian build, as argument lists; nothing here is run, nothing is quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rebuilders.failure import RebuildFailure
from snapshot.binary_only_changes import prepend_binary_only_changes
from snapshot.deb_version import split_version, version_key
from snapshot.timestamp import Timestamp
from snapshot.verdict import Reason

#: Where the sandbox sees the source package.
SOURCE = "/run/dejabuild/source"
USER = "builder"
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
#: sbuild 0.87.1 gave builds a path that no longer holds random letters.
_REPRODUCIBLE_PATH_SINCE = Timestamp.parse("20241110")
_SYSTEM = frozenset(("bin", "sbin", "etc", "usr", "var", "boot", "proc", "sys", "dev", "run"))
_ALLOWED = frozenset(("/usr/src", "/usr/local/src", "/var/tmp"))  # noqa: S108
_NO_ROOT_BY_DEFAULT = version_key("1.22.13")


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """What decides a build, besides its environment.

    Attributes:
        dsc_name: File name of the description in `SOURCE`.
        path: Absolute directory of the build.
        kind: `any`, `all` or `any,all`.
        variables: Recorded environment variables, verbatim.
        changes: The changelog entry of a binary-only rebuild.
        host_architecture: Set for a cross build.
        declare_no_root: Insert `Rules-Requires-Root: no`.
    """

    dsc_name: str
    path: str
    kind: str
    variables: Mapping[str, str]
    changes: str | None = None
    host_architecture: str | None = None
    declare_no_root: bool = False


def default_path(source: str, version: str, built: Timestamp | None) -> str:
    """Where build daemons built when the record does not say."""
    upstream = split_version(version)[1]
    if built is not None and built < _REPRODUCIBLE_PATH_SINCE:
        return f"/build/{source}-{upstream}"
    return f"/build/reproducible-path/{source}-{upstream}"


def account_steps(uid: int, area: str) -> list[dict[str, Any]]:
    """Make the build user, without useradd: an exact environment has no `passwd` package.

    Args:
        uid: Of the user and its group.
        area: The directory that is the user's; everything else is closed.
    """
    home = "/nonexistent"
    steps: list[dict[str, Any]] = [
        _write("/etc/passwd", f"{USER}:x:{uid}:{uid}::{home}:/bin/sh\n", "append"),
        _write("/etc/group", f"{USER}:x:{uid}:\n", "append"),
        _write("/etc/hosts", "127.0.0.1 localhost dejabuild\n::1 localhost\n", "new"),
        {"own": area, "uid": uid},
    ]
    return [*({**step, "as_root": True} for step in steps), {"close": "/"}]


def unpack_steps(plan: BuildPlan) -> list[dict[str, Any]]:
    """Unpack the source with the environment's own dpkg-source."""
    description = f"{SOURCE}/{plan.dsc_name}"
    steps: list[dict[str, Any]] = [
        {
            "argv": ["dpkg-source", "--no-check", "-x", description, plan.path],
            "environment": build_environment({}),
        }
    ]
    if plan.changes is not None:
        text = prepend_binary_only_changes(plan.changes, b"").decode()
        path = f"{plan.path}/debian/changelog"
        steps.append({"write": path, "text": text, "mode": "prepend"})
    return steps


def build_steps(plan: BuildPlan) -> list[dict[str, Any]]:
    """Build what was unpacked."""
    steps: list[dict[str, Any]] = []
    if plan.declare_no_root:
        path = f"{plan.path}/debian/control"
        steps.append({"write": path, "text": "Rules-Requires-Root: no\n", "mode": "prepend"})
    argv = ["dpkg-buildpackage", "-us", "-uc", f"--build={plan.kind}"]
    if plan.host_architecture:
        argv.append(f"--host-arch={plan.host_architecture}")
    environment = build_environment(plan.variables)
    steps.append({"argv": argv, "environment": environment, "cwd": plan.path})
    return steps


def build_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the worker's own; what the record says, verbatim."""
    base = {"PATH": _PATH, "HOME": "/nonexistent", "USER": USER, "LOGNAME": USER}
    return {**base, **variables}


def build_area(path: str) -> str:
    """The directory a build may write: the one that holds its build path.

    Raises:
        RebuildFailure: `unsupported`: it would hide a part of the system.
    """
    parent = PurePosixPath(path).parent
    top = parent.parts[1] if len(parent.parts) > 1 else ""
    if (top == "" or top in _SYSTEM or top.startswith("lib")) and str(parent) not in _ALLOWED:
        raise RebuildFailure(
            Reason.UNSUPPORTED, f"the build path {path} lies inside a directory of the system"
        )
    return str(parent)


def needs_root(rules_requires_root: str | None, dpkg_version: str) -> bool:
    """Whether dpkg will ask for root, or fakeroot, to make the binary packages.

    Args:
        rules_requires_root: The field of debian/control; None when absent.
        dpkg_version: Of the environment.
    """
    if rules_requires_root is None:
        return version_key(dpkg_version) < _NO_ROOT_BY_DEFAULT
    return rules_requires_root.strip() != "no"


def _write(path: str, text: str, mode: str) -> dict[str, Any]:
    return {"write": path, "text": text, "mode": mode}
