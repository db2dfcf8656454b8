# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure work of a sync (select, render, plan), without reading or writing anything: python domain.py WORKLOADS; CPU seconds as JSON."""

from __future__ import annotations

import gc
import json
import sys
import time

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Labels
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import render
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate

VALUES = {"role": 16, "app": 1500, "env": 6, "loc": 8}


def organisation(size):
    """(labels, rows): workloads with four labels and three interfaces, of which the firewall gets two."""
    labels = [(key, f"{key}-{number}") for key, count in VALUES.items() for number in range(count)]
    starts, start = [], 0
    for count in VALUES.values():
        starts.append((start, count))
        start += count
    rows = []
    for number in range(size):
        app = number // 67
        indexes = [starts[0][0] + number * 7 % 16, starts[1][0] + app % 1500, starts[2][0] + number * 5 % 6, starts[3][0] + app % 8]
        high, low = divmod(number, 250)
        rows.append({"href": f"/orgs/1/workloads/{number:08d}", "name": f"w{number}", "managed": True, "online": True, "enforcement_mode": "full",
                     "created_at": "2026-11-01T00:00:00Z", "labels": indexes,
                     "interfaces": [["eth0", f"10.{high >> 8}.{high & 255}.{low + 4}"], ["eth1", f"172.{16 + (high >> 8)}.{high & 255}.{low + 4}"],
                                    ["docker0", "172.17.0.1"]]})
    return Labels(labels, list(VALUES)), rows


def main(size):
    """Time the steps."""
    gc.disable()  # as the modules do around them
    labels, rows = organisation(int(size))
    rules = Rules(select={"any_of": ["env=*"], "none_of": ["app=app-0"], "managed": True})
    seconds = {}

    def timed(name, function):
        before = time.process_time()
        result = function()
        seconds[name] = time.process_time() - before
        return result

    rendered = timed("select and render", lambda: render(rows, labels, rules))
    desired = timed("registrations in order", lambda: {address: tuple(tags) for address, tags, _workloads in rendered.registrations()})
    template = TagTemplate("illumio.{key}.{value}")
    limits = Limits(64, 500_000)

    def plan(current):
        found = compute_plan(current, desired, Ownership([template]), ("serial", "vsys1", template.namespace), limits)
        return found, found.counts(), found.digest

    first = timed("plan, first", lambda: plan({}))[0]
    assert first and len(first.changes) == len(desired)
    unchanged = timed("plan, no change", lambda: plan(dict(desired)))[0]
    assert not unchanged
    print(json.dumps({"seconds": seconds, "addresses": len(desired)}))


if __name__ == "__main__":
    main(sys.argv[1])
