# SPDX-License-Identifier: GPL-3.0-or-later
"""Every HTTP surface: the archive service, the rebuild service, the public pages."""
