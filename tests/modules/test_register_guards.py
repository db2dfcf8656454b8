# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before the first write, and the limits of a device."""

from __future__ import annotations

import shlex

import jinja2
import pytest
from ansible.parsing.splitter import parse_kv
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.guard import Rules, emptied_guard, permits
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate, legal
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import argspec as register_argspec
from tests.modules.chain import firewall, validated
from tests.modules.registrations import DATABASE, DEV, OPEN, PROD, WEB, filled, hosts, prove, put, rows, sets


# -- guards --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("desired, options, name, words, permit", [
    (hosts(79, DEV), {}, "share", ["21 of 100", "21.0 %", "20 %"], {"max_removals_percent": 22}),
    (hosts(90, DEV), {"guard_floor": 5, "max_removals_percent": 9.5}, "share", ["10 of 100", "9.5 %"], {"guard_floor": 11, "max_removals_percent": 9.5}),
    (hosts(90, DEV), {"max_removals": 9}, "number", ["10 registrations", "at most 9"], {"max_removals": 10}),
    (hosts(100, PROD), {"max_removals_percent": 100}, "emptied_tag", [DEV, "100 addresses"],
     {"max_removals_percent": 100, "allow_emptied_tags": ["illumio.env.*"]}),
    ({}, {"max_removals_percent": 100, "allow_emptied_tags": ["*"]}, "empty", ["no address"], OPEN),
    (hosts(150, DEV), {"capacity": 120}, "capacity", ["156 addresses", "at most 120", "now 106", "50 would enter"], {"capacity": 156}),
], ids=lambda value: value if isinstance(value, str) else None)
def test_guards_refuse_before_the_first_write(fw, desired, options, name, words, permit):
    filled(fw, hosts(100, DEV))
    before = fw.table()
    for check in (True, False):
        result = fw.register(registrations=rows(desired), check=check, **options)
        assert result.failed and result.kind == "refused" and result["state"] == "refused" and result["changed"] is False
        assert name in [each["name"] for each in result["guards"]]
        assert all(word in result.message for word in words), result.message
        option = next(each["permit"] for each in result["guards"] if each["name"] == name)
        assert option in result.message and option.partition("=")[0] in permit or name == "share"
    assert fw.table() == before and not fw.writes()
    assert not fw.register(registrations=rows(desired), **permit).failed
    assert fw.owned() == sets(desired)


def test_on_guard_additions_registers_withholds_and_fails(fw):
    filled(fw, {**hosts(50, DEV), "10.2.0.1": [DEV]})
    desired = {**hosts(20, DEV), **hosts(5, PROD, start=101), "10.2.0.1": [PROD]}
    predicted = fw.register(registrations=rows(desired), on_guard="additions", check=True)
    assert predicted.failed and not fw.writes()
    result = fw.register(registrations=rows(desired), on_guard="additions")
    assert result.failed and result.kind == "refused" and result["state"] == "refused" and result["changed"] is True
    assert result["plan"] == predicted["plan"] and result["plan"]["withheld"] == 31 and result["plan"]["register"] == 6
    assert "Registered 6 and withheld 31" in result.message
    assert fw.owned() == sets({**hosts(50, DEV), **hosts(5, PROD, start=101), "10.2.0.1": [DEV, PROD]})
    fw.lab.control.clear_log()
    again = fw.register(registrations=rows(desired), on_guard="additions")
    assert again.failed and again["changed"] is False and not fw.writes()


def test_additions_never_overfill_a_table_that_only_the_removals_would_have_made_room_in(fw):
    filled(fw, hosts(50, DEV))
    before = fw.table()
    result = fw.register(registrations=rows({**hosts(20, DEV), **hosts(30, DEV, start=101)}), on_guard="additions", capacity=len(before) + 10)
    assert result.failed and {"share", "capacity"} <= {each["name"] for each in result["guards"]}, result
    assert fw.table() == before and not fw.writes()


def test_guards_hold_for_absent_as_for_synced(fw):
    filled(fw, hosts(100, DEV, WEB))
    result = fw.register(state="absent", registrations=rows(hosts(100, WEB)))
    assert result.failed and {each["name"] for each in result["guards"]} == {"share", "emptied_tag"} and not fw.writes()
    assert not fw.register(state="absent", registrations=rows(hosts(100, WEB)), **OPEN).failed
    assert fw.owned() == sets(hosts(100, DEV))


def test_an_emptied_tag_of_four_addresses_is_daily_business(fw):
    filled(fw, {**hosts(50, DEV), **hosts(4, PROD, start=60)})
    prove(fw, hosts(50, DEV))


def test_a_label_that_is_lifted_from_the_last_workload_that_had_it(fw):
    filled(fw, {**hosts(50, DEV), "10.1.0.1": [DEV, "illumio.Quarantine.Yes"]})
    result = prove(fw, hosts(50, DEV))
    assert result["plan"]["unregister"] == 1


def test_strings_as_surveys_give_them(fw):
    filled(fw, hosts(30, DEV))
    result = fw.register(registrations=rows(hosts(5, PROD)), prune="false", max_removals_percent="0", claim="true", max_removals="0", allow_empty="False",
                         guard_floor="1", persistent="no")
    assert result.failed and fw.owned() == sets(hosts(30, DEV))  # five relabelled ones
    assert not fw.register(registrations=rows(hosts(5, DEV, WEB)), prune="false", max_removals="0", persistent="no").failed
    assert fw.owned() == sets({**hosts(30, DEV), **hosts(5, DEV, WEB)})


# -- limits --------------------------------------------------------------------------------------------------------------

TAGS = ["illumio.role.Web", "illumio.app.Ordering", "illumio.env.Development", "illumio.loc.Berlin"]


def test_too_many_tags_are_registered_in_order_while_they_fit(fw):
    put(fw, {"10.1.0.1": ["one", "two"]})
    result = prove(fw, hosts(2, *TAGS), {"10.1.0.1": TAGS[:2], "10.1.0.2": TAGS}, max_tags=4)
    assert result["state"] == "incomplete" and result["dropped"] == [{"address": "10.1.0.1", "tags": TAGS[2:]}] and "2 do not fit" in result["message"]
    again = fw.register(registrations=rows(hosts(2, *TAGS)), max_tags=4)
    assert again["state"] == "incomplete" and again["changed"] is False and not again.failed
    fw.lab.control.mutate("unregister", device="fw1", address="10.1.0.1", tags=["one", "two"])
    assert prove(fw, hosts(2, *TAGS), max_tags=4)["state"] == "changed"


def test_stale_tags_still_go_where_others_fill_the_address(fw):
    filled(fw, hosts(1, DEV, WEB))
    put(fw, {"10.1.0.1": ["one", "two"]})
    assert prove(fw, hosts(1, PROD, DATABASE), {"10.1.0.1": [PROD]}, max_tags=3)["state"] == "incomplete"
    assert fw.table()["10.1.0.1"] == {PROD, "one", "two"}


def test_an_address_without_room_breaks_first_in_one_message(chains):
    chain = chains(firewall(capacity={"tags": 4}))
    filled(chain, hosts(3, *TAGS[:3]))
    desired = hosts(3, "illumio.role.Database", "illumio.app.Other", "illumio.env.Production")
    result = prove(chain, desired, max_tags=4)
    assert result["plan"]["break_first"] == 3 and "3 addresses were broken before made" in result["message"] and result["verified"]


def test_the_model_decides_about_tags(chains):
    chain = chains(firewall(model="PA-440"))
    many = ["illumio.k%02d.v" % number for number in range(40)]
    assert prove(chain, hosts(1, *many))["state"] == "changed"
    chain = chains(firewall(model="PA-220"))
    assert prove(chain, hosts(1, *many), hosts(1, *many[:32]))["state"] == "incomplete"


def test_capacity_comes_from_the_model_and_counts_everybody(chains):
    others = [{"ip": "172.16.%d.%d" % divmod(number, 250), "tags": ["other"]} for number in range(990)]
    chain = chains(firewall(model="PA-220", registrations={"vsys1": others + [{"ip": "10.9.0.0/24", "tags": ["branch"]}]}))
    result = chain.register(registrations=rows(hosts(9, DEV)))
    assert result.failed and result["guards"][0]["name"] == "capacity" and "1001 addresses" in result.message and not chain.writes()
    prove(chain, hosts(8, DEV))


def crowd(number, net=16):
    return [{"ip": "172.%d.%d.%d" % (net, *divmod(each, 250)), "tags": ["other"]} for each in range(number)]


def test_capacity_counts_all_virtual_systems_of_a_device(chains):
    chain = chains(firewall(model="PA-220", vsys=["vsys1", "vsys2", "vsys5"], registrations={"vsys2": crowd(600), "vsys5": crowd(390, 17)}))
    for check in (True, False):
        result = chain.register(registrations=rows(hosts(10, DEV)), vsys=["vsys1"], check=check)
        assert result.failed and result["guards"][0]["name"] == "capacity" and not chain.writes(), result
        assert "would hold 1001 addresses" in result.message and "990 in its other virtual systems" in result.message and "capacity=1001" in result.message
    assert not chain.register(registrations=rows(hosts(9, DEV)), vsys=["vsys1"]).failed
    chain.lab.control.clear_log()
    assert not chain.register(registrations=rows(hosts(9, DEV)), vsys=["vsys1"]).failed
    assert len(chain.lab.control.log("fw1")) <= 4, "where nothing enters, nobody else is counted"
    assert not any(line["event"] == "registered-ip-limit" for line in chain.lab.control.state("fw1")["system_log"])


@pytest.mark.parametrize("check", [True, False])
def test_targets_of_one_device_in_one_run_count_together(chains, check):
    chain = chains(firewall(capacity={"addresses": 15}, vsys=["vsys1", "vsys2"]))
    result = chain.register(registrations=rows(hosts(7, DEV)), vsys=["vsys1", "vsys2"], capacity=15, check=check)
    assert result.failed and [each["state"] for each in result["targets"]] == ["changed", "refused"], result
    assert "now 0, and 8 in its other virtual systems; 8 would enter" in result.message, result.message
    assert not chain.owned(vsys="vsys2")
    assert not any(line["event"] == "registered-ip-limit" for line in chain.lab.control.state("fw1")["system_log"])
    assert not check or not chain.writes()


def test_additions_count_the_other_virtual_systems_too(chains):
    chain = chains(firewall(capacity={"addresses": 100}, vsys=["vsys1", "vsys2"], registrations={"vsys2": crowd(48)}))
    assert not chain.register(registrations=rows(hosts(50, DEV)), vsys=["vsys1"], capacity=100).failed
    chain.lab.control.clear_log()
    result = chain.register(registrations=rows({**hosts(20, DEV), **hosts(2, DEV, start=101)}), vsys=["vsys1"], capacity=100, on_guard="additions")
    assert result.failed and {each["name"] for each in result["guards"]} >= {"share", "capacity"} and not chain.writes()


def test_room_for_make_before_break_is_the_device_s(chains):
    chain = chains(firewall(capacity={"addresses": 20}, vsys=["vsys1", "vsys2"], registrations={"vsys2": crowd(9)}))
    assert not chain.register(registrations=rows(hosts(10, DEV)), vsys=["vsys1"], capacity=20).failed
    result = chain.register(registrations=rows({**hosts(6, DEV), **hosts(4, DEV, start=21)}), vsys=["vsys1"], capacity=20)
    assert not result.failed and chain.owned() == sets({**hosts(6, DEV), **hosts(4, DEV, start=21)})
    assert not any(line["event"] == "registered-ip-limit" for line in chain.lab.control.state("fw1")["system_log"])


def test_where_the_other_virtual_systems_cannot_be_counted_a_warning_says_so(chains):
    chain = chains(firewall(vsys=["vsys1", "vsys2"]))
    chain.lab.devices["fw1"].device.tables["vsys0"] = chain.lab.devices["fw1"].device.tables["vsys1"]  # a device that answers for any name
    result = chain.register(registrations=rows(hosts(2, DEV)), vsys=["vsys1"])
    assert not result.failed and any("other virtual systems" in warning and "vsys1 alone" in warning for warning in result.warnings), result.warnings


def test_networks_and_ranges_count_once(chains):
    chain = chains(firewall(capacity={"addresses": 20}, registrations={"vsys1": [{"ip": "10.9.%d.0/24" % number, "tags": ["net"]} for number in range(10)]}))
    result = prove(chain, hosts(9, DEV), capacity=20)
    assert result["plan"]["addresses_entering"] == 9


def test_a_full_table_makes_room_first(chains):
    chain = chains(firewall(capacity={"addresses": 11}))
    filled(chain, hosts(10, DEV))
    result = prove(chain, {**hosts(6, DEV), **hosts(4, DEV, start=21)}, capacity=11)
    assert result["plan"]["addresses_entering"] == 4 == result["plan"]["addresses_leaving"]
    assert not any(line["event"] == "registered-ip-limit" for line in chain.lab.control.state("fw1")["system_log"])


def test_where_the_model_does_not_tell_a_warning_says_so(chains):
    chain = chains(firewall(model="PA-VM"))
    result = chain.register(registrations=rows(hosts(2, DEV)))
    assert not result.failed and len(result.warnings) == 1 and "capacity" in result.warnings[0]
    assert not chain.register(registrations=rows(hosts(2, DEV))).warnings


def test_a_device_that_takes_less_than_thought_is_reported_in_its_own_words(chains):
    chain = chains(firewall(capacity={"addresses": 5, "tags": 4}))
    result = chain.register(registrations=rows(hosts(6, DEV)))
    assert result.failed and result["state"] == "failed" and result["verified"] is False and result["failures_count"] == 2
    assert {failure["address"] for failure in result["failures"]} == {"10.1.0.5", "10.1.0.6"} and "Failed to register" in result.message
    assert chain.owned() == sets(hosts(4, DEV)) and result["remaining"]["register"] == 2 and result["changed"]
    chain.lab.control.switch("fw1", "text_too_many_tags", "maximum number of tags for the ip reached")
    result = chain.register(registrations=rows({**hosts(3, DEV), "10.1.0.4": TAGS + [WEB.replace("role", "tier")]}))
    assert result.failed and "10.1.0.4" in result.message and "maximum number of tags" in result.message


# -- permits -------------------------------------------------------------------------------------------------------------

VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126, blacklist_characters="'\""), min_size=1, max_size=12)
AWKWARD = st.sampled_from(["{{ x }}", "{% raw %}", "{# c #}", "a\\nb", "a\\", "[a-z]*", "a, b", "a?b", "%20", "$(id)", "a=b", "!x"])
TAGS_OF_ALL_KINDS = st.one_of(VALUES, AWKWARD).map("illumio.app.{}".format).filter(lambda tag: legal(tag) is None)


@settings(max_examples=200, deadline=None)
@given(st.lists(TAGS_OF_ALL_KINDS, min_size=1, max_size=20, unique=True), st.lists(TAGS_OF_ALL_KINDS, max_size=5))
def test_a_permit_can_be_pasted_and_permits_exactly_the_tags_that_were_told(tags, others):
    """Through a shell, -e key=value, Jinja and the option of the module."""
    current = {"10.0.%d.%d" % (number, host): (tag,) for number, tag in enumerate(tags) for host in range(5)}
    plan = compute_plan(current, {}, Ownership([TagTemplate()]), ("s", "vsys1", "illumio."), Limits(32, None))
    permit = emptied_guard(plan, Rules()).permit
    assert permit.startswith("O(allow_emptied_tags)=")
    pasted = shlex.split("-e dag_sync_allow_emptied_tags=%s" % permit.partition("=")[2])
    assert len(pasted) == 2 and not set(pasted[1]) & set("$`!&;|<>(){}*?[]\\#")
    given_value = parse_kv(pasted[1])["dag_sync_allow_emptied_tags"]
    rendered = jinja2.Environment(keep_trailing_newline=True).from_string(given_value).render()
    patterns = validated(register_argspec.ARGUMENTS, {"allow_emptied_tags": rendered})["allow_emptied_tags"]
    assert emptied_guard(plan, Rules(allow_emptied_tags=tuple(patterns))) is None
    for tag in others:
        assert any(permits(pattern, tag) for pattern in patterns) == (tag in tags)


def test_what_a_user_permits_with_a_pattern_of_the_shell_still_is_one(fw):
    filled(fw, {**hosts(50, DEV), **hosts(6, "illumio.app.a b{{c}}", start=101)})
    result = fw.register(registrations=rows(hosts(50, DEV)), caller="dag_sync")
    assert result.failed and "dag_sync_allow_emptied_tags=exactly:illumio.app.a%20b%7B%7Bc%7D%7D" in result.message, result.message
    assert fw.register(registrations=rows(hosts(50, DEV)), allow_emptied_tags=["exactly:illumio.app.a%20b"]).failed
    assert not fw.register(registrations=rows(hosts(50, DEV)), allow_emptied_tags=["exactly:illumio.app.a%20b%7B%7Bc%7D%7D"]).failed
