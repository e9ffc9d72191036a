# SPDX-License-Identifier: Apache-2.0
"""One module a verb; `command` is what the command line runs."""
