# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether `/bin` is a link into `/usr`: three regimes of Debian's history, told by the set.

=============================================== ========================================
the set                                         before the first package is unpacked
=============================================== ========================================
base-files ships `./bin` as a link (trixie on)  nothing: the package brings the links
holds `usr-is-merged`                           make the links: its preinst demands them
holds `usrmerge`                                nothing: its postinst converts the tree
none of them (before bookworm)                  nothing, unless the record is tainted by
                                                `merged-usr-via-*`: then make the links
=============================================== ========================================
"""

from __future__ import annotations

from collections.abc import Iterable

_LINKS = {
    "amd64": ("bin", "sbin", "lib", "lib32", "lib64", "libx32"),
    "i386": ("bin", "sbin", "lib", "lib64", "libx32"),
    "ppc64": ("bin", "sbin", "lib", "lib64"),
    "ppc64el": ("bin", "sbin", "lib", "lib64"),
    "s390x": ("bin", "sbin", "lib", "lib32"),
    "loong64": ("bin", "sbin", "lib", "lib64"),
}


def links_before_unpacking(
    names: Iterable[str],
    architecture: str,
    *,
    base_files_merges: bool,
    tainted_by: Iterable[str] = (),
) -> tuple[str, ...]:
    """Top-level names to make as links to their namesakes in `usr` first.

    Args:
        names: Package names of the set.
        architecture: Of dpkg in the set.
        base_files_merges: Whether the base-files package itself ships the links.
        tainted_by: `Build-Tainted-By` of the record.
    """
    if base_files_merges:
        return ()
    known = set(names)
    merged = any(word.startswith("merged-usr-via-") for word in tainted_by)
    if "usr-is-merged" in known or ("usrmerge" not in known and merged):
        return _LINKS.get(architecture, ("bin", "sbin", "lib"))
    return ()
