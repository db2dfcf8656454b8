# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registrations that end: timeouts and reboots."""

from __future__ import annotations

import pytest

from tests.modules.chain import CLAIM, write_tag_map
from tests.modules.registrations import DEV, WEB, filled, hosts, prove, put, rows, sets


# -- timeouts ------------------------------------------------------------------------------------------------------------

def timeouts(chain, address):
    return chain.lab.control.state("fw1")["vsys"]["vsys1"]["details"][address].get("timeouts", {})


@pytest.mark.parametrize("renewal", ["register", "replace"])
def test_each_run_renews_and_renewing_is_no_change(fw, renewal):
    put(fw, {"10.1.0.1": ["quarantine"]})
    options = {"registrations": rows(hosts(2, DEV, WEB)), "timeout": 3600, "renewal": renewal}
    if renewal == "replace":
        fw.lab.control.switch("fw1", "duplicate_refreshes_timer", False)
    assert fw.register(**options)["changed"]
    fw.lab.control.advance(3000)
    predicted = fw.register(check=True, **options)
    assert predicted["changed"] is False and predicted["plan"]["renewed"] == 4 and timeouts(fw, "10.1.0.1")[DEV] == 600
    result = fw.register(**options)
    assert result["changed"] is False and result["plan"] == predicted["plan"] and result["state"] == "in_sync" and "4 renewed" in result["message"]
    assert timeouts(fw, "10.1.0.1") == {DEV: 3600, WEB: 3600} and timeouts(fw, CLAIM) == {}
    fw.lab.control.advance(3601)
    assert fw.owned() == {} and fw.table()["10.1.0.1"] == {"quarantine"}
    assert fw.register(**options)["changed"] and fw.owned() == sets(hosts(2, DEV, WEB))


def test_present_renews_too(fw):
    options = {"state": "present", "registrations": rows(hosts(2, DEV)), "timeout": 3600}
    fw.register(**options)
    fw.lab.control.advance(3000)
    result = fw.register(**options)
    assert not result.failed and result["changed"] is False and result["plan"]["renewed"] == 2
    assert timeouts(fw, "10.1.0.1") == {DEV: 3600}


@pytest.mark.parametrize("timed_to_permanent", [False, True])
def test_going_back_to_none_replaces_them_once(fw, timed_to_permanent):
    fw.lab.control.switch("fw1", "timed_to_permanent", timed_to_permanent)
    put(fw, {"10.1.0.1": ["quarantine"]})
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    result = fw.register(registrations=rows(hosts(100, DEV)))
    assert not result.failed and result["plan"]["renewed"] == 100
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(100, DEV))
    fw.lab.control.read_only("fw1")
    again = fw.register(registrations=rows(hosts(100, DEV)))
    assert again["changed"] is False and not fw.lab.control.violations() and not again.failed


def test_going_back_to_none_survives_a_broken_run(fw):
    """The timeout stays on the claim until every registration has been replaced."""
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    body = "<response status='error' code='2'><msg><line>internal</line></msg></response>"
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=3, times=1000, status=400, body=body)
    assert fw.register(registrations=rows(hosts(100, DEV))).failed
    fw.lab.control.disarm()
    assert not fw.register(registrations=rows(hosts(100, DEV))).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(100, DEV))


def test_going_back_to_none_without_keeping_a_claim(fw):
    fw.register(registrations=rows(hosts(3, DEV)), timeout=3600)
    assert not fw.register(registrations=rows(hosts(3, DEV)), claim=False).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))


def test_going_back_to_none_where_the_claim_was_lost(fw):
    fw.register(registrations=rows(hosts(3, DEV)), timeout=3600)
    fw.lab.control.mutate("unregister", device="fw1", address=CLAIM)
    result = fw.register(registrations=rows(hosts(3, DEV)))
    assert not result.failed and result["plan"]["renewed"] == 3 and result["claim"]["kind"] == "unclaimed"
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))
    fw.lab.control.read_only("fw1")
    again = fw.register(registrations=rows(hosts(3, DEV)))
    assert again["plan"]["renewed"] == 0 and not again.failed and not fw.lab.control.violations()


def test_going_back_to_none_where_no_claim_was_ever_kept(fw, tmp_path):
    """Without a claim and without a record each run replaces, and says how to do without; with one of them it does so once."""
    options = {"registrations": rows(hosts(3, DEV)), "claim": False}
    fw.register(timeout=3600, **options)
    for dummy in range(2):
        result = fw.register(**options)
        assert result["plan"]["renewed"] == 3 and any("claim=true" in warning and "3 now" in warning for warning in result.warnings), result.warnings
        assert not result["changed"]
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))
    assert fw.register(record_dir=str(tmp_path), **options)["plan"]["renewed"] == 3
    fw.lab.control.read_only("fw1")
    again = fw.register(record_dir=str(tmp_path), **options)
    assert again["plan"]["renewed"] == 0 and not again.warnings and not fw.lab.control.violations() and not again["targets"][0]["lost_table"]


def test_the_record_of_a_run_with_a_timeout_does_not_pass_for_none(fw, tmp_path):
    options = {"registrations": rows(hosts(3, DEV)), "claim": False, "record_dir": str(tmp_path)}
    fw.register(**options)
    fw.register(timeout=3600, **options)
    assert fw.register(**options)["plan"]["renewed"] == 3
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))


@pytest.mark.parametrize("state", ["synced", "present"])
@pytest.mark.parametrize("refused", [False, True], ids=["breaks half way", "one pair is refused"])
def test_the_record_of_a_run_without_a_timeout_does_not_outlive_one_that_set_timers(fw, tmp_path, refused, state):
    """The run with a timeout is never verified, so it leaves no record of its own."""
    options = {"claim": False, "record_dir": str(tmp_path)}
    assert not fw.register(registrations=rows(hosts(3, DEV)), **options).failed
    app = fw.lab.devices["fw1"]
    original = app.registrar.carry_out
    if refused:
        def carry_out(message, vsys):
            register = message.sections.get("register")
            answer = original(message, vsys)
            return {"register": [("10.1.0.3", "Failed to register")]} if register else answer

        app.registrar.carry_out = carry_out
    else:
        fw.lab.control.arm("fw1", "drop_after", match={"type": "user-id"}, nth=1, times=1000)
    assert fw.register(state=state, registrations=rows(hosts(3, DEV)), timeout=3600, **options).failed
    app.registrar.carry_out = original
    fw.lab.control.disarm()
    assert timeouts(fw, "10.1.0.1") == {DEV: 3600}
    assert not fw.register(registrations=rows(hosts(3, DEV)), **options).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))
    fw.lab.control.read_only("fw1")
    again = fw.register(registrations=rows(hosts(3, DEV)), **options)
    assert not again.failed and again["changed"] is False and not fw.lab.control.violations() and not again["lost_table"]


def test_no_timer_is_set_that_a_record_goes_on_denying(fw, tmp_path, monkeypatch):
    options = {"registrations": rows(hosts(3, DEV)), "claim": False, "record_dir": str(tmp_path)}
    fw.register(**options)

    def full(*dummy):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    result = fw.register(timeout=3600, **options)
    monkeypatch.undo()
    assert result.failed and result.kind == "artifact" and "record_dir" in result.message and timeouts(fw, "10.1.0.1") == {}, result


def test_a_claim_from_before_stays_true_where_none_is_kept_any_more(fw):
    fw.register(registrations=rows(hosts(3, DEV)))
    fw.register(registrations=rows(hosts(3, DEV)), timeout=3600, claim=False)
    assert not fw.register(registrations=rows(hosts(3, DEV))).failed
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(3, DEV))


# -- timeouts and guards -------------------------------------------------------------------------------------------------

def test_a_refused_run_gives_nothing_an_end(fw):
    """What was registered without a timeout outlives a run that asks for one and is refused."""
    put(fw, {"10.1.0.1": ["quarantine"]})
    fw.register(registrations=rows(hosts(100, DEV)))
    before = fw.table()
    for options in ({}, {"on_guard": "additions"}, {"renewal": "replace"}, {"max_removals": 0}):
        result = fw.register(registrations=rows(hosts(10, DEV)), timeout=60, **options)
        assert result.failed and result.kind == "refused" and result["plan"]["renewed"] == 0 and result["changed"] is False, result
        assert "renew" not in result.message
    fw.lab.control.advance(61)
    assert fw.table() == before


def test_a_refused_run_says_what_it_renews_and_what_it_frees_from_a_timer(fw):
    """With prune=false stale registrations stay beside what is desired and has a timer, so that the claim leaves open whether they have one."""
    fw.register(registrations=rows(hosts(12, DEV)))
    fw.register(registrations=rows(hosts(10, DEV)), timeout=3600, prune=False)
    refused = fw.register(registrations=rows(hosts(10, DEV)), timeout=3600, max_removals=0)
    assert refused.kind == "refused" and "10 registrations that have timers were renewed, 2 that may have timers were registered again without one" in (
        refused.message), refused
    assert "nothing was changed" not in refused.message
    fw.lab.control.advance(3601)
    assert fw.owned() == sets(hosts(2, DEV, start=11))


def test_a_refused_run_renews_what_its_own_claim_says_is_timed(fw):
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    for options in ({"timeout": 3600}, {"timeout": 60}, {}, {"on_guard": "additions", "timeout": 3600}):
        fw.lab.control.advance(3000)
        predicted = fw.register(registrations=rows(hosts(10, DEV)), check=True, **options)
        result = fw.register(registrations=rows(hosts(10, DEV)), **options)
        assert result.failed and result["changed"] is False and result["plan"] == predicted["plan"] and result["plan"]["renewed"] == 100
        assert "100 registrations that have timers were renewed, and nothing else was changed" in result.message or "on_guard" in options
        assert "would be renewed" in predicted.message or "on_guard" in options
        assert set(timeouts(fw, "10.1.0.99").values()) == {3600}
    fw.lab.control.advance(3601)
    assert fw.owned() == {}


def test_after_a_change_of_scope_a_refused_run_renews_too_and_another_owner_s_never(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(4, DEV), scope="000000000001"), timeout=3600)
    fw.lab.control.advance(3000)
    result = fw.register(src=write_tag_map(tmp_path / "other.jsonl", hosts(3, DEV), owner="other.example.com/1"), timeout=3600)
    assert result["guards"][0]["name"] == "other_owner" and result["plan"]["renewed"] == 0 and timeouts(fw, "10.1.0.4") == {DEV: 600}
    result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV), scope="000000000002"), timeout=3600)
    assert result["guards"][0]["name"] == "scope_change" and timeouts(fw, "10.1.0.4") == {DEV: 3600}


def test_unclaimed_registrations_and_those_of_workloader_get_no_end(fw, tmp_path):
    mark = "/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa088"
    put(fw, {**hosts(9, DEV), "10.2.0.1": [mark, "Development", "Web"]})
    before = fw.table()
    path = write_tag_map(tmp_path / "map.jsonl", {**hosts(3, DEV), "10.2.0.1": [DEV]}, label_values=["Development", "Web"])
    for options in ({}, {"on_guard": "additions"}, {"max_removals": 0, "adopt": ["workloader", "true"]}):
        assert fw.register(src=path, timeout=60, **options).failed
    fw.lab.control.advance(61)
    assert {address: before[address] - fw.table().get(address, frozenset()) for address in before} == {address: frozenset() for address in before}


def test_what_prune_false_keeps_gets_no_end(fw):
    fw.register(registrations=rows({**hosts(5, DEV), "10.2.0.1": [WEB]}))
    for dummy in range(2):
        result = fw.register(registrations=rows(hosts(5, DEV)), prune=False, timeout=60)
        assert not result.failed and result["plan"]["kept"] == 1
    assert fw.register(registrations=rows(hosts(5, DEV)), max_removals=0, timeout=60).failed  # a guard keeps it
    fw.lab.control.advance(61)
    assert fw.owned() == {"10.2.0.1": {WEB}}


def test_what_is_new_beside_registrations_without_an_end_gets_none_while_removals_are_withheld(fw):
    fw.register(registrations=rows(hosts(30, DEV)))
    result = fw.register(registrations=rows({**hosts(3, DEV), "10.3.0.1": [WEB]}), timeout=60, on_guard="additions")
    assert result.failed and result["changed"] and "Registered 1 and withheld 27" in result.message
    fw.lab.control.advance(61)
    assert fw.owned() == sets({**hosts(30, DEV), "10.3.0.1": [WEB]})


def test_a_renewal_that_breaks_says_how_much_is_left(fw):
    fw.register(registrations=rows(hosts(1200, DEV)), timeout=3600)
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=2, times=1000, status=401)
    result = fw.register(registrations=rows(hosts(1200, DEV)), timeout=3600)
    assert result.failed and "500 renewed by then, 700 are left to renew" in result.message, result.message


def test_a_renewal_that_a_device_refuses_is_no_success(fw):
    """Whether a timer was renewed does not show in the table, so here the device's answer counts."""
    fw.register(registrations=rows(hosts(3, DEV)), timeout=3600)
    app = fw.lab.devices["fw1"]
    original = app.registrar.carry_out
    app.registrar.carry_out = lambda message, vsys: {"register": [("10.1.0.2", "Failed to register")]}
    result = fw.register(registrations=rows(hosts(3, DEV)), timeout=3600)
    app.registrar.carry_out = original
    assert result.failed and "1 registrations were not renewed" in result.message and "10.1.0.2" in result.message, result.message
    assert result["failures"][0]["address"] == "10.1.0.2"


def test_what_replacing_lost_on_the_way_is_registered_again(fw):
    """The device unregisters and drops the other half of the message, in a refused run."""
    fw.register(registrations=rows(hosts(100, DEV)), timeout=3600)
    app = fw.lab.devices["fw1"]
    original = app.registrar.carry_out
    calls = []

    def half(message, vsys):
        calls.append(message)
        if len(calls) == 1:
            message.sections.pop("register")
        return original(message, vsys)

    app.registrar.carry_out = half
    result = fw.register(registrations=rows(hosts(10, DEV)), timeout=3600, renewal="replace")
    app.registrar.carry_out = original
    assert result.failed and result.kind == "refused" and fw.owned() == sets(hosts(100, DEV))


def test_a_timeout_below_three_intervals_warns(fw):
    result = fw.register(registrations=rows(hosts(1, DEV)), timeout=1000, sync_interval=400)
    assert any("1200" in warning for warning in result.warnings)
    assert not fw.register(registrations=rows(hosts(1, DEV)), timeout=1200, sync_interval=400).warnings


# -- persistence ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("entry_attributes", [True, False])
@pytest.mark.parametrize("absent", ["kept", "default"])
@pytest.mark.parametrize("persistent", [True, False])
def test_an_address_with_tags_of_others_keeps_its_mark(fw, absent, persistent, entry_attributes):
    """Whatever an absent attribute means: the one that was read is sent back, and nothing where the reading does not show it."""
    fw.lab.control.switch("fw1", "persistent_absent", absent)
    fw.lab.control.switch("fw1", "entry_attributes", entry_attributes)
    put(fw, {"10.1.0.1": ["quarantine"], CLAIM: ["documentation"]}, persistent=True)
    put(fw, {"10.1.0.2": ["lab"]}, persistent=False)
    assert not fw.register(registrations=rows(hosts(3, DEV)), persistent=persistent, timeout=3600).failed
    assert not fw.register(registrations=rows(hosts(3, DEV)), persistent=persistent, timeout=3600, renewal="replace").failed
    assert not fw.register(registrations=rows(hosts(3, DEV, WEB)), persistent=persistent).failed
    marks = {address: each["persistent"] for address, each in fw.lab.control.state("fw1")["vsys"]["vsys1"]["details"].items()}
    assert marks["10.1.0.1"] is True and marks["10.1.0.3"] is persistent and marks[CLAIM] is True
    assert marks["10.1.0.2"] is (not entry_attributes and absent == "default")


def test_persistent_and_a_reboot(fw):
    put(fw, {"10.1.0.1": ["quarantine"]}, persistent=True)
    put(fw, {"10.1.0.2": ["lab"]}, persistent=False)
    filled(fw, hosts(3, DEV))
    fw.lab.control.mutate("reboot", device="fw1")
    assert fw.owned() == sets({"10.1.0.1": [DEV], "10.1.0.3": [DEV]})  # .2 is marked as somebody else chose
    prove(fw, hosts(3, DEV))


def test_not_persistent(fw):
    put(fw, {"10.1.0.1": ["quarantine"]}, persistent=True)
    prove(fw, hosts(3, DEV), persistent=False)
    fw.lab.control.mutate("reboot", device="fw1")
    assert fw.owned() == {"10.1.0.1": {DEV}} and fw.table()["10.1.0.1"] == {DEV, "quarantine"}
