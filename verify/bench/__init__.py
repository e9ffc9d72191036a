# SPDX-License-Identifier: Apache-2.0
"""Measures the kernel's paths by the counting guests and compares them with bounds and baseline."""
