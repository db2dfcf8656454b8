# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random walks: a life of syncs with changing options, timers, lost claims, faults, foreign writers and time that passes.

After each run the device itself is looked at, and what it says about time: a pair must never vanish that nobody wanted to vanish.
"""

from __future__ import annotations

import random

import pytest

from tests.lab.panos.switches import SWITCHES
from tests.modules.chain import CLAIM, FOREIGN, desired, device, pairs

STEPS = 12
TIMER_SWITCHES = ("duplicate_refreshes_timer", "timed_to_permanent", "persistent_changes", "duplicate_register", "entry_attributes", "mixed_message",
                  "page_order")
FAULTS = (("drop_after", {"type": "user-id"}), ("drop_before", {"type": "user-id"}), ("status", {"type": "user-id"}),
          ("truncate", {"type": "op:registered-ip"}))


def scenario():
    others = [{"ip": address, "tags": tags} for address, tags in FOREIGN.items()]
    return {"seed": 5, "pce": {"scenario": "organisation", "workloads": 25}, "devices": [
        {"name": "fw1", "kind": "firewall", "model": "PA-3220", "version": "10.2.4", "registrations": {"vsys1": others}}]}


class Walk:
    """One firewall, one PCE, and somebody who changes their mind."""

    def __init__(self, chain, seed, switches):
        self.chain = chain
        self.switches = switches
        # whether a device that is told a known pair again begins its time anew: some keep the first end, or take a whole message for a duplicate
        self.refreshes = switches["panos.duplicate_refreshes_timer"] and (
            switches["panos.duplicate_register"] == "success" or switches["panos.mixed_message"] == "applied")
        self.control = chain.lab.control
        self.choose = random.Random("walk %d" % seed)
        self.told = []
        self.wanted = {}

    # -- what the device knows ----------------------------------------------------------------------------------------

    def timers(self):
        """{(address, tag): seconds left} of pairs that will vanish by themselves."""
        details = self.control.state("fw1")["vsys"]["vsys1"]["details"]
        return {(address, tag): left for address, row in details.items() for tag, left in (row.get("timeouts") or {}).items()}

    def claims(self):
        return {tag for tag in self.chain.table().get(CLAIM, ()) if tag.startswith("illumio.")}

    # -- what happens between runs ------------------------------------------------------------------------------------

    def relabel(self):
        rows = [row for row in self.control.state("pce")["workloads"] if row["labels"].get("env")]
        self.control.mutate("relabel", workload=self.choose.choice(rows)["href"], labels={"env": "Env %d" % self.choose.randrange(4)})

    def remove(self):
        rows = self.control.state("pce")["workloads"]
        if len(rows) > 12:
            self.control.mutate("remove_workload", workload=self.choose.choice(rows)["href"])

    def add(self):
        number = self.choose.randrange(250)
        name = "new-%d-%d" % (number, len(self.told))
        self.control.mutate("add_workload", name=name, address="10.240.%d.%d" % (len(self.told), number + 1), labels={"env": "Env 1"})

    def foreign_writer(self):
        address = self.choose.choice(sorted(self.chain.owned()) or ["10.9.9.9"])
        self.control.mutate("register", device="fw1", address=address, tags=["watch-%d" % self.choose.randrange(3)])

    def lose_claim(self):
        for tag in self.claims():
            self.control.mutate("unregister", device="fw1", address=CLAIM, tags=[tag])

    def time(self):
        self.control.advance(self.choose.choice((30, 200, 700)))

    def fault(self):
        action, match = self.choose.choice(FAULTS)
        self.control.arm("fw1", action, match=match, nth=self.choose.randrange(1, 4), **({"status": 503, "times": 9} if action == "status" else {}))

    # -- runs ---------------------------------------------------------------------------------------------------------

    def options(self):
        choose = self.choose.choice
        options = {"timeout": choose((0, 0, 600, 3600)), "claim": choose((True, True, True, False)), "prune": choose((True, True, False)),
                   "on_guard": choose(("refuse", "additions")), "max_removals_percent": 100, "allow_emptied_tags": ["*"],
                   "renewal": choose(("register", "replace")), "order": choose(("make_before_break", "break_before_make"))}
        if self.choose.random() < 0.4:
            options["max_removals"] = self.choose.randrange(2)
        if self.choose.random() < 0.4:
            options["adopt"] = ["true"]
        if self.choose.random() < 0.3:
            options["accept_scope_change"] = True
        if self.choose.random() < 0.2:
            options["render"] = {"label_keys": [choose(("env", "app"))]}
        return options

    def step(self):
        for dummy in range(self.choose.randrange(4)):
            self.choose.choice((self.relabel, self.relabel, self.remove, self.add, self.foreign_writer, self.lose_claim, self.time, self.time, self.fault))()
        options = self.options()
        before, timed = self.chain.table(), self.timers()
        foreign, claims = self.chain.foreign(), self.claims()
        result = self.chain.sync(**options)
        self.told.append((options, result.message, result.kind))
        self.control.disarm()
        self.judge(options, result, before, timed, foreign, claims)

    def judge(self, options, result, before, timed, foreign, claims):
        after, timers = self.chain.table(), self.timers()
        owned = pairs(self.chain.owned())
        assert self.chain.foreign() == foreign, self.told
        assert not {pair for pair in timers if pair in foreign and pair not in timed}, self.told
        if result.kind is None:
            self.wanted = self.chain.owned()
            if not options["timeout"]:
                kept_timed = {pair for pair in timers if pair in owned} - {pair for pair in timed if options["prune"] is False}
                assert not kept_timed, ("without a timeout nothing that is wanted vanishes by itself", self.told)
            elif result["state"] in ("changed", "in_sync") and options["prune"] and self.refreshes:
                # what is wanted has its whole time before it
                wrong = {pair: timers.get(pair) for pair in owned if pair[0] != CLAIM and timers.get(pair) != options["timeout"]}
                assert not wrong, (wrong, self.switches, self.told)
        elif result.kind == "refused":
            fresh = {pair for pair in timers if pair in pairs(before) and pair not in timed and pair[0] != CLAIM}
            said = [claim for claim in claims if claim.rpartition(":")[2].rstrip("~").isdigit() and claim.count(":") >= 3]
            assert not fresh or said, ("a refused run starts no timer, unless our claim says that there are timers", fresh, self.told)
            if options["on_guard"] == "refuse":
                assert pairs(after) == pairs(before), self.told
            else:
                assert pairs(before) <= pairs(after) | {(CLAIM, tag) for tag in claims}, self.told
        if "othing was changed" in result.message:
            assert after == before, self.told


@pytest.mark.parametrize("seed", range(30))
def test_a_life_of_syncs(chains, seed):
    choose = random.Random("switches %d" % seed)
    switches = {"panos.%s" % name: choose.choice(SWITCHES[name].values) for name in TIMER_SWITCHES}
    chain = chains(scenario(), switches=switches)
    walk = Walk(chain, seed, switches)
    for dummy in range(STEPS):
        walk.step()
    # in the end a run without restrictions makes it right, and the next one has nothing to do
    walk.control.disarm()
    final = {"max_removals_percent": 100, "allow_emptied_tags": ["*"], "adopt": ["true"], "accept_scope_change": True}
    path = chain.tag_map()
    result = chain.register(src=path, **final)
    assert not result.failed and chain.owned() == desired(path), (walk.told, result)
    assert not {pair for pair in walk.timers() if pair[1].startswith("illumio.")}, (walk.told, result)
    walk.control.read_only(None, True)
    again = chain.register(src=path, **final)
    assert not again.failed and again["changed"] is False and not walk.control.violations(), (walk.told, again)
    walk.control.advance(10 * 86400)
    assert chain.owned() == desired(path), walk.told


SECRET_FAULTS = ("plain", "base64", "percent", "json", "xml")


@pytest.mark.parametrize("encoding", SECRET_FAULTS)
@pytest.mark.parametrize("server", ["pce", "fw1"])
def test_a_server_that_repeats_the_request_tells_no_secret(chains, server, encoding):
    chain = chains(scenario())
    description, firewall = chain.lab.description(), device(chain.lab)
    secrets = [firewall["api_key"] if server == "fw1" else description["pces"][0]["api_key_secret"]]
    choose = random.Random("%s %s" % (server, encoding))
    for dummy in range(6):
        offset = choose.randrange(40)
        chain.lab.control.arm(server, "echo", nth=0, status=choose.choice((400, 403, 404, 500)), encoding=encoding, cut=[offset, choose.randrange(60, 4000)])
        result = chain.sync()
        chain.lab.control.disarm()
        assert result.failed
        shown = repr((result.message, result.values, result.error.details, result.warnings))
        for secret in secrets:
            pieces = [secret[start:start + 12] for start in range(0, len(secret) - 11)]
            assert not [piece for piece in pieces if piece in shown], shown
