# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that lasts: blobs, link layouts, signed repositories and the databases.

The only package that speaks SQL.
"""
