# SPDX-License-Identifier: GPL-3.0-or-later
# Plain system calls between two namespaces read better without path objects.
# ruff: noqa: PTH123
"""The program that `isolate.py` starts: namespaces, mounts, then the steps, then nothing.

Three processes: the *outer* one stays in the host's namespaces and waits; the *inner* one is
process 1 of the sandbox, so that its end is the end of every process in it; each *step* is a
child of the inner one without rights. The kernel kills the outer process when the worker ends
and the inner when the outer ends: a killed worker leaves no process, and no mount, since
mounts exist only in the sandbox's own namespace.

Standard library only: it runs with `-I -S`, and must not see site-packages.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from rebuilders.debian import linux_calls as linux
from rebuilders.debian.sandbox_mounts import build_tree, close_root
from rebuilders.debian.sandbox_steps import perform

Spec = Mapping[str, Any]

_NAMESPACES = (
    linux.CLONE_NEWNS
    | linux.CLONE_NEWUTS
    | linux.CLONE_NEWIPC
    | linux.CLONE_NEWPID
    | linux.CLONE_NEWNET
)


def main(spec_fd: int, result_fd: int) -> int:
    """Run the sandbox of one specification.

    Args:
        spec_fd: Open at the beginning of a JSON text, see `isolate.Sandbox`; closed here.
        result_fd: Where one JSON line tells how it ended; closed to the steps.
    """
    with open(spec_fd, encoding="utf-8") as stream:
        spec: Spec = json.load(stream)
    linux.die_with_parent(signal.SIGKILL, spec["parent"])
    os.set_inheritable(result_fd, False)  # noqa: FBT003  # its only form
    outer = os.getpid()
    try:
        if spec["id_map"]:
            return _inside_own_users(spec, result_fd, outer)
        return _enter(spec, result_fd)
    except (OSError, subprocess.SubprocessError) as error:
        _tell(result_fd, {"setup": str(error)})
        return 125


def _inside_own_users(spec: Spec, result_fd: int, outer: int) -> int:
    """Fork a child into a user namespace whose ids this process maps."""
    ready_read, ready_write = os.pipe()
    go_read, go_write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go_write)
        try:
            linux.die_with_parent(signal.SIGKILL, outer)
            linux.unshare(linux.CLONE_NEWUSER)
            os.write(ready_write, b"r")
            if os.read(go_read, 1) != b"g":
                os._exit(125)
            os.setresgid(0, 0, 0)
            os.setresuid(0, 0, 0)
            linux.die_with_parent(signal.SIGKILL, outer)
            os._exit(_enter(spec, result_fd))
        except OSError as error:
            _tell(result_fd, {"setup": str(error)})
            os._exit(125)
    os.close(ready_write)
    os.close(go_read)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    if os.read(ready_read, 1) == b"r":
        _map_ids(child, spec["id_map"])
        os.write(go_write, b"g")
    return _exit_code(os.waitpid(child, 0)[1])


def _map_ids(child: int, id_map: Mapping[str, list[list[int]]]) -> None:
    for kind in ("uid", "gid"):
        ranges = id_map[kind]
        if os.geteuid() == 0:
            text = "".join(f"{inside} {outside} {count}\n" for inside, outside, count in ranges)
            with open(f"/proc/{child}/{kind}_map", "w", encoding="ascii") as stream:
                stream.write(text)
        else:
            words = [str(number) for row in ranges for number in row]
            subprocess.run([f"new{kind}map", str(child), *words], check=True)


def _enter(spec: Spec, result_fd: int) -> int:
    linux.leave_session_keyring()
    linux.unshare(_NAMESPACES)
    lifeline, held = os.pipe()
    inner = os.fork()
    if inner == 0:
        os.close(held)
        try:
            os._exit(_inner(spec, result_fd, lifeline))
        except BaseException as error:  # noqa: BLE001  # process 1 reports whatever it was
            _tell(result_fd, {"setup": f"{type(error).__name__}: {error}"})
            os._exit(125)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(inner, signal.SIGTERM))
    return _exit_code(os.waitpid(inner, 0)[1])


def _inner(spec: Spec, result_fd: int, lifeline: int) -> int:
    # A parent outside this pid namespace always has the number 0 here, so whether it still
    # lives shows in the pipe that only it holds open.
    linux.die_with_parent(signal.SIGKILL, os.getppid())
    if select.select([lifeline], [], [], 0)[0]:
        return 125
    os.close(lifeline)
    socket.sethostname(spec["hostname"])
    linux.bring_up_loopback()
    build_tree(spec)
    for index, step in enumerate(spec["steps"]):
        if "close" in step:
            close_root()
            continue
        code = _run_step(step, spec, result_fd)
        if code != 0:
            _tell(result_fd, {"step": index, "code": code})
            return code if code < 256 else 1
    _tell(result_fd, {"step": len(spec["steps"]), "code": 0})
    return 0


def _run_step(step: Mapping[str, Any], spec: Spec, result_fd: int) -> int:
    child = os.fork()
    if child == 0:
        os.close(result_fd)
        os.setpgid(0, 0)
        code = 126
        try:
            code = perform(step, spec)
        except BaseException as error:  # noqa: BLE001  # a forked child must never return
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(code)
    signal.signal(signal.SIGTERM, lambda *_: _signal_group(child))
    status = 0
    while True:
        # Process 1 also inherits what the step left behind; those are reaped here
        # and killed by the kernel when process 1 ends.
        ended, found = os.wait()
        if ended == child:
            status = found
            break
    return _exit_code(status)


def _signal_group(child: int) -> None:
    for target in (-child, child):
        try:
            os.kill(target, signal.SIGTERM)
        except ProcessLookupError:
            continue


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return 128 - code if code < 0 else code


def _tell(result_fd: int, value: Mapping[str, Any]) -> None:
    os.write(result_fd, (json.dumps(value) + "\n").encode())
