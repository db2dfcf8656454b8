# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""panos_dag_register against the lab: states, options, and as Ansible runs it. What counts is what the device holds afterwards."""

from __future__ import annotations

import json

import pytest

from tests.modules.chain import CLAIM, FOREIGN, device, owned, pairs, panos_options
from tests.modules.process import run, run_raw
from tests.modules.registrations import DATABASE, DEV, PROD, WEB, claims, filled, hosts, prove, put, rows, sets

MODULE = "panos_dag_register"


# -- states --------------------------------------------------------------------------------------------------------------

def test_synced_makes_owned_equal_desired_and_leaves_the_rest(fw):
    put(fw, {"10.1.0.1": ["quarantine"]})
    first = prove(fw, hosts(6, DEV, WEB))
    assert first["changed"] and first["state"] == "changed" and first["verified"] is True
    assert first["before"] == {} and first["after"] == {DEV: 6, WEB: 6}
    assert first["plan"]["register"] == 13 and first["plan"]["addresses"] == 6  # with the claim
    second = prove(fw, {**hosts(3, PROD, WEB), **hosts(2, DEV, WEB, start=4), "2001:db8::1": [DEV]})
    assert second["plan"]["addresses_retagged"] == 3 and second["plan"]["addresses_leaving"] == 1 and second["plan"]["addresses_entering"] == 1
    assert second["before"] == {DEV: 6, WEB: 6} and second["after"] == {DEV: 3, PROD: 3, WEB: 5}
    assert fw.table()["10.1.0.1"] == {PROD, WEB, "quarantine"}
    assert {(address, tag) for address, tags in FOREIGN.items() for tag in tags} < fw.foreign()


def test_addresses_are_compared_as_addresses(fw):
    put(fw, {"2001:db8::a": [DEV], "10.1.0.1": [DEV]})
    result = fw.register(registrations=[{"address": "2001:0DB8:0::000A", "tags": [DEV]}, {"address": "10.1.0.1", "tags": [DEV]}], adopt=["true"])
    assert not result.failed and result["plan"]["addresses"] == 0 and fw.owned() == {"2001:db8::a": {DEV}, "10.1.0.1": {DEV}}


def test_present_registers_and_removes_nothing(fw):
    put(fw, {"10.1.0.1": [DEV, "quarantine"], "10.1.0.2": [PROD]})
    for check in (True, False):
        result = fw.register(state="present", registrations=rows({"10.1.0.1": [PROD], "10.1.0.3": [WEB, DATABASE]}), check=check)
        assert result["changed"] and result["plan"]["register"] == 3 and result["plan"]["unregister"] == 0, result
    table = fw.table()
    assert table["10.1.0.1"] == {DEV, PROD, "quarantine"} and table["10.1.0.2"] == {PROD} and table["10.1.0.3"] == {WEB, DATABASE}
    assert not claims(fw)
    fw.lab.control.read_only("fw1")
    assert fw.register(state="present", registrations=rows({"10.1.0.1": [PROD], "10.1.0.3": [WEB, DATABASE]}))["changed"] is False
    result = fw.register(state="present", registrations=rows({"10.1.0.4": [WEB, "anything"]}))
    assert result.failed and result.kind == "option" and "outside the namespace" in result.message


def test_absent_unregisters_exactly_the_listed_pairs(fw):
    put(fw, {"10.1.0.1": [DEV, WEB, "quarantine"], "10.1.0.2": [DEV], "10.1.0.3": [DEV]})
    listed = rows({"10.1.0.1": [DEV], "10.1.0.2": [DEV, WEB], "10.1.0.99": [DEV]})
    before = fw.table()
    predicted = fw.register(state="absent", registrations=listed, check=True)
    assert fw.table() == before
    result = fw.register(state="absent", registrations=listed)
    assert result["changed"] and result["plan"] == predicted["plan"] and result["plan"]["unregister"] == 2
    assert fw.table() == {**{address: tags for address, tags in before.items() if address != "10.1.0.2"}, "10.1.0.1": {WEB, "quarantine"}}
    fw.lab.control.read_only("fw1")
    assert fw.register(state="absent", registrations=listed)["changed"] is False


@pytest.mark.parametrize("tags, options", [
    (["quarantine"], {}), ([DEV, "quarantine"], {}), (["Development"], {"aliases": ["env"]}), (["illumio"], {}), (["Illumio.env.Development"], {}),
])
def test_absent_refuses_a_foreign_pair(fw, tags, options):
    put(fw, {"10.1.0.1": ["quarantine", "Development", "illumio", "Illumio.env.Development", PROD, DEV.replace("env", "role")]})
    before = fw.table()
    for check in (True, False):
        result = fw.register(state="absent", registrations=rows({"10.1.0.1": tags}), check=check, **options)
        assert result.failed and "foreign" in result.message and "10.1.0.1" in result.message, result
    assert fw.table() == before and not fw.writes()


def test_a_run_without_change_reads_once(fw):
    fw.register(registrations=rows(hosts(3, DEV)))
    fw.lab.control.clear_log()
    result = fw.register(registrations=rows(hosts(3, DEV)))
    assert result["targets"][0]["reads"] == 1 and len([entry for entry in fw.lab.control.log("fw1") if entry["type"] == "op:registered-ip"]) == 2


def test_an_empty_desired_state_has_to_be_said(fw):
    put(fw, hosts(3, DEV))
    for options in ({}, {"state": "present"}):
        result = fw.register(**options)
        assert result.failed and result.kind == "option" and "src" in result.message
    result = fw.register(registrations=[], adopt=["true"])
    assert result.failed and [each["name"] for each in result["guards"]] == ["empty"] and "allow_empty=true" in result.message
    assert not fw.writes()
    assert not fw.register(registrations=[], adopt=["true"], allow_empty=True).failed
    assert fw.owned() == {}


@pytest.mark.parametrize("registrations, options, words", [
    ([{"address": "10.1.0.0/24", "tags": [DEV]}], {}, ["10.1.0.0/24", "ranges"]),
    ([{"address": "10.1.0.1-10.1.0.2", "tags": [DEV]}], {}, ["not an IPv4"]),
    ([{"address": "", "tags": [DEV]}], {}, ["not an IPv4"]),
    ([{"address": "10.1.0.1", "tags": []}], {}, ["10.1.0.1", "without tags"]),
    ([{"address": CLAIM, "tags": [DEV]}], {}, [CLAIM, "claims"]),
    ([{"address": "10.1.0.1", "tags": ["quarantine"]}], {}, ["quarantine", "outside the namespace"]),
    ([{"address": "10.1.0.1", "tags": ["illumio.env.O'Neill"]}], {}, ["quote"]),
    ([{"address": "10.1.0.1", "tags": ["illumio.env." + "x" * 120]}], {}, ["127"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"tag_template": "{key}.{value}"}, ["tag_template", "namespace"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"tag_template": "zt-{key}-{value}"}, ["outside the namespace zt-"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"timeout": -1}, ["timeout"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"timeout": 2592001}, ["timeout", "2592000"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"max_removals_percent": 101}, ["max_removals_percent"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"adopt": ["everything"]}, ["adopt", "workloader"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"teardown_confirm": "illumio."}, ["teardown_confirm", "absent"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"vsys": ["Virtual System 1"]}, ["vsys1", "display names"]),
    ([{"address": "10.1.0.1", "tags": [DEV]}], {"max_tags": 0}, ["max_tags"]),
], ids=str)
def test_options_that_make_no_sense_are_refused(fw, registrations, options, words):
    before = fw.table()
    result = fw.register(registrations=registrations, **options)
    assert result.failed and result.kind == "option" and all(word in result.message for word in words), result
    assert fw.table() == before and not fw.writes()


# -- prune ---------------------------------------------------------------------------------------------------------------

def test_without_prune_only_desired_addresses_lose_stale_tags(fw):
    filled(fw, {**hosts(4, DEV, WEB), "10.2.0.1": [DEV], "10.2.0.2": [DEV, WEB]})
    desired = hosts(4, DEV)
    result = prove(fw, desired, {**hosts(4, DEV), "10.2.0.1": [DEV], "10.2.0.2": [DEV, WEB]}, prune=False)
    assert result["plan"]["kept"] == 3 and result["plan"]["unregister"] == 4 and "3 stale ones kept" in result["message"]
    prove(fw, desired)


# -- two writers ---------------------------------------------------------------------------------------------------------

def test_two_syncs_at_once_end_in_the_desired_state(fw):
    import threading

    desired = rows(hosts(700, DEV))
    results = []
    threads = [threading.Thread(target=lambda: results.append(fw.register(registrations=desired))) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.failed for result in results] == [False, False]
    assert fw.owned() == sets(hosts(700, DEV)) and len(claims(fw)) == 1


def test_a_writer_that_undoes_what_is_written_is_reported(fw):
    """Success is what reading back shows: the device says success and somebody takes it away."""
    app = fw.lab.devices["fw1"]
    original = app.registrar.carry_out
    app.registrar.carry_out = lambda message, vsys: {name: [] for name in message.sections}  # takes everything, does nothing
    result = fw.register(registrations=rows(hosts(3, DEV)))
    app.registrar.carry_out = original
    assert result.failed and result["verified"] is False and result["state"] == "failed" and "not as planned" in result.message
    assert result["remaining"]["register"] == 4 or result["remaining"]["register"] == 3


# -- as Ansible runs it --------------------------------------------------------------------------------------------------

def test_as_a_process_check_run_and_run_again(fw):
    options = dict(panos_options(fw.lab), registrations=rows(hosts(3, DEV, WEB)))
    predicted = run(MODULE, check=True, diff=True, **options)
    assert predicted["changed"] is True and not fw.owned()
    result = run(MODULE, diff=True, **options)
    assert result["changed"] is True and result["plan"] == predicted["plan"] and result["diff"] == predicted["diff"]
    assert "+ 10.1.0.1  " in result["diff"][0]["prepared"]
    fw.lab.control.read_only("fw1")
    again = run(MODULE, diff=True, **options)
    assert again["changed"] is False and fw.owned() == sets(hosts(3, DEV, WEB))
    assert not fw.lab.control.violations()


def test_as_a_process_the_environment_and_strings(fw):
    options = panos_options(fw.lab)
    environment = {
        "PANOS_HOSTNAME": options["ip_address"], "PANOS_PORT": str(options["port"]), "PANOS_API_KEY": options["api_key"], "PANOS_CA_PATH": options["ca_path"],
        "PANOS_VALIDATE_CERTS": "true", "PANOS_VSYS": "vsys1", "REQUESTS_CA_BUNDLE": "/missing", "NO_PROXY": "127.0.0.1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    result = run(MODULE, environment=environment, registrations=rows(hosts(2, DEV)), prune="false", max_removals="0", adopt="false", claim="no", vsys="vsys1")
    assert result["changed"] is True and fw.owned() == sets(hosts(2, DEV)) and not claims(fw)


def test_as_a_process_both_sources_are_refused(fw):
    result = run(MODULE, **dict(panos_options(fw.lab), registrations=[], src="/missing"))
    assert result["failed"] and "mutually exclusive" in result["msg"]


def test_as_a_process_errors_are_json_with_a_kind_and_the_partial_result(fw):
    filled(fw, hosts(100, DEV))
    result = run(MODULE, **dict(panos_options(fw.lab), registrations=rows(hosts(50, DEV))))
    assert result["failed"] and result["changed"] is False and result["error"] == {"kind": "refused", "guards": ["share"]}
    assert result["plan"]["unregister"] == 50
    assert result["msg"].endswith("max_removals_percent=50")


@pytest.mark.parametrize("fault", [None, ("html", {}), ("status", {"status": 500}), ("garbage", {}), ("drop_before", {})])
def test_secrets_never_come_out(fw, fault):
    """Promise 9, also with -vvv and where it goes wrong."""
    found = device(fw.lab)
    options = dict(panos_options(fw.lab), registrations=rows(hosts(1, DEV)), retries=0)
    ways = [options, {**options, "api_key": None, "username": found["username"], "password": found["password"]},
            {**options, "api_key": "wrong-key-0123456789"}, {**options, "api_key": None, "username": found["username"], "password": "wrong-password-0123"},
            {**options, "proxy": "http://user:proxy-password-0123@127.0.0.1:1"}]
    if fault:
        fw.lab.control.arm("fw1", fault[0], nth=0, **fault[1])
        ways = ways[:2]
    for way in ways:
        said = "".join(map(str, run_raw(MODULE, diff=True, verbosity=4, **way)))
        assert '"invocation"' in said
        for secret in (found["api_key"], found["password"], "wrong-key-0123456789", "wrong-password-0123", "proxy-password-0123"):
            assert secret not in said and json.dumps(secret)[1:-1] not in said, said
    assert pairs(owned(fw.table())) <= pairs(sets(hosts(1, DEV)))
    for entry in fw.lab.control.log("fw1"):
        assert entry["key_in"] in ("header", "basic", "body") and "key" not in entry["query"] and found["api_key"] not in json.dumps(entry)
