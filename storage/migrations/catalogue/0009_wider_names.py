# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind and architecture beside the name: a lookup need not look at the row of a package."""

from alembic import op

revision = "catalogue_0009"
down_revision = "catalogue_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("packages_by_name", table_name="packages")
    op.create_index(
        "packages_by_name", "packages", ["name", "version", "kind", "architecture"], unique=False
    )


def downgrade() -> None:
    op.drop_index("packages_by_name", table_name="packages")
    op.create_index("packages_by_name", "packages", ["name", "version"], unique=False)
