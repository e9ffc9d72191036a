# SPDX-License-Identifier: Apache-2.0
"""Templates print what they are given: nothing undefined, nothing decided."""

from __future__ import annotations

import jinja2
import pytest
from jinja2 import meta, nodes

from generator.emit import render as rendering

NAMES = sorted(name for name in rendering._ENVIRONMENT.list_templates() if name.endswith(".j2"))


def tree_of(name: str) -> nodes.Template:
    source, _, _ = rendering._ENVIRONMENT.loader.get_source(rendering._ENVIRONMENT, name)
    return rendering._ENVIRONMENT.parse(source)


@pytest.mark.verifies("LLR-561")
@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_is_not_given_is_an_error(name):
    assert meta.find_undeclared_variables(tree_of(name))
    with pytest.raises(jinja2.UndefinedError):
        rendering.render(name)


@pytest.mark.verifies("LLR-561")
def test_an_attribute_that_is_not_there_is_an_error(monkeypatch):
    """As when a field of the resolved system is renamed, and a template is forgotten."""
    text = jinja2.DictLoader({"trial": "{{ guest.name }}{% if guest.direct %}x{% endif %}{{ guest.cores | length }}"})
    monkeypatch.setattr(rendering._ENVIRONMENT, "loader", text)
    guest = type("Guest", (), {"name": "a", "direct": False, "cores": ()})
    assert rendering.render("trial", guest=guest) == "a0"
    for field in ("name", "direct", "cores"):
        poorer = type("Guest", (), {key: value for key, value in vars(guest).items() if key not in (field, "__dict__", "__weakref__")})
        with pytest.raises(jinja2.UndefinedError):
            rendering.render("trial", guest=poorer)


@pytest.mark.verifies("LLR-561", "HLR-006")
@pytest.mark.parametrize("name", NAMES)
def test_a_template_takes_no_decision(name):
    """It may loop, and leave out what is empty; it neither keeps state nor falls back on a value of its own."""
    tree = tree_of(name)
    filters = {node.name for node in tree.find_all(nodes.Filter)}
    assert not filters & {"default", "d", "sort", "dictsort", "groupby", "select", "reject", "selectattr", "rejectattr", "random"}
    assert not list(tree.find_all(nodes.AssignBlock))
    for assign in tree.find_all(nodes.Assign):  # a shorter name for something given, no more
        given = assign.node.node if isinstance(assign.node, nodes.Filter) else assign.node
        assert isinstance(given, (nodes.Name, nodes.Getattr)), assign
