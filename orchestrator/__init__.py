# SPDX-License-Identifier: GPL-3.0-or-later
"""The server side of rebuilding: targets, jobs, leases, verdicts, attestations.

A report travels `accept_report` → `judge` → `attest` → `requeue` → the ledger. Verdicts are
derived from digests; what a worker says about itself is never enough for GOOD.
"""
