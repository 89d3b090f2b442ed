# SPDX-License-Identifier: GPL-3.0-or-later
# Plain system calls between two namespaces read better without path objects.
# ruff: noqa: PTH102, PTH103, PTH211
"""The file system that a sandboxed process sees: nothing of the host but what is listed.

Runs inside the new namespaces, before the root is changed. Standard library only.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from rebuilders.debian import linux_calls as linux

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
#: Owned by root without asking for a capability, so a root process could write them.
_READ_ONLY = ("sys", "bus", "fs", "irq", "acpi", "scsi", "sysrq-trigger")
_HIDDEN = ("kcore", "keys", "key-users", "timer_list", "sched_debug", "kmsg", "kpagecount")


def build_tree(spec: Mapping[str, Any]) -> None:
    """Mount everything below `spec["root"]` and make it the root.

    Args:
        spec: The sandbox's specification, see `rebuilders.debian.isolate`.
    """
    root = spec["root"]
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    _mount_root(spec, root)
    for target in ("proc", "dev", "tmp", "run", *spec["tmpfs"]):
        os.makedirs(_below(root, target), mode=0o755, exist_ok=True)
    _mount_devices(root)
    for target in ("tmp", "run", *spec["tmpfs"]):
        mode = "755" if target == "run" else "1777"
        _mount_tmpfs(_below(root, target), f"mode={mode},size={spec['tmpfs_size']}")
    if spec["build_area"]:
        target = _below(root, spec["build_area"]["target"])
        os.makedirs(target, mode=0o755, exist_ok=True)
        _bind(spec["build_area"]["source"], target)
    for bind in spec["binds"]:
        target = _below(root, bind["target"])
        os.makedirs(target, exist_ok=True)
        _bind(bind["source"], target, extra=linux.MS_RDONLY)
    linux.mount(
        "proc", _below(root, "proc"), "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    )
    _close_proc(_below(root, "proc"))
    os.chdir(root)
    linux.pivot_root_here()


def close_root() -> None:
    """Make the root read-only; the mounts on it stay as they are."""
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("none", "/", flags=flags)


def _mount_root(spec: Mapping[str, Any], root: str) -> None:
    flags = linux.MS_NOSUID | linux.MS_NODEV
    lowers: Sequence[str] = spec["lowers"]
    if not lowers:
        _bind(spec["upper"], root)
        return
    # Relative lower names keep the option string below a page even for deep stacks.
    os.chdir(spec["layers"])
    options = f"lowerdir={':'.join(lowers)},upperdir={spec['upper']},workdir={spec['scratch']}"
    if spec["id_map"]:
        options += ",userxattr"
    linux.mount("overlay", root, "overlay", flags, options)
    os.chdir("/")


def _mount_devices(root: str) -> None:
    dev = _below(root, "dev")
    linux.mount("tmpfs", dev, "tmpfs", linux.MS_NOSUID, "mode=755,size=64k")
    for name in _DEVICES:
        target = f"{dev}/{name}"
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o666))
        # A device reached through a bind mount needs no mknod, so users may do it too.
        linux.mount(f"/dev/{name}", target, flags=linux.MS_BIND)
    for name, value in _LINKS.items():
        os.symlink(value, f"{dev}/{name}")
    os.mkdir(f"{dev}/pts")
    options = "newinstance,ptmxmode=0666,mode=620,gid=5"
    linux.mount("devpts", f"{dev}/pts", "devpts", linux.MS_NOSUID | linux.MS_NOEXEC, options)
    os.symlink("pts/ptmx", f"{dev}/ptmx")
    os.mkdir(f"{dev}/shm")
    _mount_tmpfs(f"{dev}/shm", "mode=1777")


def _mount_tmpfs(target: str, options: str) -> None:
    linux.mount("tmpfs", target, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def _bind(source: str, target: str, extra: int = 0) -> None:
    linux.mount(source, target, flags=linux.MS_BIND)
    flags = linux.MS_BIND | linux.MS_REMOUNT | linux.MS_NOSUID | linux.MS_NODEV | extra
    linux.mount("none", target, flags=flags)


def _close_proc(proc: str) -> None:
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC | linux.MS_RDONLY
    for name in _READ_ONLY:
        target = f"{proc}/{name}"
        if os.path.lexists(target):
            linux.mount(target, target, flags=linux.MS_BIND)
            linux.mount("none", target, flags=linux.MS_BIND | linux.MS_REMOUNT | flags)
    for name in _HIDDEN:
        target = f"{proc}/{name}"
        if os.path.lexists(target):
            linux.mount("/dev/null", target, flags=linux.MS_BIND)


def _below(root: str, target: str) -> str:
    return f"{root}/{target.lstrip('/')}"
