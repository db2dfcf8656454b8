# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual systems, Panoramas, HA pairs, and everything that answers as a firewall should not."""

from __future__ import annotations

import pytest

from tests.modules.chain import CLAIM, device, firewall
from tests.modules.registrations import DEV, PROD, hosts, put, rows, sets


# -- targets -------------------------------------------------------------------------------------------------------------

def test_several_virtual_systems_of_one_device(chains):
    others = {"vsys2": [{"ip": "10.1.0.1", "tags": ["two"]}], "vsys3": [{"ip": "10.1.0.1", "tags": [PROD]}]}
    chain = chains(firewall(vsys=["vsys1", "vsys2", "vsys3"], registrations=others))
    result = chain.register(registrations=rows(hosts(2, DEV)))
    assert result.failed and result.kind == "option" and "in vsys" in result.message and not chain.writes()
    predicted = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys1", "vsys2"], check=True)
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys1", "vsys2"])
    assert not result.failed and result["plan"] == predicted["plan"] and [each["vsys"] for each in result["targets"]] == ["vsys1", "vsys2"]
    assert result["plan"]["register"] == 6 and result["after"] == {DEV: 4} and result["changed"]
    assert chain.owned(vsys="vsys1") == chain.owned(vsys="vsys2") == sets(hosts(2, DEV)) and chain.table(vsys="vsys2")["10.1.0.1"] == {DEV, "two"}
    assert chain.table(vsys="vsys3") == {"10.1.0.1": {PROD}}
    chain.lab.control.read_only("fw1")
    assert chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys1", "vsys2"])["changed"] is False
    chain.lab.control.read_only("fw1", False)
    chain.lab.control.mutate("register", device="fw1", vsys="vsys1", address="10.1.0.9", tags=[DEV])
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys1", "vsys2"], max_removals=0)
    assert result.failed and result["state"] == "refused" and [each["state"] for each in result["targets"]] == ["refused", "in_sync"]
    assert "vsys1" in result.message and "vsys2" in result.message


def test_one_virtual_system_that_fails_does_not_stop_the_others(chains):
    chain = chains(firewall(vsys=["vsys1", "vsys2"]))
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys9", "vsys2"])
    assert result.failed and [each["state"] for each in result["targets"]] == ["failed", "changed"]
    assert "vsys9 does not exist" in result.message and "it has vsys1, vsys2" in result.message and "vsys2: registered 2" in result.message, result.message
    assert chain.owned(vsys="vsys2") == sets(hosts(2, DEV)) and result["changed"]


@pytest.mark.parametrize("unknown_vsys", ["code12", "code14", "no_code"])
@pytest.mark.parametrize("vsys, found", [(["vsys1", "vsys2"], "vsys1, vsys2"), (["vsys1", "vsys7"], "vsys1, vsys7"), (["vsys1"], "vsys1")])
def test_a_virtual_system_that_does_not_exist_is_told_with_those_that_do(chains, unknown_vsys, vsys, found):
    groups = {"far": {"filter": "'x'", "vsys": vsys[-1]}}
    chain = chains(firewall(vsys=vsys, groups=groups), switches={"panos.unknown_vsys": unknown_vsys})
    for name, app in chain.lab.devices.items():
        app.device.visible_groups = lambda vsys, device=app.device: device.groups  # asked without vsys, a device tells all
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys9"])
    assert result.failed and "vsys9 does not exist" in result.message and "it has %s. Name one of them in vsys." % found in result.message, result.message
    assert not chain.writes()


def test_where_virtual_systems_cannot_be_learnt_the_message_says_where_to_look(chains):
    chain = chains(firewall(vsys=["vsys1", "vsys2"]))
    original = chain.lab.devices["fw1"].execute

    def execute(call, kind):
        if call.get("vsys") == "vsys0":
            from tests.lab.http import Response
            return Response.text("no", 500), 0.0
        return original(call, kind)

    chain.lab.devices["fw1"].execute = execute
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys9"], retries=0, caller="dag_sync")
    assert result.failed and "vsys9" in result.message and "Device > Virtual Systems" in result.message and "panos_vsys" in result.message, result.message


def test_a_default_vsys_that_is_not_vsys1_is_named(chains):
    chain = chains(firewall(vsys=["vsys2"], multi_vsys=True))
    assert not chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys2"]).failed
    assert chain.owned(vsys="vsys2") == sets(hosts(2, DEV))


PANORAMA = {"seed": 7, "pces": [], "devices": [
    {"name": "fw1", "kind": "firewall", "model": "PA-3220", "version": "10.2.4"},
    {"name": "fw2", "kind": "firewall", "model": "PA-3220", "version": "10.2.4"},
    {"name": "panorama1", "kind": "panorama", "devices": ["fw1", "fw2"]}]}


def test_a_panorama_is_left_alone_unless_asked(chains):
    chain = chains(PANORAMA)
    result = chain.register("panorama1", registrations=rows(hosts(2, DEV)))
    assert not result.failed and result["state"] == "panorama" and result["changed"] is False and "own_table" in result["message"]
    assert not chain.writes("panorama1")
    result = chain.register("panorama1", registrations=rows(hosts(2, DEV)), own_table=True)
    assert not result.failed and chain.owned("panorama1", "panorama") == sets(hosts(2, DEV)) and not chain.owned("fw1")
    assert chain.register("panorama1", registrations=rows(hosts(2, DEV)), own_table=True)["changed"] is False


def test_a_firewall_behind_a_panorama(chains):
    chain = chains(PANORAMA)
    serial = device(chain.lab, "fw2")["serial"]
    assert not chain.register("panorama1", registrations=rows(hosts(2, DEV)), serial_number=serial).failed
    assert chain.owned("fw2") == sets(hosts(2, DEV)) and not chain.owned("fw1") and not chain.owned("panorama1", "panorama")
    direct = chain.register("fw2", registrations=rows(hosts(2, DEV)))
    assert direct["changed"] is False and direct["serial"] == serial
    chain.lab.control.mutate("disconnect", device="fw2")
    result = chain.register("panorama1", registrations=rows(hosts(1, DEV)), serial_number=serial, retries=0)
    assert result.failed and serial in result.message and chain.owned("fw2") == sets(hosts(2, DEV))


PAIR = {"seed": 7, "pces": [], "devices": [
    {"name": "fw1", "kind": "firewall", "model": "PA-3220", "ha": {"mode": "active-passive", "state": "active", "peer": "fw2"}},
    {"name": "fw2", "kind": "firewall", "model": "PA-3220"}]}


@pytest.mark.parametrize("state", ["passive", "initial", "suspended", "non-functional", "tentative", "active-secondary"])
def test_a_member_that_is_not_active_is_not_written(chains, state):
    chain = chains(PAIR, switches={"panos.passive_writes": "accepted", "panos.ha_sync": False})
    chain.lab.control.mutate("set_ha_state", device="fw2", state=state)
    result = chain.register("fw2", registrations=rows(hosts(2, DEV)))
    assert not result.failed and result["state"] == "passive" and result["changed"] is False and result["ha"]["state"] == state
    assert not chain.writes("fw2") and not chain.owned("fw2")
    assert not chain.register("fw1", registrations=rows(hosts(2, DEV))).failed and chain.owned("fw1")


@pytest.mark.parametrize("name", ["fw1", "fw2", "alone"])
def test_a_state_that_cannot_be_read_is_a_failure_and_not_passive(chains, name):
    chain = chains({**PAIR, "devices": PAIR["devices"] + [{"name": "alone", "kind": "firewall"}]})
    chain.lab.control.switch(name, "ha_answer", "empty")
    result = chain.register(name, registrations=rows(hosts(2, DEV)))
    assert result.failed and result.kind == "device" and result["state"] == "failed" and result["changed"] is False and result["ha"]["state"] == "unknown"
    assert "does not say in which state of high availability" in result.message and "Nothing was changed" in result.message
    assert not chain.writes(name) and not chain.owned(name)
    assert [entry["type"] for entry in chain.lab.control.log(name)].count("op:ha") == 2
    chain.lab.control.switch(name, "ha_answer", "full")
    assert not chain.register(name, registrations=rows(hosts(2, DEV))).failed


def test_a_state_that_cannot_be_read_any_more_after_writing_is_a_failure(chains):
    chain = chains(PAIR)
    body = '<response status="success"><result/></response>'
    chain.lab.control.arm("fw1", "status", match={"type": "op:ha"}, status=200, times=1000, nth=2, body=body)
    result = chain.register("fw1", registrations=rows(hosts(2, DEV)))
    assert result.failed and "does not say any more" in result.message and result["changed"] and result["state"] == "failed"


def test_an_active_secondary_member_says_that_its_groups_are_not_filled(chains):
    chain = chains({**PAIR, "devices": [{**PAIR["devices"][0], "ha": {"mode": "active-active", "state": "active-primary", "peer": "fw2"}}, PAIR["devices"][1]]})
    result = chain.register("fw2", registrations=rows(hosts(2, DEV)))
    assert not result.failed and result["state"] == "passive" and "forwards traffic too" in result["message"] and "active-primary peer" in result["message"]
    assert any("forwards traffic too" in warning for warning in result.warnings) and not chain.writes("fw2")


def test_a_failover(chains):
    chain = chains(PAIR, switches={"panos.ha_sync": False})
    chain.register("fw1", registrations=rows(hosts(2, DEV)))
    chain.lab.control.mutate("failover", device="fw1")
    assert chain.register("fw1", registrations=rows(hosts(2, DEV)))["state"] == "passive"
    assert chain.register("fw2", registrations=rows(hosts(2, DEV)))["changed"] and chain.owned("fw2") == sets(hosts(2, DEV))


def test_a_failover_in_the_middle_of_a_run_is_an_error_with_the_way_out(chains):
    chain = chains(PAIR)
    body = '<response status="error" code="15"><msg><line>Operation denied: not allowed on a device that is not active</line></msg></response>'
    chain.lab.control.arm("fw1", "status", match={"type": "user-id"}, status=200, times=1000, nth=2, body=body)
    result = chain.register("fw1", registrations=rows(hosts(2, DEV)))
    assert result.failed and "not active" in result.message and result["changed"] and result["state"] == "failed"


# -- errors --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("changes, kind, words", [
    ({"ip_address": "fw.invalid"}, "unreachable", ["fw.invalid", "does not resolve", "ip_address"]),
    ({"port": 1}, "unreachable", ["refused", "port"]),
    ({"ca_path": None}, "certificate", ["not trusted", "ca_path", "validate_certs"]),
    ({"ca_path": "/missing/ca.pem"}, "option", ["ca_path"]),
    ({"api_key": "wrong"}, "authentication", ["api_key", "expired", "master key", "locked"]),
    ({"api_key": None, "username": "automation", "password": "wrong"}, "authentication", ["password"]),
    ({"api_key": None}, "option", ["PANOS_API_KEY", "PANOS_USERNAME"]),
    ({"ip_address": ""}, "option", ["PANOS_HOSTNAME"]),
    ({"src": "/missing/map.jsonl"}, "artifact", ["/missing/map.jsonl"]),
], ids=str)
def test_errors_name_the_way_out(fw, changes, kind, words):
    before = fw.table()
    if "src" not in changes:
        changes = {"registrations": rows(hosts(2, DEV)), **changes}
    result = fw.register(retries=0, **changes)
    assert result.failed and result.kind == kind, result
    assert all(word in result.message for word in words), result.message
    assert fw.table() == before


@pytest.mark.parametrize("mode", ["untrusted", "wrong_host", "expired"])
def test_certificates_that_must_not_be_trusted(chains, mode):
    chain = chains(firewall(), certificates={"fw1": mode})
    result = chain.register(registrations=rows(hosts(2, DEV)))
    assert result.failed and result.kind == "certificate" and "ca_path" in result.message and not chain.lab.control.log("fw1")
    assert not chain.register(registrations=rows(hosts(2, DEV)), validate_certs=False).failed


def test_a_login_page_is_not_a_firewall(fw):
    fw.lab.control.arm("fw1", "html", nth=0)
    result = fw.register(registrations=rows(hosts(2, DEV)))
    assert result.failed and result.kind == "not_an_api" and "HTML" in result.message and "ip_address" in result.message


def test_a_pce_is_not_a_firewall(chains):
    chain = chains("ordering", firewalls=1)
    result = chain.register(registrations=rows(hosts(2, DEV)), port=chain.lab.description()["pces"][0]["port"], retries=0)
    assert result.failed and result.kind in ("not_an_api", "http_status", "authentication") and "ip_address" in result.message, result


def test_a_role_without_the_permission_is_named(chains):
    chain = chains(firewall(users=[{"name": "reader", "types": ["op"]}]))
    result = chain.register(registrations=rows(hosts(2, DEV)))
    assert result.failed and result.kind == "authentication" and '"User-ID Agent"' in result.message and 60 < chain.clock.now < 180


def test_what_a_device_refuses_from_the_first_message_on_changed_nothing(fw):
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=0, status=401)
    result = fw.register(registrations=rows(hosts(3, DEV)))
    assert result.failed and result["changed"] is False and "Nothing was changed." in result.message and "had been written" not in result.message
    fw.lab.control.disarm()
    put(fw, {CLAIM: ["tag %02d" % number for number in range(32)]})  # no room for the claim
    result = fw.register(registrations=rows(hosts(3, DEV)))
    assert result.failed and result["changed"] is False and "claim=false" in result.message and not fw.owned()
    assert not fw.register(registrations=rows(hosts(3, DEV)), claim=False).failed and fw.owned() == sets(hosts(3, DEV))


def test_basic_authentication(fw):
    found = device(fw.lab)
    result = fw.register(registrations=rows(hosts(2, DEV)), api_key=None, username=found["username"], password=found["password"])
    assert not result.failed and {entry["key_in"] for entry in fw.lab.control.log("fw1")} == {"basic"}
