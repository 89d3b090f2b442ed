# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's last word: every package with verdict, phases and the origin of its digests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ops.demo.fixture import Case

_ORIGINS = {"debian": "Debian's signed index", "demo": "the demo"}
_STYLES = {"GOOD": "green", "BAD": "yellow", "FAIL": "red"}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case.

    Attributes:
        case: What was to be rebuilt.
        status: The verdict's status; empty when there is none.
        reason: With FAIL.
        phases: Seconds by phase.
        attempt: Number of the attempt at the server; 0 for none.
        rebuilt: File name to the digest that came out.
        verified: Names of artifacts whose link a foreign verifier accepted.
        complaints: What is not as it should be; empty when all is.
    """

    case: Case
    status: str
    reason: str
    phases: Mapping[str, float]
    attempt: int
    rebuilt: Mapping[str, str]
    verified: frozenset[str]
    complaints: tuple[str, ...]

    @property
    def as_expected(self) -> bool:
        """Whether this is what the demo is about."""
        return not self.complaints


def final_table(results: Iterable[Result]) -> Table:
    """One row per case, one line per artifact."""
    table = Table(
        title="What became of each package (link ✓: in-toto-verify accepts it)",
        title_justify="left",
        show_lines=True,
    )
    table.add_column("package", overflow="fold", max_width=30)
    table.add_column("verdict", no_wrap=True)
    table.add_column("reason", overflow="fold", max_width=18)
    table.add_column("seconds", overflow="fold", max_width=24)
    table.add_column("artifact: original, rebuilt, whose index names the original")
    for result in results:
        table.add_row(
            Text(f"{result.case.name}\n{result.case.version}"),
            _verdict(result),
            Text("\n".join([result.reason or "", *result.complaints]).strip()),
            Text(_phases(result.phases)),
            _artifacts(result),
        )
    return table


def _verdict(result: Result) -> Text:
    mark = "" if result.as_expected else " (!)"
    return Text(f"{result.status or 'none'}{mark}", style=_STYLES.get(result.status, "red"))


def _phases(phases: Mapping[str, float]) -> str:
    words = [f"{name} {seconds:.1f}" for name, seconds in phases.items() if seconds >= 0.05]
    total = f"total {sum(phases.values()):.1f}"
    return ", ".join([*words, total])


def _artifacts(result: Result) -> Text:
    lines = []
    for artifact in result.case.artifacts:
        rebuilt = result.rebuilt.get(artifact.name)
        relation = "not built"
        if rebuilt is not None:
            relation = f"= {rebuilt[:12]}" if rebuilt == artifact.sha256 else f"≠ {rebuilt[:12]}"
        signed = "  link ✓" if artifact.name in result.verified else ""
        origin = _ORIGINS[artifact.origin]
        lines.append(f"{artifact.name}\n  {artifact.sha256[:12]} {relation}  {origin}{signed}")
    return Text("\n".join(lines))
