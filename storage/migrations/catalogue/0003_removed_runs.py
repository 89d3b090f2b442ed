# SPDX-License-Identifier: GPL-3.0-or-later
"""When a run was removed by keep rules, and what a run was captured of."""

import sqlalchemy as sa
from alembic import op

revision = "catalogue_0003"
down_revision = "catalogue_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("removed", sa.BigInteger(), nullable=True))
    op.add_column(
        "runs",
        sa.Column(
            "scope", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True
        ),
    )


def downgrade() -> None:
    op.drop_column("runs", "scope")
    op.drop_column("runs", "removed")
