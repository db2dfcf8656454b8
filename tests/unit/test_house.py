# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house, compared instead of remembered: layers, lists that are kept twice, headers, documentation (see CONTRIBUTING.md)."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "ansible_collections.zerotrust.microseg."
UTILS = PACKAGE + "plugins.module_utils."
MODULES = sorted(path for path in (ROOT / "plugins/modules").glob("*.py") if path.stem != "__init__")
ROLES = sorted(path for path in (ROOT / "roles").glob("*") if path.is_dir())
NOT_OURS = {".git", ".cache", ".ansible", ".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache", "__pycache__", "output"}

# rank of what lies in module_utils: a file imports from its own package or from lower ranks only
RANKS = {"_errors": 0, "_printable": 0, "_collector": 0, "_http_line": 1, "_http_escapes": 1, "_option_names": 1, "_libraries": 1, "_domain": 1, "_artifact": 1,
         "_http_errors": 2, "_http": 3, "_illumio": 4, "_panos": 4}
RANK_OF_A_FORMAT = 2  # single files that join _artifact and _domain: _tag_map_artifact ...
RANK_OF_A_USE_CASE = 5  # packages between the clients and a module: _register ...
RANK_OF_A_MODULE = 6


def files_below(*folders, suffix=".py"):
    """Every file with this suffix below these folders of the collection."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}") if not NOT_OURS.intersection(path.relative_to(ROOT).parts))


def name_of(path):
    """The path of a file inside the collection, for messages."""
    return path.relative_to(ROOT).as_posix()


def parsed(path):
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=name_of(path))


def imports_of(path):
    """Every imported name with its whole path, `from a import b` as a.b; relative imports resolved to the collection's package."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = PACKAGE + ".".join(package[:len(package) - node.level + 1] + ([base] if base else []))
            for alias in node.names:
                yield f"{base}.{alias.name}"


def unit_of(name):
    """The file or package directly in module_utils that a whole path names, or None."""
    return name[len(UTILS):].split(".")[0] if name.startswith(UTILS) else None


def place_of(path):
    """The file or package directly in module_utils that a file belongs to, or None for the rest of plugins."""
    parts = path.relative_to(ROOT / "plugins").with_suffix("").parts
    return parts[1] if parts[0] == "module_utils" else None


def rank_of(unit):
    """The layer of a file or package of module_utils; None stands for modules and other plugins."""
    if unit is None:
        return RANK_OF_A_MODULE
    if unit in RANKS:
        return RANKS[unit]
    return RANK_OF_A_USE_CASE if (ROOT / "plugins/module_utils" / unit).is_dir() else RANK_OF_A_FORMAT


# Layers

def test_arrows_point_down_only():
    wrong = []
    for path in files_below("plugins"):
        place = place_of(path)
        for name in imports_of(path):
            unit = unit_of(name)
            if unit is None or unit == place:
                continue
            if place == "_domain" and unit not in ("_errors", "_printable") or rank_of(unit) >= rank_of(place):
                wrong.append(f"{name_of(path)} imports {unit}")
    assert not wrong, "a layer knows only the layers below it"


def test_the_two_clients_do_not_know_each_other():
    wrong = [f"{name_of(path)}: {name}" for path in files_below("plugins/module_utils/_illumio", "plugins/module_utils/_panos")
             for name in imports_of(path) if unit_of(name) in {"_illumio", "_panos"} - {place_of(path)}]
    assert not wrong


def test_the_domain_does_no_input_output_and_has_no_clock():
    forbidden = {"os", "io", "sys", "time", "socket", "subprocess", "pathlib", "random", "logging", "tempfile", "threading", "requests", "xmltodict", "ansible"}
    pure = {"socket.AF_INET", "socket.AF_INET6", "socket.inet_pton", "socket.inet_ntop"}  # text to bytes and back
    wrong = []
    for path in files_below("plugins/module_utils/_domain"):
        wrong += [f"{name_of(path)} imports {name}" for name in imports_of(path) if name.split(".")[0] in forbidden and name not in pure]
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
                if called in ("open", "print", "input", "now", "utcnow", "today"):
                    wrong.append(f"{name_of(path)}:{node.lineno} calls {called}")
    assert not wrong


def test_only_modules_and_argument_specs_know_ansible():
    allowed = {"_libraries.py", "argspec.py"}
    wrong = [f"{name_of(path)}: {name}" for path in files_below("plugins/module_utils") if path.name not in allowed
             for name in imports_of(path) if name.split(".")[0] == "ansible"]
    assert not wrong


def test_only_modules_end_a_run():
    wrong = []
    for path in files_below("plugins/module_utils"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("fail_json", "exit_json"):
                wrong.append(f"{name_of(path)}:{node.lineno}")
    assert not wrong, "everything below modules raises (see _errors)"


def test_libraries_are_imported_in_one_place():
    wrong = [f"{name_of(path)}: {name}" for path in files_below("plugins") if path.name != "_libraries.py"
             for name in imports_of(path) if name.split(".")[0] in ("requests", "xmltodict", "urllib3")]
    assert not wrong, "requests and xmltodict come from module_utils/_libraries.py, which copes with their absence"


def test_plugins_and_tests_do_not_know_each_other():
    wrong = []
    for path in files_below("plugins"):
        wrong += [f"{name_of(path)}: {name}" for name in imports_of(path) if name.startswith((PACKAGE + "tests", "tests."))]
    for path in files_below("tests/lab", "tests/runner"):
        wrong += [f"{name_of(path)}: {name}" for name in imports_of(path) if name.startswith((PACKAGE + "plugins", "plugins."))]
    assert not wrong, "the lab is written separately, else every test would agree with itself"


def test_imports_inside_plugins_are_absolute():
    wrong = [f"{name_of(path)}:{node.lineno}" for path in files_below("plugins") for node in ast.walk(parsed(path))
             if isinstance(node, ast.ImportFrom) and node.level]
    assert not wrong


# Lists that are kept in two places

def runtime():
    """The content of meta/runtime.yml."""
    return yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))


def test_action_groups_are_the_modules_that_take_the_connection():
    groups = {}
    for path in MODULES:
        for fragment in documentation(path).get("extends_documentation_fragment") or []:
            match = re.fullmatch(r"zerotrust\.microseg\._(illumio|panos)", fragment)
            if match:
                groups.setdefault(match[1], []).append(path.stem)
    assert {name: sorted(members) for name, members in runtime()["action_groups"].items()} == groups


def readme_modules():
    """The module names in the first column of README's table of modules."""
    names, inside = [], False
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        if not cells:
            inside = False
        elif cells[0].strip("*").lower() in ("module", "modules"):
            inside = True
        elif inside and not set(cells[0]) <= set("-: "):
            match = re.search(r"[a-z][a-z0-9_]+", cells[0].replace("zerotrust.microseg.", ""))
            names.append(match[0] if match else cells[0])
    return names


def test_readme_lists_every_module():
    assert sorted(readme_modules()) == [path.stem for path in MODULES], "the table in README.md whose first column is headed Module"


def test_every_release_number_agrees():
    assert runtime()["requires_ansible"] == ">=2.16.0"
    assert "2.16" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_requirements_agree():
    needed = {line.split()[0] for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines() if line.strip() and not line.startswith("#")}
    assert needed == {"requests", "xmltodict"}
    files = yaml.safe_load((ROOT / "meta/execution-environment.yml").read_text(encoding="utf-8"))
    assert files["dependencies"]["python"] == "requirements.txt"
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert set(lines) <= set((ROOT / "tests/unit/requirements.txt").read_text(encoding="utf-8").splitlines()), "unit tests need the same"


def test_nothing_is_ignored_by_sanity_tests():
    assert not list((ROOT / "tests").glob("sanity/ignore*"))


# Headers and text

def test_every_file_says_its_licence():
    wrong = []
    for path in files_below("plugins", "tests") + files_below("plugins", "tests", suffix=".sh") + [ROOT / "run-tests", ROOT / "demo"]:
        if path.is_file() and path.stat().st_size:
            head = path.read_text(encoding="utf-8").splitlines()[:8]
            if not any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in head):
                wrong.append(name_of(path))
    assert not wrong
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "LICENSES/GPL-3.0-or-later.txt").read_bytes()


def test_no_path_of_a_machine_and_no_index_of_packages():
    # written in parts, so that this file is not an example of it
    folders_of_people = ["ro" + "ot", "wo" + "rk", "ho" + "me/(?!ops/|user/)[a-z][a-z0-9_-]*", "Us" + "ers/[A-Za-z]+"]
    machine = re.compile("(?<![A-Za-z0-9_.}>~])/(?:" + "|".join(folders_of_people) + ")/")
    index = re.compile("--(?:extra-)?index" + "-url|--trusted" + "-host|files\\.python" + "hosted\\.org")
    wrong = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NOT_OURS and not name.startswith(".venv")]
        for name in names:
            path = Path(folder) / name
            if path.suffix in (".pyc", ".gz") or path.name.startswith("GPL-") or path.is_symlink():
                continue
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            for number, line in enumerate(text.splitlines(), 1):
                if machine.search(line) or index.search(line):
                    wrong.append(f"{name_of(path)}:{number}: {line.strip()[:100]}")
    assert not wrong


# Documentation of modules

def constants(path):
    """The text constants of a Python file by name (also those of a class in it, as doc fragments have)."""
    found = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = node.value.value
    return found


def documentation(path):
    """The DOCUMENTATION of a module, with its fragments as a list."""
    content = yaml.safe_load(constants(path)["DOCUMENTATION"])
    fragments = content.get("extends_documentation_fragment") or []
    content["extends_documentation_fragment"] = [fragments] if isinstance(fragments, str) else fragments
    return content


def attributes(path):
    """The attributes of a module, those of its fragments included, each with what is finally said about it."""
    content = documentation(path)
    result = {}
    for fragment in content["extends_documentation_fragment"]:
        parts = fragment.split(".")
        file = ROOT / "plugins/doc_fragments" / f"{parts[2]}.py"
        part = (parts[3] if len(parts) > 3 else "documentation").upper()
        for name, value in (yaml.safe_load(constants(file)[part]).get("attributes") or {}).items():
            result.setdefault(name, {}).update(value)
    for name, value in (content.get("attributes") or {}).items():
        result.setdefault(name, {}).update(value)
    return result


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
class TestModule:
    """Each module: what its documentation has to hold (ansible-test compares it with the argument spec)."""

    def test_says_what_it_supports(self, path):
        found = attributes(path)
        assert {"check_mode", "diff_mode", "idempotent", "platform"} <= set(found)
        for name, value in found.items():
            assert value.get("support"), f"{name} says nothing about its support"
            assert value.get("description"), f"{name} is not described"

    def test_names_its_action_group(self, path):
        groups = {name for name, members in runtime()["action_groups"].items() if path.stem in members}
        said = attributes(path).get("action_group", {})
        assert set(re.findall(r"zerotrust\.microseg\.(\w+)", str(said.get("membership", said.get("description", ""))))) == groups

    def test_has_three_examples_that_are_tasks(self, path):
        examples = yaml.safe_load(constants(path)["EXAMPLES"])
        tasks = [task for entry in examples for task in (entry.get("tasks", [entry]) if isinstance(entry, dict) else [])]
        own = [task for task in tasks if f"zerotrust.microseg.{path.stem}" in str(task)]
        assert len(own) >= 3
        assert all(entry.get("name") for entry in tasks)

    def test_describes_what_it_returns(self, path):
        returned = yaml.safe_load(constants(path)["RETURN"])
        assert returned
        for name, value in returned.items():
            assert value.get("description") and value.get("type") and value.get("returned"), name

    def test_points_to_its_neighbours(self, path):
        assert documentation(path).get("seealso")

    def test_main_decides_nothing(self, path):
        for node in parsed(path).body:
            if isinstance(node, ast.FunctionDef) and node.name == "main":
                assert node.end_lineno - node.lineno <= 80, "what main() decides belongs below modules/"
                return
        pytest.fail("no main()")


# Roles

@pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)
class TestRole:
    """Each role: described, and its defaults are those that its argument spec tells."""

    def test_is_described(self, role):
        for name in ("README.md", "meta/argument_specs.yml", "tasks/main.yml"):
            assert (role / name).is_file(), name

    def test_defaults_agree_with_the_argument_spec(self, role):
        specification = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
        options = {name: option for entry in specification.values() for name, option in (entry.get("options") or {}).items()}
        file = role / "defaults/main.yml"
        defaults = (yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None) or {}
        unknown = [name for name in defaults if name not in options and not name.startswith("__")]
        assert not unknown, "defaults that the argument spec does not know"
        for name, option in options.items():
            if "default" in option:
                assert name in defaults, f"{name} has a default in the argument spec only"
                assert defaults[name] == option["default"], name
            assert option.get("description"), f"{name} is not described"
            assert option.get("type"), f"{name} has no type"

    def test_names_its_variables_after_itself(self, role):
        # variables of the role itself; connection variables of the inventory keep the names that people have
        allowed = (f"{role.name}_", f"__{role.name}_", "illumio_", "panos_")
        file = role / "defaults/main.yml"
        defaults = (yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None) or {}
        assert not [name for name in defaults if not name.startswith(allowed)]
