# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue: what lived where and when, in every archive."""
