# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the demo stands on: a lab of its own, Ansible as a user would run it, and what both say."""

from __future__ import annotations

import dataclasses
import json
import locale
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

# pylint: disable=wrong-import-position
from tests.lab.control import RemoteControl  # noqa: E402
from tests.runner.tree import update_tree  # noqa: E402

LIMIT = 180  # seconds for one command
PRODUCT = ("panos_ip_address", "panos_port", "panos_api_key", "panos_ca_path")


class NotAsTold(Exception):
    """Something is not as the story says; the text is one line, *details* what a program said about it."""

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


@dataclasses.dataclass(frozen=True)
class Ended:
    """A playbook that has ended: exit status, its output, and from that the changed tasks and the state per firewall, the plan's digests, and the diffs."""

    status: int
    text: str

    @property
    def changed(self) -> dict[str, int]:
        """How many tasks reported a change, per host, from the recap."""
        return {host: int(number) for host, number in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", self.text, re.M)}

    @property
    def states(self) -> dict[str, str]:
        """The state of each target, from the last step of the role."""
        return {line.split()[0]: line.split()[1] for line in self.lines}

    @property
    def lines(self) -> list[str]:
        """One line per target, as the role prints them."""
        found = re.search(r"TASK \[\S+ : Report target states\].*?\"msg\": (\[.*?\n    \])", self.text, re.S)
        return json.loads(found[1]) if found else []

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each plan, from ``set_stats``."""
        found = re.search(r"^\s*RUN: (\{.*\})\s*$", self.text, re.M)
        stats = json.loads(found[1])["dag_sync"] if found else {}
        return {host: numbers.get("digest", "") for host, numbers in stats.items()}

    @property
    def diffs(self) -> dict[str, list[str]]:
        """The diff of each target (without its first line, which names host and port)."""
        result: dict[str, list[str]] = {}
        rows: list[str] = []
        task = re.search(r"TASK \[\S+ : Register on this firewall\][^\n]*\n(.*?)\n\n", self.text, re.S)
        for line in task[1].splitlines() if task else []:
            host = re.match(r"(?:changed|ok): \[(\S+?)\]", line)
            if host:
                result[host[1]], rows = rows, []
            elif line.startswith(("+ ", "- ")):
                rows.append(line)
        return result

    @property
    def warnings(self) -> list[str]:
        """Warnings of Ansible and of the modules."""
        return re.findall(r"^\[(?:WARNING|DEPRECATION WARNING)\]: .*", self.text, re.M)


class Stage:
    """A lab in the background, in a directory of its own, for at most *lifetime* seconds. Raises NotAsTold where it does not start."""

    def __init__(self, lifetime: int) -> None:
        # ./demo and run-tests say where the collection is; without them it is put where Ansible accepts it, as they do
        self.collections = os.environ.get("ANSIBLE_COLLECTIONS_PATH") or str(update_tree())
        answer = self._command([sys.executable, "-m", "tests.lab", "--scenario", "ordering", "--detach", "--json", "--lifetime", str(lifetime)],
                               ROOT, {"PYTHONDONTWRITEBYTECODE": "1"})
        if answer.returncode:
            raise NotAsTold("the lab did not start", answer.stderr)
        self.description = json.loads(answer.stdout)
        self.inventory = Path(self.description["inventory"])
        self.directory = self.inventory.parent
        self.control = RemoteControl(self.description["control"])
        self.firewalls = [device["name"] for device in self.description["devices"]]
        (self.directory / "ansible.cfg").touch()  # an empty one, so that a configuration of this user changes nothing

    def stop(self) -> None:
        """End the lab; its directory goes with it. Raises NotAsTold where it does not end."""
        answer = self._command([sys.executable, "-m", "tests.lab", "stop", "--directory", str(self.directory)], ROOT, {"PYTHONDONTWRITEBYTECODE": "1"})
        if answer.returncode:
            raise NotAsTold("the lab did not end", answer.stderr)

    def playbook(self, name: str, *arguments: str) -> Ended:
        """Run a playbook of the collection over the inventory of the lab, to its end."""
        answer = self._ansible([self._program("ansible-playbook"), name, "-i", self.inventory.name, *arguments])
        return Ended(answer.returncode, answer.stdout)

    def groups(self) -> dict[str, dict[str, list[str]]]:
        """Read the members of each group of each firewall with the module panos_dag_info. Raises NotAsTold where that fails."""
        arguments = {name.removeprefix("panos_"): "{{ %s }}" % name for name in PRODUCT}
        answer = self._ansible([
            self._program("ansible"), "panos", "-i", self.inventory.name, "-m", "zerotrust.microseg.panos_dag_info", "-a",
            json.dumps({**arguments, "gather_subset": ["groups"]}), "-e", json.dumps({"ansible_python_interpreter": sys.executable}), "-c", "local"])
        found = {}
        for host, text in re.findall(r"^(\S+) \| SUCCESS => (\{.*?^\})", answer.stdout, re.M | re.S):
            groups = json.loads(text)["targets"][0]["groups"]
            found[host] = {group["name"]: [member["address"] for member in group["members"]] for group in groups}
        if sorted(found) != sorted(self.firewalls):
            raise NotAsTold("panos_dag_info could not read the groups", answer.stdout)
        return found

    def registrations(self, firewall: str) -> set[tuple[str, str]]:
        """The pairs of address and tag that a firewall holds, as the lab knows them."""
        held = self.control.state(server=firewall)["vsys"]["vsys1"]["registrations"]
        return {(address, tag) for address, tags in held.items() for tag in tags}

    def writes(self) -> int:
        """How many write requests have reached any server since the log was cleared."""
        return sum(1 for entry in self.control.log() if entry["write"])

    @staticmethod
    def _program(name: str) -> str:
        beside = Path(sys.executable).with_name(name)
        return str(beside) if beside.exists() else name

    def _ansible(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return self._command(command, self.directory, {
            "ANSIBLE_CONFIG": str(self.directory / "ansible.cfg"), "ANSIBLE_HOME": str(self.directory / "ansible"), "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORCE_COLOR": "0", "ANSIBLE_DEPRECATION_WARNINGS": "0", "COLUMNS": "100"})

    def _command(self, command: list[str], directory: Path, extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
        # the caller's environment, without what would turn Ansible or the modules to something else than this lab
        unwanted = ("ILLUMIO_", "PANOS_", "ANSIBLE_", "PYTHON")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted) and not name.lower().endswith("_proxy")}
        environment["ANSIBLE_COLLECTIONS_PATH"] = self.collections
        if locale.getpreferredencoding(False).upper().replace("-", "") != "UTF8":
            environment["LC_ALL"] = "C.UTF-8"  # Ansible refuses to start otherwise
        try:
            return subprocess.run(command, cwd=directory, env={**environment, **extra}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE if command[1] == "-m" else subprocess.STDOUT, text=True, timeout=LIMIT, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotAsTold(f"cannot run {command[0]}", str(error)) from error
