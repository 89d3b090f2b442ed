# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases of runs by their stamp: each date that is no run's own is looked for among them."""

from alembic import op

revision = "catalogue_0012"
down_revision = "catalogue_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("run_aliases_by_stamp", "run_aliases", ["ts"], unique=False)


def downgrade() -> None:
    op.drop_index("run_aliases_by_stamp", table_name="run_aliases")
