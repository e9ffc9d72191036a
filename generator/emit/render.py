# SPDX-License-Identifier: Apache-2.0
# implements: LLR-561, LLR-562
"""The templates of generator/templates; an undefined name is an error, never an empty text."""

from __future__ import annotations

import os
import re

import jinja2

_TEMPLATES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "templates")


def _identifier(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9]", "_", name)


def _hex(value: int) -> str:
    return f"{value:#x}"


_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    keep_trailing_newline=True, autoescape=jinja2.select_autoescape(["html.j2"]))
_ENVIRONMENT.filters["identifier"] = _identifier
_ENVIRONMENT.filters["hex"] = _hex


def render(template: str, **names: object) -> str:
    return _ENVIRONMENT.get_template(template).render(**names)
