# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is uncertain about a PCE and about PAN-OS is a switch of the lab, and the chain is right under every setting of every switch.

Check, run, run again on a device that refuses writes, verify by looking at the device; filled first, then changed, then in sync. One switch at a time and
in twenty seeded combinations. Tables hold more than 1,000 addresses, so that pages matter.
"""

from __future__ import annotations

import random

import pytest

from tests.lab.lab import Lab
from tests.lab.panos.switches import SWITCHES as PANOS
from tests.lab.pce.switches import SWITCHES as PCE
from tests.modules.chain import FOREIGN, Chain, desired, device, owned, pairs

SIZE = 60
NUMBERS = {"rate_limit": (500,), "job_polls": (0, 7), "event_delay": (60,)}  # of switches that take any; a rate limit that is reached has its own test
REFUSED = {("pce", "key_role", "scoped"): "incomplete"}
NOT_WELL = {("panos", "ha_answer", "empty")}  # no reading of a device that is well: what a run makes of it is tested with high availability
CROWD = {"172.20.%d.%d" % divmod(number, 250): ["crowd"] for number in range(1, 961)}


def settings(server, switches):
    for name, switch in switches.items():
        for value in NUMBERS[name] if name in NUMBERS else switch.values:
            if value != switch.default and (server, name, value) not in NOT_WELL:
                yield server, name, value


def scenario():
    """One organisation, a firewall whose table holds much of others, HA and a Panorama beside."""
    others = [{"ip": address, "tags": tags} for address, tags in {**CROWD, **FOREIGN, "10.7.0.9/24": ["with host bits"]}.items()]
    return {"seed": 3, "pce": {"scenario": "organisation", "workloads": SIZE}, "devices": [
        {"name": "fw1", "kind": "firewall", "model": "PA-3220", "version": "10.2.4", "registrations": {"vsys1": others},
         "ha": {"mode": "active-passive", "state": "active", "peer": "fw2"}},
        {"name": "fw2", "kind": "firewall", "model": "PA-3220", "version": "10.2.4"},
        {"name": "panorama1", "kind": "panorama", "devices": ["fw1", "fw2"]}]}


def start(folder, monkeypatch, switches):
    lab = Lab(scenario(), switches=switches).start()
    for app in lab.devices.values():
        app.sleep = lambda seconds: None  # what the switch `latency` waits
    chain = Chain(lab, folder, monkeypatch)
    chain.clock.beside = lab.control.advance
    managed = next(row for row in lab.control.state()["pce"]["workloads"] if row["addresses"] and row["labels"])
    lab.control.mutate("register", device="fw1", address=[each for each in managed["addresses"] if "." in each][0], tags=["quarantine"])
    return chain


def move_on(lab):
    """What happens in the PCE between two syncs: of several workloads labels, addresses and existence change."""
    rows = sorted((row for row in lab.control.state()["pce"]["workloads"] if row["labels"].get("env")), key=lambda row: row["href"])
    lab.control.mutate("relabel", workload=rows[0]["href"], labels={"env": "Moved On"})
    lab.control.mutate("relabel", workload=rows[1]["href"], labels={"Quarantine": "Yes"})
    lab.control.mutate("readdress", workload=rows[2]["href"], address="10.250.0.1")
    lab.control.mutate("remove_workload", workload=rows[3]["href"])
    lab.control.mutate("add_workload", name="new-one", address="10.250.0.2", labels={"env": "Production", "role": "Brand New"})


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    """The desired registrations under the defaults: what has to be on the firewall whatever a switch says."""
    found = []
    with pytest.MonkeyPatch.context() as monkeypatch:
        chain = start(tmp_path_factory.mktemp("truth"), monkeypatch, {})
        found.append(desired(chain.tag_map()))
        move_on(chain.lab)
        found.append(desired(chain.tag_map()))
        chain.lab.stop()
    assert len(found[0]) > 60 and found[0] != found[1] and pairs(found[0]) - pairs(found[1])
    return found


def prove(chain, truth, told, through=None, **options):
    """Fill, change, nothing to do; each checked first, and verified on the device."""
    control = chain.lab.control
    firewall = "fw1"
    if through:
        options["serial_number"] = device(chain.lab)["serial"]
        firewall = through
    others = chain.foreign()
    for number, expected in enumerate(truth):
        if number:
            move_on(chain.lab)
        before = chain.table()
        control.read_only()
        predicted = chain.sync(firewall, check=True, **options)
        assert not control.violations() and chain.table() == before, told
        control.read_only(on=False)
        result = chain.sync(firewall, **options)
        assert not predicted.failed and not result.failed, (told, predicted, result)
        assert result["plan"] == predicted["plan"] and result["changed"] is predicted["changed"] is True and result["verified"], (told, predicted, result)
        assert chain.owned() == expected, told
        assert chain.foreign() == others, told
        control.read_only()
        again = chain.sync(firewall, **options)
        control.read_only(on=False)
        assert not again.failed and again["changed"] is False and again["state"] == "in_sync" and not control.violations(), (told, again)
        assert not [warning for warning in result.warnings if "counts" in warning], (told, result.warnings)


@pytest.mark.parametrize("server, name, value", [*settings("panos", PANOS), *settings("pce", PCE)], ids=str)
def test_one_switch_at_a_time(tmp_path, monkeypatch, truth, server, name, value):
    chain = start(tmp_path, monkeypatch, {"%s.%s" % (server, name): value})
    try:
        refused = REFUSED.get((server, name, value))
        if refused is None:
            prove(chain, truth, (server, name, value), "panorama1" if name == "version_with_target" else None)
            return
        before = chain.table()
        result = chain.sync()
        assert result.failed and result.kind == refused and len(result.message) > 60 and chain.table() == before
    finally:
        chain.lab.stop()


def test_the_numbers_cover_every_switch_that_takes_any():
    assert {name for switches in (PANOS, PCE) for name, switch in switches.items() if switch.values in ((int,), (float,))} == set(NUMBERS)


def combination(seed):
    choose = random.Random("combination %d" % seed)
    chosen = {}
    for server, switches in (("panos", PANOS), ("pce", PCE)):
        for name, switch in sorted(switches.items()):
            values = [switch.default, *NUMBERS[name]] if name in NUMBERS else switch.values
            value = choose.choice([each for each in values if (server, name, each) not in NOT_WELL.union(REFUSED)])
            chosen["%s.%s" % (server, name)] = value
    return chosen


@pytest.mark.parametrize("seed", range(20))
def test_twenty_combinations(tmp_path, monkeypatch, truth, seed):
    chosen = combination(seed)
    chain = start(tmp_path, monkeypatch, chosen)
    try:
        prove(chain, truth, chosen, "panorama1" if seed % 3 == 2 else None)
    finally:
        chain.lab.stop()


@pytest.mark.parametrize("seed", range(20))
def test_twenty_combinations_where_answers_get_lost(tmp_path, monkeypatch, truth, seed):
    """A message that took effect and whose answer was lost is sent again: what it says is there already, in whatever words."""
    chain = start(tmp_path, monkeypatch, combination(seed))
    try:
        for expected in truth:
            for kind in ("user-id", "op:registered-ip"):
                chain.lab.control.arm("fw1", "drop_after", match={"type": kind}, nth=2)
                chain.lab.control.arm("fw1", "drop_after", match={"type": kind}, nth=4)
            result = chain.sync()
            assert not result.failed and chain.owned() == expected, (combination(seed), result)
            chain.lab.control.disarm()
            move_on(chain.lab)
    finally:
        chain.lab.stop()


RENEWAL = ("duplicate_register", "duplicate_refreshes_timer", "timed_to_permanent", "persistent_changes", "mixed_message", "unregister_absent", "error_order")


@pytest.mark.parametrize("seed", range(12))
def test_timeouts_under_what_is_not_known_about_them(tmp_path, monkeypatch, seed):
    """renewal=replace renews under every reading of what registering a pair again does; going back to none too."""
    choose = random.Random("renewal %d" % seed)
    chain = start(tmp_path, monkeypatch, {"panos.%s" % name: choose.choice(PANOS[name].values) for name in RENEWAL})
    chain.clock.beside = lambda seconds: None
    try:
        path = chain.tag_map()
        others = chain.foreign()
        for dummy in range(3):
            result = chain.register(src=path, timeout=3600, renewal="replace", max_age=10**6)
            assert not result.failed, result
            assert chain.owned() == desired(path)
            chain.lab.control.advance(3000)
        assert chain.owned() == desired(path)
        assert not chain.register(src=path, max_age=10**6).failed
        chain.lab.control.advance(10**6)
        assert chain.owned() == desired(path) and chain.foreign() == others
        chain.lab.control.read_only()
        assert chain.register(src=path, max_age=10**6)["changed"] is False and not chain.lab.control.violations()
    finally:
        chain.lab.stop()


@pytest.mark.parametrize("window", ["sliding", "fixed"])
@pytest.mark.parametrize("after", ["sent", "absent"])
def test_a_rate_limit_that_is_reached(tmp_path, monkeypatch, truth, window, after):
    """With Retry-After the run waits as long as it says; without, it either gets through or says why not. Never half a sync."""
    chain = start(tmp_path, monkeypatch, {"pce.rate_limit": 8, "pce.rate_limit_window": window, "pce.rate_limit_retry_after": after})
    try:
        result = chain.sync()
        if after == "sent":
            assert not result.failed, result
        if result.failed:
            assert result.kind == "http_status" and "429" in result.message and not chain.owned() and not chain.writes()
        else:
            assert chain.owned() == truth[0]
        assert chain.clock.now < 600
    finally:
        chain.lab.stop()


def test_tags_of_networks_that_hosts_inherit(tmp_path, monkeypatch, truth):
    """A network of somebody else around managed addresses: its tags show up on the hosts and are still not touched."""
    chain = start(tmp_path, monkeypatch, {"panos.inherited_tags_listed": True})
    try:
        for network in ("10.0.0.0/8", "10.0.0.0-10.255.255.255"):
            chain.lab.control.mutate("register", device="fw1", address=network, tags=["internal", "everything"])
        prove(chain, truth, "inherited")
    finally:
        chain.lab.stop()


@pytest.mark.parametrize("version", ["8.1.0", "9.0.0", "9.1.12-h3", "10.0.0", "10.1.3", "11.1.4", "12.1.2"])
def test_versions_of_pan_os(tmp_path, monkeypatch, truth, version):
    described = scenario()
    networks = version >= "10" and not version.startswith(("8", "9"))
    described["devices"] = [{**each, "version": version} for each in described["devices"][:2]]
    if not networks:
        table = described["devices"][0]["registrations"]
        table["vsys1"] = [row for row in table["vsys1"] if not set("/-") & set(row["ip"])]
    with Lab(described) as lab:
        chain = Chain(lab, tmp_path, monkeypatch)
        # Before 9.0 the key travels in the body, because the header is not known there.
        prove(chain, truth, version)
        assert owned(chain.table()) == truth[1]
