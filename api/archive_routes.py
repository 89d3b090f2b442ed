# SPDX-License-Identifier: GPL-3.0-or-later
"""The blueprints of the archive half, in the order they are registered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api import metasnap, openapi, removals
from api.archive import routes as archive
from api.environments import routes as environments
from api.mr import routes as mr
from api.pages import frame, history_routes
from api.resigned import routes as resigned

if TYPE_CHECKING:
    from flask import Blueprint


def blueprints() -> tuple[Blueprint, ...]:
    """What `api.app.create_app` registers for this half."""
    return (
        archive.make_blueprint(),
        resigned.make_blueprint(),
        mr.make_blueprint(),
        environments.make_blueprint(),
        metasnap.make_blueprint(),
        removals.make_blueprint(),
        openapi.make_blueprint(),
        frame.make_blueprint(),
        history_routes.make_blueprint(),
    )
