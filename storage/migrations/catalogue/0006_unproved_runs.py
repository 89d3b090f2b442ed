# SPDX-License-Identifier: GPL-3.0-or-later
"""Which archives have runs that nothing proves, without looking at every run."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0006"
down_revision = "catalogue_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unproved = sa.text("trust = 'none'")
    op.create_index(
        "unproved_runs",
        "runs",
        ["archive_id"],
        unique=False,
        sqlite_where=unproved,
        postgresql_where=unproved,
    )


def downgrade() -> None:
    op.drop_index("unproved_runs", table_name="runs")
