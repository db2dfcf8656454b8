# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One address on several workloads, from the PCE to the firewall."""

from __future__ import annotations

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact

ADDRESS, OTHER = "10.1.0.1", "10.1.0.2"
YOUNG, OLD = "5e000000-0000-4000-8000-00000000000a", "5e000000-0000-4000-8000-00000000000b"


def clones(young=None, old=None):
    """A scenario with two workloads that have one address, both managed and online; the younger one is in Production."""
    return {
        "seed": 7,
        "pce": {"workloads": [
            {"uuid": OLD, "name": "db01", "address": ADDRESS, "labels": {"env": "Development"}, "age": 300, "heartbeat": 10, **(old or {})},
            {"uuid": YOUNG, "name": "db01", "address": ADDRESS, "labels": {"env": "Production"}, "age": 20, "heartbeat": 300, **(young or {})},
            {"name": "other", "address": OTHER, "labels": {"env": "Development"}}]},
        "devices": [{"name": "fw1", "kind": "firewall", "model": "PA-3220", "version": "10.2.4"}],
    }


def heartbeat(chain, uuid):
    """Time moves on, and one of the VENs reports."""
    chain.lab.control.advance(300)
    chain.lab.control.mutate("set_online", workload="/orgs/1/workloads/" + uuid, online=True)


def env_of(chain):
    return {tag.rpartition(".")[2] for tag in chain.owned()[ADDRESS]}


def rows(path):
    return [row for row in _artifact.ArtifactReader(path, _artifact.TAG_MAP).rows() if "address" in row]


def test_two_clones_that_are_online_never_flip(chains):
    """Whoever of them was heard of last: the younger one keeps the address, and no run after the first writes anything."""
    chain = chains(clones())
    assert chain.sync()["changed"] and env_of(chain) == {"Production"}
    chain.lab.control.read_only("fw1", True)
    for uuid in (OLD, YOUNG, OLD):
        heartbeat(chain, uuid)
        assert not chain.sync()["changed"]
    chain.lab.control.mutate("add_workload", name="db01", address=ADDRESS, labels={"env": "Test"}, managed=False)  # younger, and loses: it has no agent
    assert not chain.sync()["changed"]
    assert not chain.lab.control.violations() and env_of(chain) == {"Production"}


@pytest.mark.parametrize("young, old, expected", [
    ({}, {}, {"Production"}),
    ({"online": False}, {}, {"Development"}),
    ({"managed": False}, {}, {"Development"}),
    ({"managed": False}, {"online": False}, {"Production"}),
    ({"age": 300}, {"age": 20}, {"Development"}),
])
def test_the_order_of_preference(chains, young, old, expected):
    chain = chains(clones(young, old))
    chain.sync()
    assert env_of(chain) == expected


def test_the_tag_map_names_the_workloads_of_each_address(chains):
    chain = chains(clones(old={"name": "db01 \x1b[31m"}))
    one, other = rows(chain.tag_map())
    assert (one["address"], one["names"], other["address"], other["names"]) == (ADDRESS, ["db01"], OTHER, ["other"])
    both = rows(chain.tag_map(render={"duplicates": "union"}))[0]
    assert (both["workloads"], both["names"]) == (["/orgs/1/workloads/" + YOUNG, "/orgs/1/workloads/" + OLD], ["db01", "db01 \x1b[31m"])
