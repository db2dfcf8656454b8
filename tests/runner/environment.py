# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments and Pythons: made once, kept until their requirements change."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
REQUIREMENTS = ("requirements.txt", "tests/unit/requirements.txt", "tests/requirements.txt")


class SetUpError(Exception):
    """Something that run-tests or demo needs cannot be made; the text is one clear sentence."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


@contextlib.contextmanager
def locked(name: str) -> t.Iterator[None]:
    """Let one process at a time do what is named (two run-tests may be started in one checkout)."""
    CACHE.mkdir(exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"Waiting for another run in this checkout ({name}) ...", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure_venv(directory: Path, python: str, requirements: t.Sequence[str], packages: t.Sequence[str] = ()) -> Path:
    """Make or complete the virtual environment *directory* and return the path of its Python.

    *requirements* are requirement files relative to the checkout, *packages* further requirement specifiers. A stamp with the digest
    of all of it, of the Python and of the place (a virtual environment cannot be moved) makes the next call quick.
    Raises SetUpError where the environment cannot be made; the log of pip is kept in ``.cache/logs``.
    """
    version = subprocess.run([python, "-c", "import sys; print(sys.version, sys.base_prefix)"], check=True, capture_output=True, text=True).stdout
    place = hashlib.sha256(f"{directory}\n{version}".encode()).hexdigest()
    wanted = hashlib.sha256()
    for name in requirements:
        wanted.update((ROOT / name).read_bytes())
    wanted.update("\n".join(packages).encode())
    stamp_text = f"{place}\n{wanted.hexdigest()}\n"
    stamp = directory / "stamp"
    result = directory / "bin" / "python"

    with locked(directory.name):
        old = stamp.read_text(encoding="utf-8") if stamp.is_file() else ""
        if old == stamp_text and result.exists():
            return result
        logs = CACHE / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        log = logs / f"install{directory.name}.log"
        started = time.monotonic()
        say(f"Installing what is needed into {directory.name} (only now and when the requirements change) ...")
        with open(log, "w", encoding="utf-8") as output:
            if not old.startswith(place):
                stamp.unlink(missing_ok=True)
                _run([python, "-m", "venv", "--clear", str(directory)], output, log, f"{python} cannot make a virtual environment")
            command = [str(result), "-m", "pip", "install", "--disable-pip-version-check", *packages]
            for name in requirements:
                command += ["-r", name]
            _run(command, output, log, f"pip could not install the requirements into {directory.name} (is a package registry in reach?)")
        stamp.write_text(stamp_text, encoding="utf-8")
        say(f"Installed in {time.monotonic() - started:.0f} s.")
    return result


def _run(command: list[str], output: t.TextIO, log: Path, problem: str) -> None:
    environment = dict(os.environ, PIP_USER="0", PYTHONDONTWRITEBYTECODE="")
    environment.pop("PYTHONPATH", None)
    environment.pop("PYTHONHOME", None)
    output.write(f"$ {' '.join(command)}\n")
    output.flush()
    try:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT, env=environment, check=False).returncode
    except OSError as error:
        raise SetUpError(f"{problem}: {error}") from error
    if status:
        output.flush()
        lines = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()][-15:]
        raise SetUpError(f"{problem}:\n  " + "\n  ".join(lines) + f"\nThe whole output is in {log.relative_to(ROOT)}")


def ensure_main_venv() -> Path:
    """Make ``.venv``, in which run-tests and demo work, with the Python that runs this."""
    return ensure_venv(VENV, sys.executable, REQUIREMENTS)


def find_python(version: str) -> str | None:
    """Return the path of a working ``pythonX.Y``, or None.

    Looks on the PATH and where pyenv and uv keep their versions. A candidate is run: pyenv's stubs exist for versions that are not active.
    """
    candidates = [shutil.which(f"python{version}")]
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        candidates.insert(0, sys.executable)
    homes = (
        os.path.join(os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv")), "versions", f"{version}.*"),
        os.path.join(os.environ.get("UV_PYTHON_INSTALL_DIR", os.path.expanduser("~/.local/share/uv/python")), f"cpython-{version}.*"),
    )
    for home in homes:
        candidates.extend(sorted(glob.glob(os.path.join(home, "bin", f"python{version}"))))
    check = f"import sys, ensurepip, venv; sys.exit(sys.version_info[:2] != ({version.replace('.', ', ')}))"
    for candidate in candidates:
        if not candidate:
            continue
        with contextlib.suppress(OSError):
            if subprocess.run([candidate, "-c", check], capture_output=True, check=False).returncode == 0:
                real = subprocess.run([candidate, "-c", "import sys; print(sys.executable)"], capture_output=True, text=True, check=False)
                return real.stdout.strip() or candidate
    return None


def link_pythons(versions: t.Iterable[str]) -> Path:
    """Return a folder with a link per Python that is there, to be put first on the PATH of ansible-test.

    Without it ansible-test would take pyenv's stubs for Pythons.
    """
    folder = CACHE / "pythons"
    folder.mkdir(parents=True, exist_ok=True)
    for version in versions:
        link = folder / f"python{version}"
        python = find_python(version)
        if link.is_symlink() and (python is None or os.readlink(link) != python):
            link.unlink()
        if python is not None and not link.is_symlink():
            link.symlink_to(python)
    return folder


def ensure_pip_bootstrap(python: Path) -> None:
    """See to it that ansible-test can put pip into the virtual environments of its sanity tests.

    ansible-test downloads a get-pip script from a server of the Ansible project. Where that server is out of reach (only a package registry
    is), a script of the same name that uses Python's own ensurepip is put where ansible-test keeps its download. A file that is there is left alone.
    """
    where = subprocess.run([str(python), "-c", "import ansible_test; print(*ansible_test.__path__)"], capture_output=True, text=True, check=False)
    package = Path(where.stdout.strip())
    try:
        versions = set(re.findall(r"pip='([0-9.]+)'", (package / "_internal" / "python_requirements.py").read_text(encoding="utf-8")))
        match = re.search(r"url = '(https://\S+)%s\.py'", (package / "_util" / "target" / "setup" / "requirements.py").read_text(encoding="utf-8"))
    except OSError:
        return  # another layout of ansible-test: let it try by itself
    cache = Path("~/.ansible/test/cache").expanduser()
    for version in versions:
        target = cache / f"get_pip_{version.replace('.', '_')}.py"
        if target.exists():
            continue
        try:
            with urllib.request.urlopen(f"{match[1]}{version}.py" if match else "", timeout=10) as answer:
                content = answer.read()
            if b"def main" not in content:
                raise ValueError("not a get-pip script")
        except (OSError, ValueError):
            content = (Path(__file__).parent / "pip_bootstrap.py").read_bytes()
        cache.mkdir(parents=True, exist_ok=True)
        temporary = target.with_suffix(f".{os.getpid()}")
        temporary.write_bytes(content)
        temporary.replace(target)


if __name__ == "__main__":
    try:
        ensure_main_venv()
    except SetUpError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit("interrupted")
