# SPDX-License-Identifier: Apache-2.0
"""The recipe `linux` against a small repository of our own, signed with a key of our own: what is not as signed is refused."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KERNEL = "linux-image-6.1.0-0-arm64"


def recipe_module():
    spec = importlib.util.spec_from_file_location("recipe", ROOT / "partitions/linux/recipe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(folder: Path, name: str, files: dict[str, bytes], depends: str = "") -> dict[str, str]:
    """Builds NAME_1_arm64.deb; its fields for the list of packages."""
    tree = folder / f"tree-{name}"
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    fields = {"Package": name, "Version": "1", "Architecture": "arm64", "Maintainer": "nobody <nobody@localhost>", "Description": "trial"}
    fields |= {"Depends": depends} if depends else {}
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text("".join(f"{key}: {value}\n" for key, value in fields.items()))
    deb = folder / f"pool/{name}_1_arm64.deb"
    deb.parent.mkdir(exist_ok=True)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", str(tree), str(deb)], check=True, capture_output=True)
    content = deb.read_bytes()
    return fields | {"Filename": f"pool/{deb.name}", "Size": str(len(content)), "SHA256": hashlib.sha256(content).hexdigest()}


def sign(folder: Path, release: Path) -> None:
    home = folder / "gnupg"
    if not home.exists():
        home.mkdir(mode=0o700)
        subprocess.run(["gpg", "--homedir", str(home), "--batch", "--passphrase", "", "--quick-gen-key", "trial", "rsa2048", "sign", "never"],
                       check=True, capture_output=True)
        subprocess.run(["gpg", "--homedir", str(home), "--output", str(folder / "trial.gpg"), "--export"], check=True, capture_output=True)
    subprocess.run(["gpg", "--homedir", str(home), "--batch", "--yes", "--clearsign", "--output", str(release.parent / "InRelease"), str(release)],
                   check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True, capture_output=True)  # its agent would stay


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """(recipe, folder of the repository): the recipe's mirror and keyring are ours."""
    folder = tmp_path / "mirror"
    lists = folder / "dists/bookworm/main/binary-arm64"
    lists.mkdir(parents=True)
    entries = [package(folder, "linux-image-arm64", {}, KERNEL),
               package(folder, KERNEL, {"boot/vmlinuz-6.1.0-0-arm64": b"MZ an Image"}),
               package(folder, "busybox-static", {"bin/busybox": b"#!/bin/busybox"})]
    packages = "\n".join("".join(f"{key}: {value}\n" for key, value in entry.items()) for entry in entries)
    (lists / "Packages").write_text(packages)
    release = folder / "dists/bookworm/Release"
    release.write_text("Origin: Debian\nSuite: bookworm\nCodename: bookworm\nArchitectures: arm64\nComponents: main\n"
                       f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\nSHA256:\n"
                       f" {hashlib.sha256(packages.encode()).hexdigest()} {len(packages)} main/binary-arm64/Packages\n")
    sign(folder, release)
    module = recipe_module()
    monkeypatch.setattr(module, "KEYRING", folder / "trial.gpg")
    monkeypatch.setattr(module, "mirror", lambda: f"copy:{folder}")
    return module, folder


def make(module, folder: Path) -> Path:
    target = folder / "made"
    folder.mkdir(parents=True, exist_ok=True)
    module.make(folder, target, offline=False)
    return target


@pytest.mark.verifies("LLR-661")
def test_packages_as_signed_are_taken(repository, tmp_path):
    module, _ = repository
    target = make(module, tmp_path / "one")
    assert (target / "Image").read_bytes() == b"MZ an Image"
    assert sorted(path.name for path in target.iterdir()) == ["Image", "initrd.cpio.gz", "packages.json"]


@pytest.mark.verifies("LLR-661")
@pytest.mark.parametrize("what", [KERNEL, "busybox-static"])
def test_a_package_of_another_hash_is_refused(repository, tmp_path, what):
    module, folder = repository
    deb = folder / f"pool/{what}_1_arm64.deb"
    content = bytearray(deb.read_bytes())
    content[-100] ^= 1
    deb.write_bytes(content)
    with pytest.raises(module.RecipeError, match="Linux could not be fetched"):
        make(module, tmp_path / "one")
    assert not (tmp_path / "one/made").exists()


@pytest.mark.verifies("LLR-661")
def test_a_list_that_was_changed_is_refused(repository, tmp_path):
    module, folder = repository
    lists = folder / "dists/bookworm/main/binary-arm64/Packages"
    lists.write_text(lists.read_text().replace("trial", "trick"))
    with pytest.raises(module.RecipeError):
        make(module, tmp_path / "one")
    assert not (tmp_path / "one/made").exists()


@pytest.mark.verifies("LLR-661")
def test_a_list_of_another_signer_is_refused(repository, tmp_path):
    module, folder = repository
    other = tmp_path / "other"
    other.mkdir()
    sign(other, folder / "dists/bookworm/Release")  # signed, but not by the key that the recipe trusts
    with pytest.raises(module.RecipeError):
        make(module, tmp_path / "one")
    assert not (tmp_path / "one/made").exists()


@pytest.mark.verifies("LLR-662")
def test_the_initial_file_system_is_the_same_byte_for_byte(tmp_path, monkeypatch):
    module = recipe_module()
    (tmp_path / "busybox").write_bytes(b"busybox")
    first = module.make_initramfs(tmp_path, tmp_path / "a")
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    before = os.umask(0o077)
    try:
        time.sleep(1.1)  # times of files are whole seconds in the archive
        second = module.make_initramfs(tmp_path, tmp_path / "deeper/below" / "b")
    finally:
        os.umask(before)
    assert first == second
    (tmp_path / "busybox").write_bytes(b"another")
    assert module.make_initramfs(tmp_path, tmp_path / "c") != first
