# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the checkout at a path that Ansible accepts: .../ansible_collections/zerotrust/microseg.

It holds what git would commit (tracked and new files, nothing that is ignored), so that lanes see what a stranger's clone has, and what they leave
behind stays out of the checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .environment import CACHE, ROOT, locked

COLLECTIONS = CACHE / "collections"
TREE = COLLECTIONS / "ansible_collections" / "zerotrust" / "microseg"
_NOT_WITHOUT_GIT = {".git", ".cache", ".ansible", "__pycache__", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


def git_environment() -> dict[str, str]:
    """Return the environment without variables that point git to another repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _git(*arguments: str) -> bytes:
    # safe.directory: a checkout may belong to another user, as in a container
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(command, cwd=ROOT, env=git_environment(), capture_output=True, check=True).stdout


def source_files() -> list[str]:
    """Return the files that belong to the collection, relative to the checkout, sorted.

    From git; where there is no git or no repository (an unpacked archive), everything but what run-tests and tools leave behind.
    """
    try:
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        if Path(top).resolve() == ROOT:
            names = {os.fsdecode(name) for name in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split(b"\0") if name}
            return sorted(name for name in names if (ROOT / name).is_file() or (ROOT / name).is_symlink())
    except (OSError, subprocess.CalledProcessError):
        pass
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in _NOT_WITHOUT_GIT and not name.startswith(".venv")]
        inside = os.path.relpath(folder, ROOT)
        found.extend(os.path.normpath(os.path.join(inside, name)) for name in files if not name.endswith((".pyc", ".tar.gz")))
    return sorted(name for name in found if not name.startswith("tests/output/"))


def update_tree() -> Path:
    """Bring the copy up to date and return the folder to use as collections path (the parent of ``ansible_collections``)."""
    with locked("tree"):
        names = source_files()
        manifest = CACHE / "tree.txt"
        before = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
        for name in sorted(set(before) - set(names), reverse=True):
            (TREE / name).unlink(missing_ok=True)
            _remove_empty_parents((TREE / name).parent)
        for name in names:
            _copy(ROOT / name, TREE / name)
        manifest.write_text("\n".join(names) + "\n", encoding="utf-8")
        if not (TREE / ".git").exists() and shutil.which("git"):
            # tools ask git which files there are; without a repository of its own they would ask the checkout's, which ignores this folder
            subprocess.run(["git", "init", "--quiet", str(TREE)], env=git_environment(), capture_output=True, check=False)
    return COLLECTIONS


def _copy(source: Path, target: Path) -> None:
    if source.is_symlink():
        if not target.is_symlink() or os.readlink(target) != os.readlink(source):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            target.symlink_to(os.readlink(source))
        return
    there = source.stat()
    if target.is_file() and not target.is_symlink():
        here = target.stat()
        if (here.st_size, here.st_mtime_ns, here.st_mode) == (there.st_size, there.st_mtime_ns, there.st_mode):
            return
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    for parent in target.parents:
        if parent == TREE:
            break
        if parent.is_file():
            parent.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f"{target.name}.{os.getpid()}.tmp"
    shutil.copy2(source, temporary)
    temporary.replace(target)


def _remove_empty_parents(folder: Path) -> None:
    while folder != TREE and TREE in folder.parents:
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


if __name__ == "__main__":
    print(update_tree())
