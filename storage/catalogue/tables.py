# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's tables, the same on both databases."""

from sqlalchemy import MetaData

metadata = MetaData()
