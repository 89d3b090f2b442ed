# SPDX-License-Identifier: GPL-3.0-or-later
"""Alembic migrations: one line of versions for the catalogue, one for the ledger."""
