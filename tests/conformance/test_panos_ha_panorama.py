# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: system information, HA pairs, Panorama and the calls that go through it (PAN-OS facts 1.7, 3.5 to 3.8, 5)."""

from __future__ import annotations

import time

import pytest

from tests.conformance.panos_client import Client, firewall, fleet, positions

STATE = "<show><high-availability><state/></high-availability></show>"
KEY = "cfg.general.max-registered-ip-address"
RUNNING = [("active", "passive"), ("active-primary", "active-secondary")]


def pair(state: str = "active", mode: str = "active-passive", **switches) -> list[Client]:
    """Two firewalls; `state` is that of the first."""
    return fleet({"name": "fw1", "ha": {"mode": mode, "state": state, "peer": "fw2"}, "switches": switches}, {"name": "fw2", "switches": switches})


def test_system_info() -> None:
    client = firewall(model="PA-5410", version="11.1.4-h7", serial="016201000001", hostname="edge-1", vsys=["vsys1", "vsys2"], address="192.0.2.99")
    client.app.device.running.stop()
    client.app.advance(90_061)
    root = client.op("<show><system><info></info></system></show>").root.find("result/system")
    found = {leaf.tag: leaf.text for leaf in root}
    expected = {
        "hostname": "edge-1", "model": "PA-5410", "serial": "016201000001", "sw-version": "11.1.4-h7", "family": "5400", "multi-vsys": "on",
        "operational-mode": "normal", "ip-address": "192.0.2.99", "uptime": "1 days, 1:01:01",
    }
    assert {name: found[name] for name in expected} == expected
    assert found["time"] == "Mon Nov 23 18:01:01 2026\n"
    assert "system-mode" not in found
    assert firewall(model="PA-VM").op("<show><system><info/></system></show>").find("system/family") == "vm"


def test_system_info_of_a_panorama() -> None:
    client = fleet({"name": "pano", "kind": "panorama"})[0]
    answer = client.op("<show><system><info/></system></show>")
    assert [answer.find(f"system/{name}") for name in ("model", "system-mode", "family", "multi-vsys")] == ["Panorama", "panorama", "pc", "off"]
    assert client.call(type="version").find("model") == "Panorama"


@positions("capacity_key")
def test_system_state(value: bool) -> None:
    client = firewall(switches={"capacity_key": value}, capacity={"addresses": 80_000})
    text = client.op("<show><system><state><filter>cfg.general.*</filter></state></system></show>").root.findtext("result")
    lines = dict(line.split(": ") for line in text.strip().splitlines())
    assert lines.get(KEY) == ("0x13880" if value else None)
    assert all(name.startswith("cfg.general.") for name in lines) and len(lines) > 3


def test_small_commands() -> None:
    client = firewall()
    assert client.op("<show><clock/></show>").root.findtext("result").startswith("Sun Nov 22 17:0")
    assert client.op("<show><jobs><all/></jobs></show>").status == "success"
    assert client.op("<show><jobs><id>7</id></jobs></show>").message == "job 7 not found"
    assert client.op("<set><system><setting><target-vsys>none</target-vsys></setting></system></set>").status == "success"
    assert client.op("<set><system><setting><target-vsys>vsys9</target-vsys></setting></system></set>").status == "error"


def test_without_ha() -> None:
    client = firewall()
    answer = client.op(STATE)
    assert (answer.find("enabled"), answer.find("group"), answer.find("local-info/encrypt-imported")) == ("no", None, "no")
    with pytest.raises(LookupError, match="not in an HA pair"):
        client.app.mutate("failover")


@pytest.mark.parametrize("command", ["state", "all"])
@positions("ha_answer")
def test_an_answer_without_content(value: str, command: str) -> None:
    first, second, panorama = fleet(
        {"name": "fw1", "serial": "1", "ha": {"peer": "fw2"}, "switches": {"ha_answer": value}}, {"name": "fw2"}, {"name": "pano", "kind": "panorama"})
    asked = f"<show><high-availability><{command}/></high-availability></show>"
    for answer in (first.op(asked), panorama.op(asked, target="1")):
        assert (answer.http, answer.status, answer.code) == (200, "success", None)
        if value == "empty":
            result = answer.root.find("result")
            assert len(result) == 0 and not (result.text or "").strip()
        else:
            assert answer.find("group/local-info/state") == "active"
    assert second.op(asked).find("group/local-info/state") == "passive"  # a matter of one device


@pytest.mark.parametrize("state, peer", RUNNING)
def test_a_pair_and_its_failover(state: str, peer: str) -> None:
    mode = "active-active" if "primary" in state else "active-passive"
    first, second = pair(state, mode)
    answer = first.op(STATE)
    assert answer.find("group/mode") == ("Active-Active" if "primary" in state else "Active-Passive")
    assert (answer.find("group/local-info/state"), answer.find("group/peer-info/state")) == (state, peer)
    assert second.op(STATE).find("group/local-info/state") == peer
    assert answer.find("group/running-sync") == "synchronized"
    assert first.app.mutate("failover") == {"fw1": peer, "fw2": state}
    assert second.app.state()["ha"] == {"enabled": True, "mode": mode, "state": state, "peer": "fw1"}
    assert first.op(STATE).find("group/local-info/state") == peer


@pytest.mark.parametrize("kind, place, length", [("firewall", "group/", "/24"), ("panorama", "", "")])
@positions("ha_serials")
def test_the_members_of_a_pair_know_each_other(value: str, kind: str, place: str, length: str) -> None:
    switches = {"ha_serials": value}
    members = fleet(
        {"name": "one", "kind": kind, "serial": "0011", "address": "192.0.2.31", "ha": {"peer": "two"}, "switches": switches},
        {"name": "two", "kind": kind, "serial": "0022", "address": "192.0.2.32", "switches": switches})
    answers = [client.op(STATE) for client in members]
    for own, other in (answers, answers[::-1]):
        assert own.find(f"{place}peer-info/state") == other.find(f"{place}local-info/state")
        address = other.find(f"{place}local-info/mgmt-ip")
        assert address.endswith("/24") and own.find(f"{place}peer-info/mgmt-ip") == address.partition("/")[0] + length
        serials = (own.find(f"{place}peer-info/serial-num"), other.find(f"{place}local-info/serial-num"))
        assert serials[0] == serials[1] and (serials[0] in ("0011", "0022") if value == "shown" else serials[0] is None)
        assert own.find(f"{place}peer-info/conn-ha1/conn-status") == "up"
    assert {answer.find(f"{place}local-info/mgmt-ip") for answer in answers} == {"192.0.2.31/24", "192.0.2.32/24"}


@positions("active_secondary_writes")
def test_writing_to_the_active_secondary_member(value: str) -> None:
    first, second = pair("active-primary", "active-active", active_secondary_writes=value)
    assert second.op(STATE).find("group/local-info/state") == "active-secondary"
    answer = second.register({"10.0.0.1": ["a"]})
    assert (answer.status, answer.code) == (("error", "15") if value == "refused" else ("success", None))
    assert list(second.table()) == list(first.table()) == ([] if value == "refused" else ["10.0.0.1"])
    assert first.register({"10.0.0.2": ["a"]}).status == "success"
    first.app.mutate("failover")  # the roles change, and what a role may do with them
    assert first.register({"10.0.0.3": ["a"]}).code == ("15" if value == "refused" else None)
    assert second.register({"10.0.0.4": ["a"]}).status == "success"


def test_the_clock_runs_and_follows_the_labs() -> None:
    client = firewall()
    moment = [100.0]
    client.app.device.running.clock = lambda: moment[0]
    client.app.device.running.start = 100.0

    def shown() -> tuple[str, str, str]:
        info = client.op("<show><system><info/></system></show>")
        return client.op("<show><clock/></show>").root.findtext("result").strip(), info.find("system/time"), info.find("system/uptime")

    assert shown() == ("Sun Nov 22 17:00:00 UTC 2026", "Sun Nov 22 17:00:00 2026", "0 days, 0:00:00")
    moment[0] += 75  # real time goes by
    assert shown() == ("Sun Nov 22 17:01:15 UTC 2026", "Sun Nov 22 17:01:15 2026", "0 days, 0:01:15")
    client.app.advance(3600)
    assert shown() == ("Sun Nov 22 18:01:15 UTC 2026", "Sun Nov 22 18:01:15 2026", "0 days, 1:01:15")
    client.app.mutate("reboot")
    moment[0] += 5
    assert shown()[2] == "0 days, 0:00:05"
    running = firewall().op
    first = running("<show><clock/></show>").root.findtext("result")
    patience = time.monotonic() + 10
    while running("<show><clock/></show>").root.findtext("result") == first and time.monotonic() < patience:
        time.sleep(0.05)
    assert running("<show><clock/></show>").root.findtext("result") != first


@pytest.mark.parametrize("state", ["initial", "suspended", "non-functional", "tentative"])
def test_states_without_a_role(state: str) -> None:
    first, second = pair()
    first.app.mutate("set_ha_state", state=state)
    assert (first.op(STATE).find("group/local-info/state"), second.op(STATE).find("group/peer-info/state")) == (state, state)
    assert first.register({"10.0.0.1": ["a"]}).code == "15"
    with pytest.raises(LookupError):
        first.app.mutate("failover")
    first.app.mutate("set_ha_state", state="disabled")
    assert first.op(STATE).find("enabled") == "no"
    with pytest.raises(ValueError, match="not an HA state"):
        first.app.mutate("set_ha_state", state="primary-active")


@positions("passive_writes")
def test_writing_to_the_passive_member(value: str) -> None:
    first, second = pair(passive_writes=value)
    answer = second.register({"10.0.0.1": ["a"]})
    assert (answer.http, answer.status, answer.code) == ((200, "error", "15") if value == "refused" else (200, "success", None))
    assert list(second.table()) == ([] if value == "refused" else ["10.0.0.1"])
    assert first.table() == {}
    assert second.op(STATE).status == "success"  # reading is always possible


@positions("ha_sync")
def test_synchronised_tables(value: bool) -> None:
    first, second = pair(ha_sync=value)
    first.register({"10.0.0.1": ["a", "b"], "10.0.0.2": ["a"]})
    first.unregister({"10.0.0.2": ["a"], "10.0.0.1": ["b"]})
    first.app.mutate("register", address="10.0.0.5", tags=["foreign"])
    first.app.mutate("register", address="10.0.0.6", tags=["foreign"])
    first.app.mutate("unregister", address="10.0.0.6")
    assert first.table() == {"10.0.0.1": ["a"], "10.0.0.5": ["foreign"]}
    assert second.table() == (first.table() if value else {})
    first.app.mutate("failover")
    second.register({"10.0.0.9": ["a"]})
    assert ("10.0.0.9" in first.table()) is value
    second.app.mutate("clear_table")
    assert (first.table() == {}) is value


def test_a_message_that_is_not_applied_is_not_synchronised() -> None:
    first, second = pair(mixed_message="all_or_nothing")
    first.app.switches["ha_sync"] = False
    first.register({"10.0.0.1": ["a"]})
    first.app.switches["ha_sync"] = True
    assert first.register({"10.0.0.1": ["a"], "10.0.0.2": ["a"]}).status == "error"
    assert (list(first.table()), second.table()) == (["10.0.0.1"], {})


@pytest.mark.parametrize("mode, state", [("active-active", "active-primary"), ("active-active", "active-secondary")])
def test_both_members_of_an_active_active_pair_take_writes(mode: str, state: str) -> None:
    first, second = pair(state, mode)
    assert first.register({"10.0.0.1": ["a"]}).status == "success"
    assert second.register({"10.0.0.2": ["a"]}).status == "success"
    assert sorted(first.table()) == sorted(second.table()) == ["10.0.0.1", "10.0.0.2"]


def test_a_pair_of_panoramas() -> None:
    first, second = fleet({"name": "p1", "kind": "panorama", "ha": {"peer": "p2"}}, {"name": "p2", "kind": "panorama"})
    answer = first.op(STATE)
    assert (answer.find("local-info/state"), answer.find("peer-info/state"), answer.find("group")) == ("primary-active", "secondary-passive", None)
    first.app.mutate("failover")
    assert (first.op(STATE).find("local-info/state"), second.op(STATE).find("local-info/state")) == ("primary-passive", "secondary-active")
    assert first.register({"10.0.0.1": ["a"]}).code == "15"
    assert second.register({"10.0.0.1": ["a"]}).status == "success"


def managed() -> list[Client]:
    """A Panorama and three firewalls, two of them a pair."""
    return fleet(
        {"name": "pano", "kind": "panorama", "device_groups": {"All": {}, "Branch": {"parent": "All", "devices": ["fw3"]}, "DC": {"devices": ["fw1", "fw2"]}}},
        {"name": "fw1", "serial": "001", "ha": {"peer": "fw2"}}, {"name": "fw2", "serial": "002"},
        {"name": "fw3", "serial": "003", "vsys": ["vsys1", "vsys2"], "model": "PA-5410", "connected": False},
    )


def test_devices_of_a_panorama() -> None:
    pano, *others = managed()
    every = pano.op("<show><devices><all/></devices></show>").root.findall("result/devices/entry")
    found = [(entry.get("name"), entry.findtext("connected"), entry.findtext("ha/state"), entry.findtext("ha/peer/serial")) for entry in every]
    assert found == [("001", "yes", "active", "002"), ("002", "yes", "passive", "001"), ("003", "no", "no", None)]
    assert [entry.findtext("multi-vsys") for entry in every] == ["no", "no", "yes"]
    assert [vsys.get("name") for vsys in every[2].iterfind("vsys/entry")] == ["vsys1", "vsys2"]
    connected = "<show><devices><connected/></devices></show>"
    assert [entry.get("name") for entry in pano.op(connected).root.iterfind("result/devices/entry")] == ["001", "002"]
    others[0].app.mutate("disconnect")
    others[2].app.mutate("connect")
    assert [entry.get("name") for entry in pano.op(connected).root.iterfind("result/devices/entry")] == ["002", "003"]
    with pytest.raises(ValueError, match="is a Panorama"):
        pano.app.mutate("disconnect")


def test_device_groups() -> None:
    pano = managed()[0]
    entries = pano.op("<show><devicegroups/></show>").root.findall("result/devicegroups/entry")
    found = {entry.get("name"): [device.get("name") for device in entry.iterfind("devices/entry")] for entry in entries}
    assert found == {"All": [], "Branch": ["003"], "DC": ["001", "002"]}
    assert entries[0].find("devices") is None
    assert entries[2].find("devices/entry/ha") is None
    one = pano.op("<show><devicegroups><name>DC</name></devicegroups></show>").root.findall("result/devicegroups/entry")
    assert [entry.get("name") for entry in one] == ["DC"]
    answer = pano.op("<show><dg-hierarchy></dg-hierarchy></show>")
    assert answer.code == "19"
    assert [group.get("name") for group in answer.root.findall("result/dg-hierarchy/dg")] == ["All", "DC"]
    assert answer.root.find("result/dg-hierarchy/dg/dg").get("name") == "Branch"


def test_through_the_panorama() -> None:
    pano, first, second, third = managed()
    assert pano.register({"10.0.0.1": ["a"]}, target="001").status == "success"
    assert list(first.table()) == list(pano.table(target="001")) == ["10.0.0.1"]
    assert pano.op("<show><system><info/></system></show>", target="002").find("system/serial") == "002"
    assert pano.register({"10.0.0.1": ["a"]}, target="002").code == "15"
    third.app.mutate("connect")
    pano.register({"10.0.0.7": ["a"]}, target="003", vsys="vsys2")
    assert (list(third.table()), list(third.table(vsys="vsys2"))) == ([], ["10.0.0.7"])
    assert pano.table() == {}
    assert pano.kind["type"] == "op:registered-ip"


@pytest.mark.parametrize("serial", ["003", "999"])
def test_targets_that_are_not_connected(serial: str) -> None:
    pano = managed()[0]
    for answer in (pano.page(target=serial), pano.register({"10.0.0.1": ["a"]}, target=serial)):
        assert (answer.http, answer.status, answer.code) == (200, "error", None)
        assert answer.message == f"op command for client {serial} timed out as client is not available"


@positions("version_with_target")
def test_version_through_the_panorama(value: str) -> None:
    pano = managed()[0]
    pano.app.set_switch("version_with_target", value)
    assert pano.call(type="version", target="001").find("model") == ("Panorama" if value == "panorama" else "PA-3220")


def test_the_panorama_has_one_table_of_its_own() -> None:
    pano, first, *others = managed()
    assert pano.register({"10.0.0.1": ["a"]}, vsys="vsys9").status == "success"
    assert list(pano.table()) == list(pano.table(vsys="vsys2")) == ["10.0.0.1"]
    assert first.table() == {}
    state = pano.app.state()
    assert list(state["vsys"]) == ["panorama"]
    assert state["devices"]["003"] == {"name": "fw3", "connected": False}
    assert first.call(type="version", target="002").find("serial") == "001"  # a firewall does not know target
