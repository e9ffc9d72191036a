# SPDX-License-Identifier: Apache-2.0
"""Bulkhead's generator: load, model, check, allocate, emit."""

VERSION = "0.1.0"
