# SPDX-License-Identifier: GPL-3.0-or-later
"""apt sources for dated suites, in both of apt's forms."""

from __future__ import annotations

from collections.abc import Iterable

from snapshot.dated_suites import CoverStep


def deb822_sources(steps: Iterable[CoverStep], base: str) -> str:
    """For a `.sources` file; one stanza per dated suite."""
    stanzas = []
    for step in steps:
        types = "deb deb-src" if "source" in step.architectures else "deb"
        stanzas.append(
            f"Types: {types}\n"
            f"URIs: {base}/archive/{step.archive}/{step.at}/\n"
            f"Suites: {step.suite}\n"
            f"{_components(step)}"
            "Check-Valid-Until: no\n"
        )
    return "\n".join(stanzas)


def one_line_sources(steps: Iterable[CoverStep], base: str) -> list[str]:
    """For a `sources.list`; one line per dated suite."""
    return [
        f"deb [check-valid-until=no] {base}/archive/{step.archive}/{step.at}/ {step.suite} "
        f"{'' if step.suite.endswith('/') else ' '.join(step.components)}".rstrip()
        for step in steps
    ]


def _components(step: CoverStep) -> str:
    """Flat repositories have none, and apt insists on that."""
    return "" if step.suite.endswith("/") else f"Components: {' '.join(step.components)}\n"
