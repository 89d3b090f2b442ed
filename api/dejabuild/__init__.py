# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own routes below `/api/dejabuild/v1`: evidence, posted records, targets, campaigns."""
