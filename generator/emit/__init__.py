# SPDX-License-Identifier: Apache-2.0
"""Fifth stage: prints what the compilers and linkers read. Nothing is decided here."""
