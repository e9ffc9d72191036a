# SPDX-License-Identifier: Apache-2.0
"""Running the tools of a build: a log of every command, parallel jobs, progress, and reuse by content."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Iterable, Sequence


class ToolFailed(Exception):
    """A compiler or linker refused; `output` is what it said."""

    def __init__(self, what: str, output: str):
        super().__init__(what)
        self.what, self.output = what, output


class ToolMissing(Exception):
    """A tool is not installed."""


class Log:
    """build.log: every command with its output."""

    def __init__(self, path: str):
        self.path = path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        with self._lock:
            self._file.write(text)
            self._file.flush()

    def close(self) -> None:
        self._file.close()


class Progress:
    """Step n of m with the elapsed time; on a terminal one line that is overwritten, else one line a step."""

    def __init__(self, total: int, log_path: str, quiet: bool):
        self._total, self._log_path, self._quiet = total, log_path, quiet
        self._number = 0
        self._began = time.monotonic()
        self._live = sys.stderr.isatty()

    def step(self, what: str) -> None:
        self._number += 1
        if self._quiet:
            return
        line = f"[{self._number}/{self._total}] {time.monotonic() - self._began:5.1f} s  {what}"
        if self._live:
            sys.stderr.write(f"\r\x1b[K{line}  ({self._log_path})")
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        if self._live and not self._quiet and self._number:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


class Tools:
    """Runs commands, at most `jobs` at a time."""

    def __init__(self, log: Log, jobs: int):
        self._log, self.jobs = log, jobs

    def run(self, command: Sequence[str], what: str, cwd: str | None = None) -> str:
        if shutil.which(command[0]) is None:
            raise ToolMissing(f"`{command[0]}` is not installed; `./bulkhead doctor` tells the package")
        done = subprocess.run(list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                              cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self._log.write(f"$ {shlex.join(command)}\n{done.stdout}")
        if done.returncode != 0:
            raise ToolFailed(what, done.stdout)
        return done.stdout

    def parallel(self, tasks: Iterable[Callable[[], Any]]) -> list[Any]:
        """Runs the tasks; the first failure is raised once all that had started are done."""
        with ThreadPoolExecutor(self.jobs) as pool:
            futures = [pool.submit(task) for task in tasks]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                raise


def digest_of(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


class FileHashes:
    """SHA-256 of files, remembered by name, size and time so that an unchanged kernel image is not read again."""

    def __init__(self, path: str):
        self._path = path
        self._known: dict[str, list] = {}
        self._changed = False
        try:
            with open(path, encoding="utf-8") as file:
                self._known = json.load(file)
        except (OSError, ValueError):
            pass

    def of(self, path: str) -> str:
        status = os.stat(path)
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = self._known.get(path)
        if known is not None and known[:3] == stamp:
            return known[3]
        with open(path, "rb") as file:
            value = hashlib.file_digest(file, "sha256").hexdigest()
        self._known[path] = [*stamp, value]
        self._changed = True
        return value

    def of_all(self, paths: Iterable[str], base: str) -> str:
        """One digest over names (relative to `base`) and contents."""
        return digest_of(*(part for path in sorted(set(paths)) for part in (os.path.relpath(path, base), self.of(path))))

    def save(self) -> None:
        if self._changed:
            write_if_changed(self._path, json.dumps(self._known))


def write_if_changed(path: str, content: str | bytes) -> bool:
    """Writes atomically; leaves the file alone, time included, when it holds just that."""
    data = content.encode() if isinstance(content, str) else content
    try:
        with open(path, "rb") as file:
            if file.read() == data:
                return False
    except OSError:
        pass
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    temporary = f"{path}.{os.getpid()}.new"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, path)
    return True


def files_below(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    """Files with one of the suffixes in a folder and below, sorted; byte code and hidden folders left out."""
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        found += [os.path.join(root, name) for name in sorted(names) if name.endswith(suffixes)]
    return found
