# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: a first sync, a second one, a plan, a sync after changes; the floor beside each; and what else users have."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import typing as t
from collections.abc import Callable
from pathlib import Path

from . import replay
from .world import HERE, PYTHON, BenchError, World

STEPS = ("first", "unchanged", "plan", "changed")
TITLES = {"first": "first full sync", "unchanged": "second sync, no change", "plan": "plan only (--check), 1 % changed", "changed": "sync, 1 % changed"}
FIGURES = ("wall", "cpu", "user", "system", "peak_mb", "lab_cpu", "requests", "writes", "sent", "received")
SYNC = ("ansible-playbook", "zerotrust.microseg.sync")
FORKS = 5  # Ansible's default
ALONE = 500  # addresses that are registered by one call each; the rest is extrapolated
EMPTY = """\
- hosts: {hosts}
  gather_facts: false
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
  tasks:
    - ansible.builtin.ping:
"""
REGISTER = """\
- hosts: panos
  gather_facts: false
  vars:
    ansible_connection: local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - zerotrust.microseg.panos_dag_register:
        ip_address: "{{ panos_ip_address }}"
        port: "{{ panos_port }}"
        api_key: "{{ panos_api_key }}"
        ca_path: "{{ panos_ca_path }}"
        src: "{{ tag_map }}"
"""
Say = Callable[[str], None]


class Series:
    """Figures of several runs of the same thing; their medians."""

    def __init__(self) -> None:
        self.runs: list[dict[str, t.Any]] = []

    def add(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """Keep the figures of one run."""
        self.runs.append({name: result[name] for name in FIGURES if name in result})
        return result

    def median(self) -> dict[str, float]:
        """The median of each figure."""
        return {name: statistics.median(run[name] for run in self.runs) for name in self.runs[0]} if self.runs else {}


class Row:
    """One line of the table: a step over some workloads and firewalls."""

    def __init__(self, step: str, world: World) -> None:
        self.step, self.workloads, self.firewalls, self.gzip = step, world.workloads, world.firewalls, world.gzip
        self.ours, self.floor, self.empty, self.empty_each = Series(), Series(), Series(), Series()
        self.notes: dict[str, t.Any] = {}

    def as_json(self) -> dict[str, t.Any]:
        """What is written and printed."""
        series = {name: getattr(self, name) for name in ("ours", "floor", "empty", "empty_each")}
        return {"case": self.step, "workloads": self.workloads, "firewalls": self.firewalls, "gzip": self.gzip, **self.notes,
                **{name: found.median() for name, found in series.items() if found.runs}, "runs": {name: found.runs for name, found in series.items()}}


class Syncs:
    """Whole syncs of one world, with the floor beside each."""

    def __init__(self, world: World, steps: t.Collection[str], say: Say) -> None:
        self.world, self.steps, self.say = world, steps, say
        self.rows = {step: Row(step, world) for step in STEPS if step in steps}
        self.forks = min(FORKS, world.firewalls)
        for name, hosts in (("empty.yml", "panos[0]"), ("empty-each.yml", "panos")):
            (world.folder / name).write_text(EMPTY.format(hosts=hosts), encoding="utf-8")

    def run(self, runs: int) -> list[dict[str, t.Any]]:
        """Measure all steps so many times."""
        for number in range(runs):
            self._round(number)
        return [row.as_json() for row in self.rows.values()]

    def _round(self, number: int) -> None:
        world = self.world
        if "first" in self.steps or number == 0:
            world.clear_tables()
            ours = self._sync("first")
            if "first" in self.steps:
                world_table = world.table()
                world.clear_tables()
                self._beside("first", ours, {}, world_table)
        if "unchanged" in self.steps:
            table = world.table()
            self._beside("unchanged", self._sync("unchanged"), table, table)
        if "plan" in self.steps or "changed" in self.steps:
            world.churn()
            before = world.table()
        if "plan" in self.steps:
            self._beside("plan", self._sync("plan", "--check"), before, before)
        if "changed" in self.steps:
            ours = self._sync("changed")
            after = world.table()
            self._beside("changed", ours, after, before)  # back again: as many bytes, and nothing is registered twice
            world.measured(SYNC + ("-i", world.inventory))

    def _sync(self, step: str, *more: str) -> dict[str, t.Any]:
        result = self.world.measured([*SYNC, "-i", self.world.inventory, *more])
        fetched = sum(1 for entry in result["log"] if entry["type"] == "datafile" and entry["entries"] >= min(self.world.workloads, 500))
        wrote = bool(result["writes"])
        if wrote != (step in ("first", "changed")):
            raise BenchError(f"the step {step} {'wrote' if wrote else 'wrote nothing'}, so it is not what it should be:\n{result['output'][-3000:]}")
        row = self.rows.get(step)
        if row:
            row.ours.add(result)
            row.notes["gathered"] = fetched
            self._say(step, "sync", result)
        return result

    def _beside(self, step: str, ours: dict[str, t.Any], before: replay.Table, after: replay.Table) -> None:
        """Measure the floor of a run, and an empty playbook."""
        world, row = self.world, self.rows[step]
        names = [device["name"] for device in world.description["devices"]]
        script = replay.write_script(str(world.folder), world.description, ours["log"], dict.fromkeys(names, before), dict.fromkeys(names, after),
                                     world.gzip, self.forks)
        row.notes["addresses"] = len(after or before)
        self._say(step, "floor", row.floor.add(world.measured([PYTHON, "-B", str(HERE / "floor.py"), script])))
        self._say(step, "empty playbook", row.empty.add(world.measured(["ansible-playbook", "-i", world.inventory, "empty.yml"])))
        if world.firewalls > 1:
            row.empty_each.add(world.measured(["ansible-playbook", "-i", world.inventory, "empty-each.yml"]))

    def _say(self, step: str, what: str, result: dict[str, t.Any]) -> None:
        self.say(f"{self.world.workloads:>7} workloads {self.world.firewalls:>2} fw  {step:<10}{what:<15}{result['wall']:7.2f} s wall "
                 f"{result['cpu']:7.2f} s CPU {result['peak_mb']:6.0f} MB {result['requests']:6} requests  lab {result['lab_cpu']:6.2f} s")


def alternatives(world: World, runs: int, say: Say) -> list[dict[str, t.Any]]:
    """pan-os-python over the same table, and our registering alone, because that is all that the alternatives do: they get the tags for nothing."""
    tags = world.folder / "artifacts"
    world.clear_tables()
    world.measured([*SYNC, "-i", world.inventory, "-e", f"dag_sync_dir={tags}"])
    table = {address: found for address, found in world.table().items() if address != "192.0.2.1"}
    pairs = world.folder / "pairs.json"
    pairs.write_text(json.dumps(table), encoding="utf-8")
    device = world.description["devices"][0]
    playbook = world.folder / "register.yml"
    playbook.write_text(REGISTER, encoding="utf-8")
    ours = ["ansible-playbook", "-i", world.inventory, str(playbook), "-e", f"tag_map={tags}/tag-map.jsonl"]
    world.environment["SSL_CERT_FILE"] = world.description["ca_file"]  # pan-os-python has no option for it
    try:
        found = [_alternative(world, "ours, registering alone", lambda _count: ours, len(table), runs, say)]
        for name in ("audit_registered_ip", "one call per address"):
            def command(count: int, name: str = name) -> list[str]:
                return [PYTHON, "-B", str(HERE / "alternatives.py"), name, str(pairs), str(count), device["host"], str(device["port"]), device["api_key"]]

            found.append(_alternative(world, name, command, len(table) if name == "audit_registered_ip" else min(ALONE, len(table)), runs, say))
            found[-1]["of"] = len(table)
    finally:
        del world.environment["SSL_CERT_FILE"]
    return found


def _alternative(world: World, name: str, command: Callable[[int], list[str]], count: int, runs: int, say: Say) -> dict[str, t.Any]:
    first, unchanged = Series(), Series()
    notes: dict[str, t.Any] = {"case": "alternative", "name": name, "workloads": world.workloads, "firewalls": world.firewalls}
    while len(first.runs) < runs:
        world.clear_tables()
        result = world.tried(command(count))
        if result["status"]:
            largest = max([entry["bytes_in"] for entry in result["log"]] or [0])
            notes["refused"] = {"addresses": count, "largest_request": largest, "words": result["output"].strip().splitlines()[-1][:200]}
            say(f"{world.workloads:>7} workloads  1 fw  {name}: {count} addresses refused (largest request {largest / 1e6:.1f} MB); trying half of them")
            count //= 2
            if count < 100:
                return notes
            continue
        first.add(result)
        again = unchanged.add(world.measured(command(count))) if name != "one call per address" else None
        say(f"{world.workloads:>7} workloads  1 fw  {name}: {count} addresses in {result['wall']:.2f} s, {result['cpu']:.2f} s CPU, "
            f"{result['requests']} requests" + (f"; again {again['wall']:.2f} s" if again else ""))
    return {**notes, "addresses": count, "first": first.median(), "unchanged": unchanged.median()}


def domain(collections: Path, environment: dict[str, str], runs: int, say: Say) -> dict[str, t.Any]:
    """The pure work for 100,000 workloads with four labels and three interfaces."""
    found = []
    for _run in range(runs):
        done = subprocess.run([PYTHON, str(HERE / "domain.py"), "100000"], env={**environment, "PYTHONPATH": str(collections)}, capture_output=True, text=True,
                              timeout=300, check=False)
        if done.returncode:
            raise BenchError(done.stderr)
        found.append(json.loads(done.stdout))
        say("domain, 100,000 workloads: " + ", ".join(f"{name} {value:.2f} s CPU" for name, value in found[-1]["seconds"].items()))
    names = found[0]["seconds"]
    return {"case": "domain", "workloads": 100_000, "addresses": found[0]["addresses"],
            "seconds": {name: statistics.median(each["seconds"][name] for each in found) for name in names}}


def load() -> float:
    """Processes that waited for a CPU in the last minute, on average."""
    return os.getloadavg()[0]
