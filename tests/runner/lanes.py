# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lanes: what each one runs, and how its results are counted."""

from __future__ import annotations

import dataclasses
import json
import locale
import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import typing as t
from pathlib import Path
from xml.etree import ElementTree

from . import environment
from .results import Counts, read_junit, settle
from .tree import TREE

LOGS = environment.CACHE / "logs"
VENV_BIN = environment.VENV / "bin"
NAME = "zerotrust.microseg"
PYTHON_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"

# ansible-core: Pythons that its control node runs on, the best first (support matrix of the ansible-core documentation)
CORES = {
    "2.16": ("3.11", "3.10", "3.12"),
    "2.17": ("3.11", "3.10", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.12", "3.13", "3.11"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.13", "3.12", "3.14"),
}
# further Pythons for the unit tests, with an ansible-core that still runs there; modules and module_utils alone where no supported one does
UNIT_PYTHONS = {"3.9": "2.15", "3.10": "2.17", "3.12": "2.20", "3.13": "2.21", "3.14": "2.21"}


class Run:
    """One lane at work: runs commands with their output in the lane's log, and can be stopped."""

    def __init__(self, lane: str, collections: Path, arguments: t.Sequence[str] = (), limit: float = 2400.0) -> None:
        self.lane = lane
        self.collections = collections
        self.arguments = list(arguments)
        self.limit = limit
        self.log = LOGS / f"{lane}.log"
        self.junit = LOGS / f"{lane}.xml"
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        LOGS.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        self.junit.unlink(missing_ok=True)

    def command(self, command: t.Sequence[str | Path], *, cwd: Path = TREE, extra: t.Mapping[str, str] | None = None,
                network: bool = False, bin_folder: Path = VENV_BIN) -> int:
        """Run *command*, append its output to the log, and return its exit status (124 where it ran over the time limit of the lane)."""
        with open(self.log, "ab") as output:
            output.write(f"$ {' '.join(str(part) for part in command)}\n".encode())
            output.flush()
            if self._stopped:
                return 130
            try:
                self._process = subprocess.Popen(
                    [str(part) for part in command], cwd=cwd, env=self.environment(extra or {}, network, bin_folder),
                    stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
                status = self._process.wait(self.limit)
            except subprocess.TimeoutExpired:
                output.write(f"\nStopped: took longer than {self.limit:.0f} s.\n".encode())
                self._kill()
                return 124
            except OSError as error:
                output.write(f"{error}\n".encode())
                return 127
            finally:
                self._process = None
        return status

    def output(self, command: t.Sequence[str | Path], **options: t.Any) -> tuple[int, str]:
        """Run *command* as `command` does, and return its status and what it wrote."""
        start = self.log.stat().st_size
        status = self.command(command, **options)
        with open(self.log, "rb") as file:
            file.seek(start)
            return status, file.read().decode("utf-8", "replace").split("\n", 1)[-1]

    def write(self, text: str) -> None:
        """Append *text* to the log."""
        with open(self.log, "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def stop(self) -> None:
        """End the command that runs and start no other."""
        self._stopped = True
        self._kill()

    def _kill(self) -> None:
        process = self._process
        if process is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sign)
                process.wait(5)
                return
            except subprocess.TimeoutExpired:
                continue
            except (OSError, ChildProcessError):
                return

    def environment(self, extra: t.Mapping[str, str], network: bool, bin_folder: Path) -> dict[str, str]:
        """Return the environment of a lane: the caller's, without what would change the behaviour of Ansible, of pytest or of the collection."""
        unwanted = ("ANSIBLE_", "ILLUMIO_", "PANOS_", "PYTEST_", "MOLECULE_", "GIT_", "COVERAGE_")
        names = {"PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "VIRTUAL_ENV", "FORCE_COLOR", "PY_COLORS"}
        if not network:
            names |= {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"}
            names |= {name for name in os.environ if name.lower() in ("http_proxy", "https_proxy", "all_proxy")}
        result = {name: value for name, value in os.environ.items() if name not in names and not name.startswith(unwanted)}
        pythons = environment.CACHE / "pythons"
        result["PATH"] = os.pathsep.join([str(bin_folder), str(pythons), result.get("PATH", os.defpath)])
        result["ANSIBLE_COLLECTIONS_PATH"] = str(self.collections)
        result["ANSIBLE_HOME"] = str(environment.CACHE / "ansible")
        result["ANSIBLE_NOCOLOR"] = result["NO_COLOR"] = "1"
        if locale.getpreferredencoding(False).upper().replace("-", "") != "UTF8":
            result["LC_ALL"] = "C.UTF-8"  # Ansible refuses to start otherwise
        result.update(extra)
        return result


@dataclasses.dataclass(frozen=True)
class Lane:
    """One lane. *usual* is the time that it takes on two cores once everything is installed."""

    name: str
    what: str
    usual: str
    run: t.Callable[[Run], Counts]
    default: bool = True
    folder: str | None = None  # a lane whose folder does not exist yet is not listed
    missing: t.Callable[[], str | None] = lambda: None  # why it cannot run here: it is then skipped
    takes_arguments: bool = False

    def exists(self) -> bool:
        """Tell whether there is something for this lane to run."""
        return self.folder is None or any((environment.ROOT / self.folder).glob("*"))


# ansible-test

def sanity(run: Run) -> Counts:
    """Run every sanity test that can run here; each counts as one."""
    environment.ensure_pip_bootstrap(VENV_BIN / "python")
    reports = TREE / "tests" / "output" / "junit"
    for old in reports.glob("ansible-test-sanity-*.xml"):
        old.unlink()
    status = run.command([VENV_BIN / "ansible-test", "sanity", "--color", "no", "--junit", *run.arguments], network=True)
    counts = Counts()
    for report in sorted(reports.glob("ansible-test-sanity-*.xml")):
        _count_sanity(report, counts)
    text = run.log.read_text(encoding="utf-8", errors="replace")
    for name, version, reason in re.findall(r'Skipping sanity test "([^"]+)"(?: on Python ([0-9.]+))? (.+)', text):
        if not any(note.startswith(_sanity_name(name, version)) for note in counts.notes):
            counts.skip(f"{_sanity_name(name, version)}: {reason.rstrip('.')}")
    if re.search(r"^FATAL: (?!The \d+ sanity test)", text, re.M):
        counts.check("ansible-test sanity ended before its last test", False)
    return settle(counts, status, "ansible-test sanity")


def _sanity_name(name: str, version: str | None) -> str:
    return f"{name} ({version})" if version else name


def _count_sanity(report: Path, counts: Counts) -> None:
    # ansible-test-sanity-NAME[-python-X.Y].xml with one case; a test without a file to look at is reported as skipped too, and is not counted
    match = re.fullmatch(r"ansible-test-sanity-(.+?)(?:-python-([0-9.]+))?", report.stem)
    name = _sanity_name(match[1], match[2]) if match else report.stem
    try:
        root = ElementTree.parse(report).getroot()
    except ElementTree.ParseError:
        counts.check(name, False)
        return
    for case in root.iter("testcase"):
        skipped = case.find("skipped")
        if skipped is None:
            counts.check(name, case.find("failure") is None and case.find("error") is None)
            continue
        reason = (skipped.get("message") or skipped.text or "").strip()
        match = re.match(r'Skipping sanity test "([^"]+)"(?: on Python ([0-9.]+))? (.+)', reason)
        if match:
            counts.skip(f"{_sanity_name(match[1], match[2])}: {match[3].rstrip('.')}")


def units(run: Run) -> Counts:
    """Run the unit tests as ansible-test does: modules and module_utils without the rest of Ansible."""
    reports = TREE / "tests" / "output" / "junit"
    for old in reports.glob("*-units.xml"):
        old.unlink()
    status = run.command([VENV_BIN / "ansible-test", "units", "--color", "no", "--python", PYTHON_VERSION, *run.arguments])
    counts = Counts()
    for report in sorted(reports.glob("*-units.xml")):
        counts.add(read_junit(report) or settle(None, status, report.name))
    return settle(counts, status, "ansible-test units")


def integration(run: Run) -> Counts:
    """Run the integration targets; each counts as one."""
    program = VENV_BIN / "ansible-test"
    status, text = run.output([program, "integration", "--color", "no", "--list-targets"])
    targets = [line.strip() for line in text.splitlines() if re.fullmatch(r"[A-Za-z0-9_]+", line.strip())]
    if status or not targets:
        return settle(None, status, "ansible-test integration --list-targets")
    status, text = run.output([program, "integration", "--color", "no", "--python", PYTHON_VERSION, "--continue-on-error", *run.arguments])
    started = list(dict.fromkeys(re.findall(r"^Running (\S+) integration test (?:role|script)", text, re.M)))
    failed = []
    match = re.search(r"integration test\(s\) listed below \(out of \d+\) failed.*\n((?:[A-Za-z0-9_]+\n)+)", text)
    if match:
        failed = match[1].split()
    counts = Counts()
    for name in started:
        counts.check(name, name not in failed)
    if not run.arguments:
        hidden = {path.parent.name for path in (TREE / "tests/integration/targets").glob("*/aliases")
                  if "hidden" in path.read_text(encoding="utf-8").split()}
        for name in targets:
            if name not in started and name not in hidden:
                counts.skip(name)
    return settle(counts, status, "ansible-test integration")


# pytest

def pytest_lane(folder: str, python: Path = VENV_BIN / "python") -> t.Callable[[Run], Counts]:
    """Return the run of a lane that is one call of pytest."""

    def run_pytest(run: Run) -> Counts:
        return run_pytest_in(run, [folder], python)

    return run_pytest


def run_pytest_in(run: Run, paths: t.Sequence[str], python: Path, options: t.Sequence[str] = ()) -> Counts:
    """Run pytest over *paths* of the copied tree with *python*, with the collection importable, and count its cases."""
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "-ra", "--color=no", f"--junit-xml={run.junit}", f"--rootdir={TREE}",
               *options, *run.arguments, *paths]
    status = run.command(command, extra={"PYTHONPATH": str(run.collections), "NO_PROXY": "127.0.0.1,localhost"}, bin_folder=python.parent)
    return settle(read_junit(run.junit), status, "pytest")


def units_with(version: str) -> t.Callable[[Run], Counts]:
    """Return a lane that runs the unit tests by plain pytest with another Python."""

    def run_units(run: Run) -> Counts:
        python = environment.find_python(version)
        if python is None:
            raise environment.SetUpError(f"python{version} not found")
        core = UNIT_PYTHONS[version]
        venv = environment.ensure_venv(environment.ROOT / f".venv-units-{version}", python, ["tests/unit/requirements.txt"], [f"ansible-core=={core}.*"])
        paths = ["tests/unit"]
        if version == "3.9":  # modules run there, a control node does not
            paths = [path for path in ("tests/unit/plugins/modules", "tests/unit/plugins/module_utils") if (TREE / path).is_dir()]
            if not paths:
                counts = Counts()
                counts.skip("no unit tests of modules or module_utils yet")
                return counts
        return run_pytest_in(run, paths, venv, ["-n", "2"])

    return run_units


# whole programs

def molecule(run: Run) -> Counts:
    """Run each Molecule scenario; each counts as one."""
    counts = Counts()
    for config in sorted((TREE / "extensions" / "molecule").glob("*/molecule.yml")):
        scenario = config.parent.name
        if run.arguments and scenario not in run.arguments:
            continue
        status = run.command([VENV_BIN / "molecule", "test", "-s", scenario], cwd=TREE / "extensions", extra={"NO_PROXY": "127.0.0.1,localhost"})
        counts.check(scenario, status == 0)
    return settle(counts, 0, "molecule")


def lint(run: Run) -> Counts:
    """ansible-lint at profile production (yamllint is part of it), and the changelog fragments."""
    counts = Counts()
    # ansible-lint looks for Ansible's own files beside the Python that runs it; --offline: nothing is fetched
    counts.check("ansible-lint", run.command([VENV_BIN / "ansible-lint", "--offline", "--nocolor", "--profile", "production"]) == 0)
    counts.check("antsibull-changelog lint", run.command([VENV_BIN / "antsibull-changelog", "lint"]) == 0)
    return counts


def build(run: Run) -> Counts:
    """Build the collection, look into the archive, install it and read its documentation from there."""
    counts = Counts()
    with tempfile.TemporaryDirectory(prefix="microseg-build-") as folder:
        place = Path(folder)
        galaxy = VENV_BIN / "ansible-galaxy"
        extra = {"ANSIBLE_COLLECTIONS_PATH": str(place / "installed")}  # only there, else it is installed already
        status = run.command([galaxy, "collection", "build", "--output-path", place], extra=extra)
        archives = list(place.glob("*.tar.gz"))
        counts.check("build", status == 0 and len(archives) == 1)
        if not archives:
            return counts
        foreign = unwanted_members(archives[0])
        if foreign:
            run.write("in the archive, but not part of a release: " + ", ".join(foreign[:20]))
        counts.check("content of the archive", not foreign)
        status = run.command([galaxy, "collection", "install", "--offline", "--no-deps", "-p", place / "installed", archives[0]], extra=extra)
        counts.check("install", status == 0)
        counts.check("documentation", status == 0 and _documented(run, place / "installed"))
    return counts


def unwanted_members(archive: Path) -> list[str]:
    """Return the members of a built collection that have no business in a release: tests, tools of the checkout, caches, anything hidden."""
    first = ("tests", "bench", "demo", "run-tests")
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    return [name for name in names
            if name.split("/")[0] in first or name.endswith((".pyc", ".tar.gz"))
            or any(part.startswith(".") and part not in (".", ".ansible-lint", ".yamllint") or part == "__pycache__" for part in name.split("/"))]


def _documented(run: Run, collections: Path) -> bool:
    # every module and role of the tree is listed, and can be read, from the installed archive
    extra = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
    wanted = {
        "module": {path.stem for path in (TREE / "plugins/modules").glob("*.py") if path.stem != "__init__"},
        "role": {path.parent.parent.name for path in (TREE / "roles").glob("*/meta/argument_specs.yml")},
    }
    good = True
    for kind, names in wanted.items():
        status, text = run.output([VENV_BIN / "ansible-doc", "-t", kind, "--json", "--list", NAME], extra=extra, cwd=collections)
        listed = {name.rsplit(".", 1)[-1] for name in _first_json(text)} if status == 0 else set()
        missing = sorted(names - listed)
        if missing:
            run.write(f"not listed by ansible-doc -t {kind}: {', '.join(missing)}")
            good = False
        if names and not missing:
            command = [VENV_BIN / "ansible-doc", "-t", kind, *(f"{NAME}.{name}" for name in sorted(names))]
            good = run.command(command, extra=extra, cwd=collections) == 0 and good
    return good


def _first_json(text: str) -> dict[str, t.Any]:
    start = text.find("{")
    if start < 0:
        return {}
    try:
        return json.JSONDecoder().raw_decode(text[start:])[0]
    except ValueError:
        return {}


def demo(run: Run) -> Counts:
    """The demo, from its first line to its last."""
    counts = Counts()
    extra = {"PYTHONPATH": str(run.collections), "NO_PROXY": "127.0.0.1,localhost"}
    counts.check("demo", run.command([VENV_BIN / "python", "-B", "tests/demo/demo.py", *run.arguments], extra=extra) == 0)
    return counts


def core(version: str) -> t.Callable[[Run], Counts]:
    """Return a lane that tries the collection with one release of ansible-core."""

    def run_core(run: Run) -> Counts:
        counts = Counts()
        python = _python_of_core(version)
        if python is None:
            raise environment.SetUpError(f"no Python for ansible-core {version}")
        venv = environment.ensure_venv(environment.ROOT / f".venv-core-{version}", python, ["requirements.txt", "tests/unit/requirements.txt"],
                                       [f"ansible-core=={version}.*", "trustme", "cryptography"])
        tools = venv.parent
        names = sorted(path.stem for path in (TREE / "plugins/modules").glob("*.py") if path.stem != "__init__")
        if names:
            counts.check("ansible-doc", run.command([tools / "ansible-doc", *(f"{NAME}.{name}" for name in names)], bin_folder=tools) == 0)
        for playbook in sorted((TREE / "playbooks").glob("*.yml")):
            status = run.command([tools / "ansible-playbook", "--syntax-check", "-i", "localhost,", f"{NAME}.{playbook.stem}"], bin_folder=tools)
            counts.check(f"syntax of {playbook.name}", status == 0)
        if (TREE / "tests/playbooks/test_smoke.py").is_file():
            counts.add(run_pytest_in(run, ["tests/playbooks/test_smoke.py"], venv))
        if not counts.passed + counts.failed:
            counts.skip("no module and no playbook yet")
        return counts

    return run_core


def _python_of_core(version: str) -> str | None:
    for candidate in CORES[version]:
        python = environment.find_python(candidate)
        if python:
            return python
    return None


def _blank_in_path() -> str | None:
    return "ansible-test integration does not work below a path with blanks" if " " in str(environment.ROOT) else None


def _no_python(version: str) -> t.Callable[[], str | None]:
    return lambda: None if environment.find_python(version) else f"no Python {version} here"


def _no_core(version: str) -> t.Callable[[], str | None]:
    return lambda: None if _python_of_core(version) else f"no Python {' or '.join(CORES[version])} here"


def all_lanes() -> list[Lane]:
    """Return the lanes that there is something to run for, those that take longest first (so that two at a time end together)."""
    lanes = [
        Lane("sanity", "ansible-test sanity: every test that can run here", "2 min", sanity, takes_arguments=True),
        Lane("units", f"ansible-test units with Python {PYTHON_VERSION}", "1 min", units, folder="tests/unit", takes_arguments=True),
        Lane("lab", "the lab keeps its promises, also to the clients of others", "1 min", pytest_lane("tests/conformance"),
             folder="tests/conformance", takes_arguments=True),
        Lane("modules", "modules against the lab", "1 min", pytest_lane("tests/modules"), folder="tests/modules", takes_arguments=True),
        Lane("playbooks", "roles and playbooks by ansible-playbook against the lab", "3 min", pytest_lane("tests/playbooks"),
             folder="tests/playbooks", takes_arguments=True),
        Lane("integration", "ansible-test integration against the lab", "3 min", integration, folder="tests/integration/targets",
             missing=_blank_in_path, takes_arguments=True),
        Lane("molecule", "Molecule scenarios, without containers", "1 min", molecule, folder="extensions/molecule", takes_arguments=True),
        Lane("lint", "ansible-lint at profile production, changelog fragments", "20 s", lint),
        Lane("build", "the archive for a release: built, installed, documented", "10 s", build),
        Lane("demo", "./demo from end to end", "1 min", demo, folder="tests/demo", takes_arguments=True),
    ]
    newest, oldest = max(CORES, key=_number), min(CORES, key=_number)
    for version in CORES:
        lanes.append(Lane(f"core-{version}", f"the playbooks with ansible-core {version}", "10 s", core(version),
                          default=version in (oldest, newest), missing=_no_core(version)))
    for version, release in UNIT_PYTHONS.items():
        lanes.append(Lane(f"units-{version}", f"unit tests by pytest with Python {version} (ansible-core {release})", "1 min", units_with(version),
                          default=version == "3.9", folder="tests/unit", missing=_no_python(version), takes_arguments=True))
    return [lane for lane in lanes if lane.exists()]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
