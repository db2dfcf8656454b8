# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of the cost, not its time: how many requests, how large, how many at a time, how many tasks, how many bytes are held."""

from __future__ import annotations

import collections
import functools
import gc
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import render
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate
from tests.bench.domain import organisation
from tests.modules.process import COLLECTIONS

PAGE = 500          # entries of one answer, and addresses of one message (PAN-OS facts 2.8, 3.2)
MEGABYTE = 1_000_000
AT_A_TIME = 5       # calls that a device may see at once (PAN-OS facts 2.8)
FLEETS = (2, 5)

# Results of tasks for each firewall but the first, which also does what is done once. One of them is a module process.
TASKS_PER_FIREWALL = 6
# Bytes that tracemalloc sees at the peak, for each workload of four labels, two addresses that count and one that does not.
RENDER_BYTES = 700
PLAN_BYTES = 1_300

NO_PROCESS = {"assert", "debug", "fail", "import_role", "import_tasks", "include_role", "include_tasks", "meta", "set_fact", "set_stats",
              "validate_argument_spec"}
CALLBACK = """\
import json, os
from ansible.plugins.callback import CallbackBase

class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = 'aggregate'
    CALLBACK_NAME = 'counter'
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self.results = []

    def v2_runner_on_ok(self, result):
        task = getattr(result, 'task', None) or result._task
        host = getattr(result, 'host', None) or result._host
        self.results.append([host.get_name(), task.action, task.get_name(), 'ok'])

    def v2_runner_on_skipped(self, result):
        task = getattr(result, 'task', None) or result._task
        host = getattr(result, 'host', None) or result._host
        self.results.append([host.get_name(), task.action, task.get_name(), 'skipped'])

    def v2_playbook_on_stats(self, stats):
        with open(os.environ['COUNTER_FILE'], 'w', encoding='utf-8') as stream:
            json.dump(self.results, stream)
"""


def pages(entries):
    """Answers that a table of so many entries takes."""
    return max(1, -(-entries // PAGE))


def log_of(chain, action):
    """What the lab saw during something, by server."""
    chain.lab.control.clear_log()
    result = action()
    found = collections.defaultdict(list)
    for entry in chain.lab.control.log():
        found[entry["server"]].append(entry)
    return result, found


def types(entries):
    """How many requests of each type."""
    return collections.Counter(entry["type"] for entry in entries)


def test_gathering_asks_as_often_whatever_the_size(chains):
    counted = []
    for size in (600, 1300):
        chain = chains("organisation", size=size, firewalls=0)
        log = log_of(chain, chain.gather)[1]["pce"]
        counted.append(types(log))
        fetched = [entry["entries"] for entry in log if entry["type"] == "datafile"]
        assert fetched.count(size) == 1, "the workloads are fetched once"
        assert all(entry["entries"] <= 500 for entry in log if entry["type"] != "datafile")
        assert max(entry["concurrency"] for entry in log) <= AT_A_TIME
    assert counted[0] == counted[1]
    assert counted[0]["workloads"] <= 2 and counted[0]["labels"] == 1, "one count and one order of workloads, one order of labels"


@pytest.mark.parametrize("size", [300, 1300])
def test_registering_sends_full_messages_and_reads_twice(chains, size):
    chain = chains("organisation", size=size, firewalls=1)
    tag_map = chain.tag_map()
    result, seen = log_of(chain, lambda: chain.register(src=tag_map))
    assert not result.failed, result
    assert set(seen) == {"fw1"}, "registering does not ask the PCE"
    log = seen["fw1"]
    addresses = len(chain.owned())
    writes = [entry for entry in log if entry["write"]]
    assert len(writes) <= pages(addresses) + 1, "full messages, and one for the claim"
    assert sum(entry["entries"] for entry in writes) == addresses + 1
    assert all(entry["entries"] <= PAGE and entry["bytes_in"] <= MEGABYTE for entry in writes)
    assert all(entry["concurrency"] <= 2 for entry in writes), "one on its way while the device works on another"
    assert max(entry["concurrency"] for entry in log) <= AT_A_TIME
    # a count and the pages, before and after; the claim is one entry more; an empty table takes one page
    assert types(log)["op:registered-ip"] <= 2 + pages(0) + pages(addresses + 1) + 1
    assert len(log) - len(writes) - types(log)["op:registered-ip"] <= 2, "system and HA state"


def test_a_run_without_change_reads_once(chains):
    chain = chains("organisation", size=1300, firewalls=1)
    tag_map = chain.tag_map()
    assert not chain.register(src=tag_map).failed
    result, seen = log_of(chain, lambda: chain.register(src=tag_map))
    assert not result["changed"], result
    addresses = len(chain.owned()) + 1
    assert types(seen["fw1"])["op:registered-ip"] == 1 + pages(addresses) + (addresses % PAGE == 0)
    assert len(seen["fw1"]) <= types(seen["fw1"])["op:registered-ip"] + 2
    assert not [entry for entry in seen["fw1"] if entry["write"]]


def test_a_small_change_writes_little(chains):
    chain = chains("organisation", size=1300, firewalls=1)
    assert not chain.sync().failed
    chain.lab.control.mutate(op="churn", every=100)
    result, seen = log_of(chain, chain.sync)
    assert not result.failed, result
    writes = [entry for entry in seen["fw1"] if entry["write"]]
    assert 1 <= len(writes) <= 2, "what is new, then what is old"
    assert sum(entry["entries"] for entry in writes) <= 4 * 13


def counted(running, folder, tmp_path):
    """Results of tasks of one sync over the firewalls of a lab: [host, action, task, ok or skipped]."""
    plugins = tmp_path / "callbacks"
    plugins.mkdir(exist_ok=True)
    (plugins / "counter.py").write_text(CALLBACK, encoding="utf-8")
    output = tmp_path / f"{folder}.json"
    environment = {**os.environ, "ANSIBLE_CALLBACK_PLUGINS": str(plugins), "ANSIBLE_CALLBACKS_ENABLED": "counter", "COUNTER_FILE": str(output),
                   "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_FORKS": "5"}
    program = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run([str(program), "zerotrust.microseg.sync", "-i", running.inventory], env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(output.read_text(encoding="utf-8"))


def test_tasks_do_not_grow_with_firewalls(lab_factory, tmp_path):
    per_firewall = {}
    once = {}
    for number in FLEETS:
        results = counted(lab_factory("ordering", firewalls=number), f"fleet-{number}", tmp_path)
        processes = collections.Counter((host, action.rpartition(".")[2]) for host, action, _task, how in results
                                        if how == "ok" and action.rpartition(".")[2] not in NO_PROCESS)
        for name in range(2, number + 1):
            mine = {action: count for (host, action), count in processes.items() if host == f"fw{name}"}
            assert mine == {"panos_dag_register": 1}, "one module process for each firewall"
        for module in ("illumio_workload_facts", "dag_tag_map"):
            assert sum(count for (_host, action), count in processes.items() if action == module) == 1, "gather and render once"
        tasks = collections.Counter(host for host, _action, _task, _how in results)
        per_firewall[number] = {tasks[f"fw{name}"] for name in range(2, number + 1)}
        once[number] = tasks["fw1"]
    for found in per_firewall.values():
        assert max(found) <= TASKS_PER_FIREWALL, per_firewall
    assert once[FLEETS[0]] == once[FLEETS[1]], "what is done once does not grow with the firewalls"


def peak(function):
    """(bytes held at the peak, what the function returned)."""
    gc.collect()
    tracemalloc.start()
    try:
        result = function()
        return tracemalloc.get_traced_memory()[1], result
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("changed", [False, True])
def test_the_domain_holds_few_bytes_for_each_workload(changed):
    """Straight lines, and low ones: 100,000 workloads have to fit into 400 MB together with Python, requests and the answers."""
    template = TagTemplate("illumio.{key}.{value}")
    shares = []
    for size in (2_000, 8_000):
        labels, rows = organisation(size)

        def rendering(labels, rows):
            rendered = render(rows, labels, Rules())
            return {address: tuple(tags) for address, tags, _workloads in rendered.registrations()}

        held, desired = peak(functools.partial(rendering, labels, rows))
        current = {} if changed else dict(desired)

        def planning(current, desired):
            plan = compute_plan(current, desired, Ownership([template]), ("serial", "vsys1", template.namespace), Limits(64, None))
            return plan, plan.counts(), plan.digest

        planned, (plan, _counts, _digest) = peak(functools.partial(planning, current, desired))
        assert bool(plan) == changed
        shares.append((held / size, planned / size))
    assert shares[1][0] <= RENDER_BYTES and shares[1][1] <= PLAN_BYTES, shares
    assert all(large <= 1.15 * small + 20 for small, large in zip(*shares)), shares
