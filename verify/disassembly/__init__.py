# SPDX-License-Identifier: Apache-2.0
"""Checks of built images by their instructions."""
