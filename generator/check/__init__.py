# SPDX-License-Identifier: Apache-2.0
"""The rules, one module a topic. See `generator/check/runner.py` for how they are run."""

from __future__ import annotations

import importlib
import pkgutil

_NOT_TOPICS = {"runner", "context"}


def load_topics() -> None:
    """Imports every topic module, which registers its rules."""
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        if module not in _NOT_TOPICS:
            importlib.import_module(f"{__name__}.{module}")
