# SPDX-License-Identifier: GPL-3.0-or-later
"""The blueprints of the rebuild half, in the order they are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.dejabuild import routes as dejabuild
from api.pages import routes as pages
from api.rebuilderd import routes as rebuilderd

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> tuple[Blueprint, ...]:
    """What `api.app.create_app` registers for this half."""
    return (rebuilderd.make_blueprint(), dejabuild.make_blueprint(), pages.make_blueprint())
