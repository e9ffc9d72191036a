# SPDX-License-Identifier: Apache-2.0
"""Common to all pytest suites: the `verifies` mark goes into the JUnit file, from where the trace reads it; `heavy` tests begin
first; `long` ones run only when asked for: `-m long`."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "verifies(*ids): the requirements that this test verifies")
    config.addinivalue_line("markers", "long: takes minutes; runs with -m long")
    config.addinivalue_line("markers", "heavy: takes longer than others; begins first, so that nothing waits for it alone at the end")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("-m"):
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("long")])
        items[:] = [item for item in items if not item.get_closest_marker("long")]
    items.sort(key=lambda item: item.get_closest_marker("heavy") is None)
    for item in items:
        ids = [uid for mark in item.iter_markers("verifies") for uid in mark.args]
        if ids:
            item.user_properties.append(("verifies", ", ".join(ids)))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT
