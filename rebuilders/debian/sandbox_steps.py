# SPDX-License-Identifier: GPL-3.0-or-later
# Plain system calls between two namespaces read better without path objects.
# ruff: noqa: PTH101, PTH108, PTH112, PTH114, PTH118, PTH123
"""What happens inside a sandbox once its root stands. Standard library only.

A step is one of::

    {"argv": ["dpkg", "--unpack", …]}            run a program
    {"extract": [["/run/…", 512], …]}             unpack tar archives that begin at an offset
    {"clear": "/"}                                remove all that is below, but mounts
    {"own": "/build", "uid": 1000}                 give a directory to a user
    {"close": "/"}                                make the root read-only (done by process 1)
    {"write": "/etc/hosts", "text": "…", "mode": "new" | "append" | "prepend"}

A step with `"as_root": true` runs as uid 0 with the sandbox's capabilities, whatever its uid.

Everything is imported before the root changes: afterwards there is no Python to import from.
Steps that write run in a child like programs do, with the same rights: a link that a package
planted leads nowhere but into the sandbox.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tarfile
from collections.abc import Mapping
from typing import Any

from rebuilders.debian import linux_calls as linux


def perform(step: Mapping[str, Any], spec: Mapping[str, Any]) -> int:
    """Do one step in this process, which then ends.

    Returns:
        An exit code; a program replaces the process and never returns.
    """
    become(spec, as_root=bool(step.get("as_root")))
    if "argv" in step:
        os.chdir(step.get("cwd", "/"))
        environment = dict(step["environment"])
        try:
            os.execvpe(step["argv"][0], list(step["argv"]), environment)  # noqa: S606
        except OSError as error:
            sys.stderr.write(f"{step['argv'][0]}: {error.strerror}\n")
            return 127
    if "extract" in step:
        _extract(step["extract"])
    elif "clear" in step:
        _clear(step["clear"])
    elif "own" in step:
        os.chown(step["own"], step["uid"], step["uid"])
    else:
        _write(step)
    return 0


def become(spec: Mapping[str, Any], *, as_root: bool) -> None:
    """Take on the limits and the identity of the step, for good."""
    os.umask(0o022)
    for name, limit in spec["limits"].items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(number, (value, value))
    kept = frozenset(spec["capabilities"])
    linux.bound_capabilities(kept)
    uid, gid = (0, 0) if as_root else (spec["uid"], spec["gid"])
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    linux.keep_capabilities(kept if uid == 0 else frozenset())
    linux.forbid_new_privileges()


def _extract(archives: list[tuple[str, int]]) -> None:
    for name, offset in archives:
        with open(name, "rb") as stream:
            stream.seek(offset)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for member in archive:
                    _extract_member(archive, member)


def _extract_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    target = os.path.join("/", member.name)
    if member.isdir() and os.path.isdir(target):
        # `./bin` over the link bin -> usr/bin: the link stays, as dpkg does it.
        # Mount points are ours (and in a user namespace not even ours to change).
        if not os.path.islink(target) and not os.path.ismount(target):
            os.chown(target, member.uid, member.gid)
            os.chmod(target, member.mode)
        return
    if not member.isdir() and os.path.lexists(target):
        os.unlink(target)
    archive.extract(member, "/", set_attrs=True, numeric_owner=True)


def _clear(top: str) -> None:
    for entry in os.scandir(top):
        if os.path.ismount(entry.path):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            os.unlink(entry.path)


def _write(step: Mapping[str, Any]) -> None:
    path, text, mode = step["write"], step["text"].encode(), step["mode"]
    if mode == "append":
        with open(path, "ab") as stream:
            stream.write(text)
        return
    old = b""
    if mode == "prepend":
        with open(path, "rb") as stream:
            old = stream.read()
    with open(path, "wb") as stream:
        stream.write(text + old)
