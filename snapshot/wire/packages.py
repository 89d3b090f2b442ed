# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing packages and steering the queue: `POST /api/v1/packages` and `/api/v1/queue`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from snapshot.verdict import Status
from snapshot.wire.fields import Fields


@dataclass(frozen=True, slots=True)
class ReportedBinary:
    """One binary package of a source. `component` is null for Tails images."""

    name: str
    version: str
    component: str | None
    architecture: str
    url: str


@dataclass(frozen=True, slots=True)
class ReportedSource:
    """One build input: a source package with what it should reproduce.

    Attributes:
        name: Source package name.
        version: Source version, with `+bN` for a binNMU group.
        url: The build input, such as a `.buildinfo`.
        artifacts: Binary packages; the same one may stand here twice.
    """

    name: str
    version: str
    url: str
    artifacts: tuple[ReportedBinary, ...]


@dataclass(frozen=True, slots=True)
class PackageReport:
    """Everything in one (distribution, release, architecture); an empty list un-sees it all."""

    distribution: str
    release: str | None
    architecture: str
    packages: tuple[ReportedSource, ...]

    @classmethod
    def from_json(cls, value: Any) -> PackageReport:
        """Read a request body."""
        fields = Fields(value)
        return cls(
            distribution=fields.text("distribution"),
            release=fields.optional_text("release"),
            architecture=fields.text("architecture"),
            packages=tuple(_source(item) for item in fields.objects("packages")),
        )


@dataclass(frozen=True, slots=True)
class QueueRequest:
    """Which packages to queue (again); every member narrows the choice when set.

    Attributes:
        priority: Lower is sooner; None means the manual default.
    """

    distribution: str | None = None
    release: str | None = None
    component: str | None = None
    name: str | None = None
    version: str | None = None
    architecture: str | None = None
    status: Status | None = None
    priority: int | None = None

    @classmethod
    def from_json(cls, value: Any) -> QueueRequest:
        """Read a request body."""
        fields = Fields(value)
        has_status = fields.optional_text("status") is not None
        return cls(
            distribution=fields.optional_text("distribution"),
            release=fields.optional_text("release"),
            component=fields.optional_text("component"),
            name=fields.optional_text("name"),
            version=fields.optional_text("version"),
            architecture=fields.optional_text("architecture"),
            status=fields.checked("status", Status.from_wire) if has_status else None,
            priority=fields.optional_integer("priority"),
        )


def _source(fields: Fields) -> ReportedSource:
    return ReportedSource(
        name=fields.text("name"),
        version=fields.text("version"),
        url=fields.text("url"),
        artifacts=tuple(
            ReportedBinary(
                item.text("name"),
                item.text("version"),
                item.optional_text("component"),
                item.text("architecture"),
                item.text("url"),
            )
            for item in fields.objects("artifacts")
        ),
    )
