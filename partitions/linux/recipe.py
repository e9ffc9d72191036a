#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# implements: LLR-661, LLR-662
"""Makes Debian's arm64 Linux and a busybox initramfs, and prints where they are as one JSON object.

Contract of a recipe: `recipe.py [--offline]` prints {"image", "initrd", "packages", "watch"} on stdout (paths; names and
hashes of what it took from outside; the files its result depends on) and tells of its progress on stderr, where a line
that begins with `error: ` says why it failed. What it makes stays in
${BULKHEAD_DOWNLOADS:-${XDG_CACHE_HOME:-~/.cache}/bulkhead}, outside every tracked folder.

The packages come through apt with state of its own, so that a foreign architecture never touches the machine's package
database; apt checks Debian's signature of the lists and the hash of each package. The same packages give the same bytes.
"""

import argparse
import fcntl
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNTIME = HERE.parent / "runtime"
OWN_FOLDERS = (HERE / "initramfs", HERE / "port", RUNTIME / "port", RUNTIME / "include")
COMPILER = ("aarch64-linux-gnu-g++-12",)
# Fixed names of files in messages, so that the bytes do not depend on where the repository lies.
PORT_FLAGS = ("-std=c++17", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti", "-static", "-s",
              "-Wl,--build-id=none", f"-ffile-prefix-map={HERE.parent}=partitions")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITE = "bookworm"
FALLBACK_MIRROR = "http://deb.debian.org/debian"


class RecipeError(Exception):
    """What keeps the recipe from its result; its text tells the way out."""


def run(arguments: list[str], **options) -> str:
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, **options)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise RecipeError(f"`{arguments[0]} {arguments[-1]}` failed: {last}")
    return done.stdout


def downloads_folder() -> Path:
    chosen = os.environ.get("BULKHEAD_DOWNLOADS")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bulkhead"


def mirror() -> str:
    """The Debian mirror that this machine uses anyway, so that a closed network needs no second setting."""
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", f"Release: {SUITE}", "Component: main"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()
    return next((uri.rstrip("/") for uri in listed if uri.rstrip("/").endswith("debian")), FALLBACK_MIRROR)


class ForeignApt:
    """apt for arm64 packages with lists, cache and sources of its own under `root`."""

    def __init__(self, root: Path):
        for part in ("lists/partial", "cache/archives/partial"):
            (root / part).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        (root / "sources.list").write_text(f"deb [arch=arm64 signed-by={KEYRING}] {mirror()} {SUITE} main\n", encoding="utf-8")
        settings = {
            "APT::Architecture": "arm64", "APT::Architectures": "arm64", "APT::Sandbox::User": "root",
            "Dir::State::Lists": root / "lists", "Dir::State::status": root / "status", "Dir::Cache": root / "cache",
            "Dir::Etc::SourceList": root / "sources.list", "Dir::Etc::SourceParts": "/dev/null",
            "Acquire::Languages": "none", "Acquire::Retries": "3", "Debug::NoLocking": "true",
        }
        self._options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def update(self) -> None:
        run(["apt-get", *self._options, "-o", "APT::Update::Error-Mode=any", "update"])

    def depends(self, package: str) -> list[str]:
        lines = run(["apt-cache", *self._options, "depends", package]).splitlines()
        return [line.split()[1] for line in lines if line.strip().startswith("Depends:")]

    def download(self, packages: list[str], folder: Path) -> dict[str, Path]:
        run(["apt-get", *self._options, "download", *packages], cwd=folder)
        found = {package: sorted(folder.glob(f"{package}_*.deb")) for package in packages}
        absent = [package for package, files in found.items() if not files]
        if absent:
            raise RecipeError(f"apt-get downloaded nothing for {', '.join(absent)}")
        return {package: files[-1] for package, files in found.items()}


def member(deb: Path, matches) -> bytes:
    """The content of the one file in a package whose path `matches`."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as archive:
            content = next((archive.extractfile(entry).read() for entry in archive
                            if entry.isfile() and matches(entry.name.removeprefix("./"))), None)
        unpack.stdout.close()
        unpack.kill()
    if content is None:
        raise RecipeError(f"{deb.name} does not hold the expected file")
    return content


def compile_ports(target: Path) -> None:
    """`bulkhead-port`, linked statically: the initramfs has no libraries."""
    run([*COMPILER, *PORT_FLAGS, f"-I{RUNTIME}/include", f"-I{RUNTIME}", str(HERE / "port/bulkhead_port.cpp"),
         str(HERE / "port/device_tree.cpp"), str(RUNTIME / "port/port.cpp"), "-o", str(target)])


def make_initramfs(fetched: Path, staging: Path) -> bytes:
    """An archive whose bytes depend on nothing but its files: fixed owners, times, order and inode numbers."""
    shutil.copytree(HERE / "initramfs", staging)
    for folder in ("bin", "dev", "proc", "sys", "tmp", "root"):
        (staging / folder).mkdir(exist_ok=True)
    shutil.copy(fetched / "busybox", staging / "bin/busybox")
    compile_ports(staging / "bin/bulkhead-port")
    entries = sorted(path.relative_to(staging) for path in staging.rglob("*"))
    for entry in entries:
        path = staging / entry
        executable = path.is_dir() or str(entry).startswith("bin/") or str(entry) in ("init", "etc/rc")
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (0, 0))
    names = b"".join(os.fsencode(entry) + b"\0" for entry in entries)
    packed = subprocess.run(["cpio", "--null", "--create", "--format=newc", "--reproducible", "--owner=0:0", "--quiet"],
                            input=names, stdout=subprocess.PIPE, cwd=staging, check=True).stdout
    return gzip.compress(packed, mtime=0)


def own_files() -> list[Path]:
    return [HERE / "recipe.py", *sorted(path for folder in OWN_FOLDERS for path in folder.rglob("*") if path.is_file())]


def key_of(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        digest.update(f"{os.path.relpath(path, HERE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def fetch(root: Path, fetched: Path) -> None:
    """Debian's kernel and busybox, unpacked into `fetched` together with the names and hashes of their packages."""
    if not KEYRING.exists():
        raise RecipeError(f"{KEYRING} is missing; install the package debian-archive-keyring")
    apt = ForeignApt(root / "apt")
    debs = root / "debs"
    debs.mkdir(exist_ok=True)
    staging = root / f"fetching-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        try:
            print("linux: reading Debian's package lists", file=sys.stderr)
            apt.update()
            kernel = next(name for name in apt.depends("linux-image-arm64") if name.startswith("linux-image-"))
            print(f"linux: fetching {kernel} and busybox-static (about 70 MB)", file=sys.stderr)
            packages = apt.download([kernel, "busybox-static"], debs)
        except RecipeError as error:
            raise RecipeError(f"Linux could not be fetched (no network?): {error}; run again with a network, or copy {root} from "
                              "a machine that has it") from error
        (staging / "Image").write_bytes(member(packages[kernel], lambda name: name.startswith("boot/vmlinuz-")))
        (staging / "busybox").write_bytes(member(packages["busybox-static"], lambda name: name in ("bin/busybox", "usr/bin/busybox")))
        facts = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in packages.values()}
        (staging / "packages.json").write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        staging.rename(fetched)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(debs, ignore_errors=True)


def make(root: Path, target: Path, offline: bool) -> None:
    fetched = root / "debian"
    if not fetched.exists():
        if offline:
            raise RecipeError(f"Linux has not been fetched yet, and --offline forbids it; run once without, or copy {root} from "
                              "a machine that has it")
        fetch(root, fetched)
    staging = root / f"staging-{os.getpid()}"
    shutil.rmtree(staging, ignore_errors=True)
    made = staging / "made"
    made.mkdir(parents=True)
    try:
        (made / "initrd.cpio.gz").write_bytes(make_initramfs(fetched, staging / "initramfs"))
        os.link(fetched / "Image", made / "Image")
        shutil.copy(fetched / "packages.json", made)
        made.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--offline", action="store_true", help="use what is there, fetch nothing")
    options = parser.parse_args()
    root = downloads_folder().resolve() / "linux"
    watched = own_files()
    target = root / key_of(watched)
    try:
        root.mkdir(parents=True, exist_ok=True)
        with (root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                make(root, target, options.offline)
    except (RecipeError, OSError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(json.dumps({
        "image": str(target / "Image"),
        "initrd": str(target / "initrd.cpio.gz"),
        "packages": json.loads((target / "packages.json").read_text(encoding="utf-8")),
        "watch": [str(path) for path in watched],
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
