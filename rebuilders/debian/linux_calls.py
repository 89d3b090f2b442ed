# SPDX-License-Identifier: GPL-3.0-or-later
"""The Linux system calls that Python 3.11 does not offer.

Imported by the sandbox program, which runs without site-packages: standard library only.
Every function raises `OSError` with the name of the call when the kernel refuses.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION_3 = 0x20080522
_LAST_CAPABILITY = 63
_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
# The same number on every architecture that Debian releases, except alpha and mips.
_PIVOT_ROOT = {"x86_64": 155, "i686": 217, "armv7l": 218, "ppc64le": 203, "s390x": 217}

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(what: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags`."""
    _checked("unshare", _libc.unshare(ctypes.c_int(flags)))


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    """Mount, bind or remount."""
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _checked(f"mount {kind or 'bind'} on {target}", result)


def detach(target: str) -> None:
    """Unmount lazily."""
    _checked(f"umount {target}", _libc.umount2(target.encode(), MNT_DETACH))


def pivot_root_here() -> None:
    """Make the working directory the root; the old root is gone afterwards."""
    number = _PIVOT_ROOT.get(os.uname().machine, 41)
    _checked("pivot_root", _libc.syscall(ctypes.c_long(number), b".", b"."))
    # The old root now lies on top of the new one at "."; taking it away leaves no path out.
    detach(".")
    os.chdir("/")


def die_with_parent(signal_number: int, parent: int) -> None:
    """Have the kernel send a signal when the parent ends; end now if it already has."""
    _checked("prctl", _libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal_number), 0, 0, 0))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal_number)


def forbid_new_privileges() -> None:
    """No set-id bit and no file capability has an effect from here on."""
    _checked("prctl", _libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), 0, 0, 0))


def bound_capabilities(kept: frozenset[int]) -> None:
    """Take all other capabilities out of the bounding set: no program regains them."""
    for number in range(_LAST_CAPABILITY + 1):
        if number not in kept:
            # EINVAL beyond the last capability that this kernel knows.
            _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)
    _libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)


def keep_capabilities(kept: frozenset[int]) -> None:
    """Give up all other capabilities that this process has."""
    mask = sum(1 << number for number in kept)
    low, high = mask & 0xFFFFFFFF, mask >> 32
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    data = struct.pack("6I", low, low, 0, high, high, 0)
    _checked("capset", _libc.capset(header, data))


def bring_up_loopback() -> None:
    """Set `lo` up in the current network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(control, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def leave_session_keyring() -> None:
    """Join an empty session keyring, so that keys of the host's session are out of reach."""
    numbers = {"x86_64": 250, "i686": 288, "armv7l": 311, "ppc64le": 271, "s390x": 280}
    number = numbers.get(os.uname().machine, 219)
    _libc.syscall(ctypes.c_long(number), ctypes.c_int(1), None)
