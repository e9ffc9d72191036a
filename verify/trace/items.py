# SPDX-License-Identifier: Apache-2.0
# implements: LLR-681
"""Requirement items in Doorstop's file format: read, fingerprint, write back."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

UID_PATTERN = re.compile(r"^(SYS|HLR|LLR|AOU|HAZ)-(\d{3,4})$")
REQUIRED_KEYS = ("active", "derived", "level", "links", "normative", "ref", "reviewed", "text")
METHODS = ("test", "analysis", "inspection")


class FormError(Exception):
    """A document or an item whose file cannot be read as Doorstop would read it."""


@dataclass
class Document:
    """One Doorstop document: a folder with a .doorstop.yml."""

    prefix: str
    parent: str | None
    folder: Path
    reviewed_attributes: tuple[str, ...]


@dataclass
class Item:
    """One requirement; `data` is the file's content and is what --update writes back."""

    uid: str
    path: Path
    document: Document
    data: dict
    links: dict[str, str | None] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return clean_text(self.data.get("text", ""))

    @property
    def title(self) -> str:
        return clean_text(self.data.get("header", ""))

    @property
    def method(self) -> str:
        return str(self.data.get("method", ""))

    @property
    def area(self) -> str:
        return str(self.data.get("area", ""))

    def stamp(self) -> str:
        """What a child's link stores about this item (no links: those may change freely)."""
        return digest(self._values(with_links=False))

    def fingerprint(self) -> str:
        """What `reviewed` stores: the stamp's values and the links."""
        return digest(self._values(with_links=True))

    def _values(self, with_links: bool) -> list:
        values: list = [self.uid, self.text, self.data.get("ref", "")]
        if self.data.get("references"):
            values.append(self.data["references"])
        if with_links:
            values.extend(sorted(self.links))
        for name in self.document.reviewed_attributes:
            if name in self.data:
                values.append(self.data[name])
        return values


def clean_text(value: str | None) -> str:
    """The text as Doorstop compares it: no blank lines around, no blanks at line ends."""
    text = (value or "").strip("\n")
    return "\n".join(line.rstrip() for line in text.split("\n"))


def digest(values: list) -> str:
    """URL-safe base64 of SHA-256 over the values, one after the other."""
    sha256 = hashlib.sha256()
    for value in values:
        sha256.update(str(value).encode())
    return base64.urlsafe_b64encode(sha256.digest()).decode()


def load_documents(root: Path) -> list[Document]:
    documents = []
    for config in sorted(root.glob("*/.doorstop.yml")):
        content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
        settings = content.get("settings") or {}
        if settings.get("sep") != "-" or int(settings.get("digits", 0)) != 3:
            raise FormError(f"{config}: settings must say sep '-' and digits 3")
        attributes = content.get("attributes") or {}
        documents.append(Document(
            prefix=str(settings.get("prefix", "")),
            parent=settings.get("parent"),
            folder=config.parent,
            reviewed_attributes=tuple(sorted(set(attributes.get("reviewed") or []))),
        ))
    return documents


def load_items(root: Path) -> tuple[dict[str, Item], list[str]]:
    """All items by uid, and the form errors found on the way."""
    items: dict[str, Item] = {}
    errors: list[str] = []
    for document in load_documents(root):
        for path in sorted(document.folder.glob("*.yml")):
            if path.name.startswith("."):
                continue
            try:
                item = load_item(path, document)
            except FormError as error:
                errors.append(str(error))
                continue
            items[item.uid] = item
    return items, errors


def load_item(path: Path, document: Document) -> Item:
    uid = path.stem
    match = UID_PATTERN.match(uid)
    if not match or match.group(1) != document.prefix:
        raise FormError(f"{path}: the file name must be {document.prefix}-NNN.yml")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise FormError(f"{path}: not YAML: {error}") from error
    if not isinstance(data, dict):
        raise FormError(f"{path}: not a mapping")
    missing = [key for key in REQUIRED_KEYS if key not in data]
    if missing:
        raise FormError(f"{path}: missing {', '.join(missing)}")
    return Item(uid=uid, path=path, document=document, data=data, links=read_links(path, data["links"]))


def read_links(path: Path, entries: list) -> dict[str, str | None]:
    links: dict[str, str | None] = {}
    for entry in entries or []:
        pair = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
        if pair[0] in links:
            raise FormError(f"{path}: link {pair[0]} stands twice")
        links[str(pair[0])] = pair[1]
    return links


class _Literal(str):
    """Text that is written as a literal block."""


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    _Literal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style="|"))


def save_item(item: Item) -> None:
    """Writes the file as Doorstop would: sorted keys, texts as literal blocks, links with stamps."""
    data = dict(item.data)
    data["links"] = [{uid: stamp} for uid, stamp in sorted(item.links.items())]
    for key in ("text", "header"):
        if key in data and clean_text(data[key]):
            data[key] = _Literal(clean_text(data[key]) + "\n")
    content = yaml.dump(data, Dumper=_Dumper, default_flow_style=False, allow_unicode=True, width=100)
    item.path.write_text(content, encoding="utf-8")
