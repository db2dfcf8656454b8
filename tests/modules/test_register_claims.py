# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose registrations they are: claims, aliases, workloader, retired templates, teardown."""

from __future__ import annotations

import re

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules, scope_digest
from tests.modules.chain import CLAIM, FOREIGN, foreign, write_tag_map
from tests.modules.registrations import DEV, OPEN, PROD, WEB, claims, hosts, prove, put, rows, sets


# -- claims --------------------------------------------------------------------------------------------------------------

def test_a_claim_names_owner_and_scope(fw, tmp_path):
    path = write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV), owner="pce.example.com:8443/7", scope="aaaabbbbcccc")
    result = fw.register(src=path)
    assert result["claim"]["kind"] == "new" and result["changed"]
    assert claims(fw) == ["illumio.claim:pce.example.com@8443/7:aaaabbbbcccc."]
    assert fw.register(src=path)["claim"] == {"kind": "ours", "found": claims(fw)}


def test_no_claim_is_kept_where_none_is_wanted(fw, tmp_path):
    prove(fw, hosts(3, DEV), claim=False, record_dir=str(tmp_path))
    assert not claims(fw)
    prove(fw, hosts(2, DEV), claim=False, record_dir=str(tmp_path))


def test_the_claim_is_written_first_and_survives_a_reboot(fw):
    fw.lab.control.arm("fw1", "status", match={"type": "user-id"}, nth=2, times=1000, status=500)
    assert fw.register(registrations=rows(hosts(3, DEV)), persistent=False).failed
    assert claims(fw) and not fw.owned()
    fw.lab.control.disarm()
    fw.register(registrations=rows(hosts(3, DEV)), persistent=False)
    fw.lab.control.mutate("reboot", device="fw1")
    assert claims(fw) and not fw.owned()


def test_another_owner_is_refused_whatever_is_permitted(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    before = fw.table()
    for registrations in (hosts(4, DEV), hosts(2, DEV), hosts(3, DEV)):
        path = write_tag_map(tmp_path / "other.jsonl", registrations, owner="other.example.com/1")
        for options in ({}, {"on_guard": "additions"}, {"adopt": ["true"], "accept_scope_change": True, **OPEN}):
            result = fw.register(src=path, **options)
            assert result.failed and result.kind == "refused" and result["state"] == "refused"
            assert [each["name"] for each in result["guards"]] == ["other_owner"]
            assert "claimed by pce.example.com/1" in result.message and "tag_template" in result.message
    assert fw.table() == before and len(fw.writes()) == 2


def nested(tmp_path, registrations, template="illumio.lab.{key}.{value}", owner="other.example.com/1"):
    return write_tag_map(tmp_path / "nested.jsonl", registrations, owner=owner, scope="000000000009", tag_template=template,
                         namespace=template.partition("{")[0])


def test_a_namespace_inside_another_owner_s_is_refused_and_so_is_one_around_it(fw, tmp_path):
    """illumio.lab. lies inside illumio., so each tag there would be owned by both."""
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    inside = nested(tmp_path, hosts(2, "illumio.lab.env.Test"))
    result = fw.register(src=inside, **OPEN)
    assert result.failed and result["guards"][0]["name"] == "other_owner" and "claimed by pce.example.com/1" in result.message
    fw.lab.control.mutate("clear_table", device="fw1")
    assert not fw.register(src=inside).failed
    before = fw.table()
    for options in ({}, {"adopt": ["true"], **OPEN}, {"on_guard": "additions"}):
        result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)), **options)
        assert result.failed and result["guards"][0]["name"] == "other_owner" and "claimed by other.example.com/1" in result.message
    for options in ({}, {"owner": "pce.example.com/1"}):
        result = fw.register(state="absent", teardown_confirm="illumio.", **options)
        assert result.failed and result["guards"][0]["name"] == "other_owner", result
    assert fw.table() == before
    assert not fw.register(state="absent", teardown_confirm="illumio.lab.", tag_template="illumio.lab.{key}.{value}").failed and not fw.owned()


def test_namespaces_side_by_side_do_not_disturb_each_other(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    assert not fw.register(src=nested(tmp_path, hosts(2, "illumio-lab-env-Test"), "illumio-lab-{key}-{value}")).failed
    assert fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))["changed"] is False
    assert fw.table()["10.1.0.1"] == {DEV, "illumio-lab-env-Test"} and len(claims(fw)) == 2


def test_a_template_of_one_s_own_that_lies_inside_the_earlier_one(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    path = nested(tmp_path, hosts(3, "illumio.lab.env.Test"), owner="pce.example.com/1")
    assert fw.register(src=path, retired_templates=["illumio.{key}.{value}"]).failed
    assert not fw.register(src=path, retired_templates=["illumio.{key}.{value}"], accept_scope_change=True).failed
    assert fw.owned() == sets(hosts(3, "illumio.lab.env.Test"))
    assert not fw.register(state="absent", teardown_confirm="illumio.lab.", tag_template="illumio.lab.{key}.{value}").failed


def test_a_list_by_hand_never_displaces_what_a_sync_filled(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    result = fw.register(registrations=rows(hosts(1, PROD)), **OPEN)
    assert result.failed and result["guards"][0]["name"] == "other_owner"
    assert fw.owned() == sets(hosts(3, DEV))


def test_after_a_change_of_scope_removals_have_to_be_accepted(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(4, DEV), scope="000000000001"))
    wider = write_tag_map(tmp_path / "wider.jsonl", {**hosts(3, DEV), **hosts(2, PROD, start=9)}, scope="000000000002")
    result = fw.register(src=wider)
    assert result.failed and [each["name"] for each in result["guards"]] == ["scope_change"] and "accept_scope_change=true" in result.message
    assert fw.owned() == sets(hosts(4, DEV))
    result = fw.register(src=wider, on_guard="additions")
    assert result.failed and result["changed"] and result["plan"]["withheld"] == 1
    assert fw.owned() == sets({**hosts(4, DEV), **hosts(2, PROD, start=9)}) and claims(fw)[0].endswith("000000000001.")
    result = fw.register(src=wider, accept_scope_change=True)
    assert not result.failed and fw.owned() == sets({**hosts(3, DEV), **hosts(2, PROD, start=9)})
    assert [claim[-13:] for claim in claims(fw)] == ["000000000002."]
    assert fw.register(src=wider)["changed"] is False


def scoped(tmp_path, registrations, **options):
    """A tag map as render writes it under these options."""
    found = Rules(**options).as_options()
    return write_tag_map(tmp_path / "scoped.jsonl", registrations, scope=scope_digest(found), **found)


CHANGES = [
    ({"label_keys": ["app", "env"]}, {"label_keys": ["env"]}, 'label_keys was ["app", "env"], is ["env"]', 'label_keys was changed and is ["env"] now'),
    ({}, {"label_keys": ["env"]}, 'label_keys was all, is ["env"]', 'label_keys was changed and is ["env"] now'),
    ({"ipv6": True}, {"exclude_networks": ["10.9.0.0/16"]}, 'ipv6 was true, is false; exclude_networks was [], is ["10.9.0.0/16"]',
     'ipv6 was changed and is false now; exclude_networks was changed and is ["10.9.0.0/16"] now'),
    ({"aliases": ["env"]}, {}, 'aliases was ["env"], is []', "aliases was changed and is [] now"),
]


@pytest.mark.parametrize("before, after, known, unknown", CHANGES)
def test_a_scope_change_is_named_with_the_values_of_before_where_a_record_is_kept(fw, tmp_path, before, after, known, unknown):
    records = str(tmp_path / "records")
    assert not fw.register(src=scoped(tmp_path, hosts(4, DEV), **before), record_dir=records).failed
    path = scoped(tmp_path, hosts(3, DEV), **after)
    result = fw.register(src=path, record_dir=records)
    assert result.failed and known in result.message and unknown not in result.message, result.message
    result = fw.register(src=path)
    assert result.failed and unknown in result.message and known not in result.message, result.message
    result = fw.register(src=path, caller="dag_sync")
    assert "dag_sync_" + unknown.split(" ")[0] in result.message
    assert not fw.register(src=path, accept_scope_change=True).failed
    fw.lab.control.read_only("fw1")
    assert fw.register(src=path)["changed"] is False


def test_the_record_of_another_scope_says_nothing(fw, tmp_path):
    records = str(tmp_path / "records")
    fw.register(src=scoped(tmp_path, hosts(4, DEV), label_keys=["env"]), record_dir=records)
    fw.register(src=scoped(tmp_path, hosts(4, DEV), label_keys=["env", "app"]))  # from another controller
    result = fw.register(src=scoped(tmp_path, hosts(3, DEV), label_keys=["loc", "env"]), record_dir=records)
    assert result.failed and 'label_keys was changed and is ["loc", "env"] now' in result.message, result.message


def test_a_claim_without_a_fingerprint_is_not_rewritten_for_that_alone(fw, tmp_path):
    path = scoped(tmp_path, hosts(4, DEV))
    fw.register(src=path)
    tag = claims(fw)[0]
    assert re.search(r":[0-9a-f]{12}\.[0-9a-f]{16}\Z", tag)
    fw.lab.control.mutate("unregister", device="fw1", address=CLAIM)
    put(fw, {CLAIM: [tag.rpartition(".")[0] + "."]})
    fw.lab.control.read_only("fw1")
    result = fw.register(src=path)
    assert not result.failed and result["changed"] is False and result["claim"]["kind"] == "ours"
    fw.lab.control.read_only("fw1", False)
    result = fw.register(src=scoped(tmp_path, hosts(3, DEV), label_keys=["env"]))
    assert result.failed and "template, label keys" in result.message and not fw.lab.control.violations()


def test_the_first_run_after_an_upgrade_writes_everything_once_and_the_second_nothing(fw, tmp_path):
    """Refused runs of the release before gave timers that its claim does not tell of."""
    path = scoped(tmp_path, hosts(30, DEV))
    fw.register(src=path)
    tag = claims(fw)[0]
    fw.lab.control.mutate("clear_table", device="fw1")
    put(fw, {**hosts(20, DEV), CLAIM: [tag.rpartition(".")[0]]})
    put(fw, hosts(10, DEV, start=21), timeout=600)
    before = fw.table()
    result = fw.register(src=scoped(tmp_path, hosts(3, DEV)), max_removals=1)
    assert result.failed and result["plan"]["renewed"] == 0 and fw.table() == before
    path = scoped(tmp_path, hosts(30, DEV))
    result = fw.register(src=path)
    assert not result.failed and result["claim"]["kind"] == "ours" and result["plan"]["renewed"] == 30 and claims(fw) == [tag]
    fw.lab.control.read_only("fw1")
    again = fw.register(src=path)
    assert not again.failed and again["changed"] is False and again["plan"]["renewed"] == 0 and not fw.lab.control.violations()
    fw.lab.control.advance(999999)
    assert fw.owned() == sets(hosts(30, DEV))


def test_a_claim_that_is_too_long_for_its_fingerprint_is_not_written_for_ever(fw, tmp_path):
    path = scoped(tmp_path, hosts(4, DEV), aliases=["k" * 80])
    assert not fw.register(src=path).failed and ".:" in claims(fw)[0]
    fw.lab.control.read_only("fw1")
    again = fw.register(src=path)
    assert not again.failed and again["changed"] is False and again["plan"]["renewed"] == 0 and not fw.lab.control.violations()


def test_a_scope_change_that_only_adds_needs_no_permission(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(4, DEV), scope="000000000001"))
    result = fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(4, DEV, WEB), scope="000000000002"))
    assert not result.failed and [claim[-13:] for claim in claims(fw)] == ["000000000002."]


def test_prune_false_is_no_way_around_the_claim(fw, tmp_path):
    """Stale registrations that prune=false keeps are still those of the other scope: a later run with prune needs the permission."""
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(4, DEV), scope="000000000001"))
    narrower = write_tag_map(tmp_path / "narrower.jsonl", hosts(3, DEV), scope="000000000002")
    assert not fw.register(src=narrower, prune=False).failed
    assert fw.register(src=narrower, prune=False)["changed"] is False
    result = fw.register(src=narrower)
    assert result.failed and [each["name"] for each in result["guards"]] == ["scope_change"], result
    assert not fw.register(src=narrower, accept_scope_change=True).failed and fw.owned() == sets(hosts(3, DEV))


def test_owned_registrations_without_a_claim_are_not_removed_without_adopt(fw):
    put(fw, hosts(4, DEV))
    result = fw.register(registrations=rows(hosts(3, DEV)))
    assert result.failed and [each["name"] for each in result["guards"]] == ["unclaimed"] and "adopt=true" in result.message
    assert fw.owned() == sets(hosts(4, DEV)) and not fw.writes()
    prove(fw, hosts(3, DEV), adopt=["true"])
    assert claims(fw)
    prove(fw, hosts(2, DEV))


def test_what_is_there_already_is_claimed_where_nothing_goes(fw):
    put(fw, hosts(3, DEV))
    result = prove(fw, hosts(4, DEV))
    assert result["claim"]["kind"] == "unclaimed" and claims(fw)


# -- aliases -------------------------------------------------------------------------------------------------------------

def aliased(tmp_path, registrations, aliases=("env",), scope="0123456789ab"):
    return write_tag_map(tmp_path / "aliases.jsonl", registrations, aliases=list(aliases), scope=scope)


def test_an_alias_comes_and_goes_with_its_namespaced_tag(fw, tmp_path):
    put(fw, {"10.1.0.3": ["Development"], "10.3.0.1": ["Development"], "10.3.0.2": ["Production"]})
    result = fw.register(src=aliased(tmp_path, hosts(3, DEV, WEB, "Development")))
    assert not result.failed and result["taken_over"] == [{"address": "10.1.0.3", "tags": ["Development"]}] and "1 bare tags taken over" in result["message"]
    assert fw.table()["10.1.0.1"] == {DEV, WEB, "Development"}
    assert fw.register(src=aliased(tmp_path, hosts(3, DEV, WEB, "Development")))["changed"] is False
    result = fw.register(src=aliased(tmp_path, {**hosts(1, PROD, WEB, "Production"), "10.1.0.2": [DEV, "Development"]}))
    assert not result.failed
    table = fw.table()
    assert table["10.1.0.1"] == {PROD, WEB, "Production"} and table["10.1.0.2"] == {DEV, "Development"} and "10.1.0.3" not in table
    assert table["10.3.0.1"] == {"Development"} and table["10.3.0.2"] == {"Production"}


def test_a_bare_value_of_another_key_is_foreign(fw, tmp_path):
    put(fw, {"10.1.0.1": ["Web"]})
    fw.register(src=aliased(tmp_path, hosts(1, DEV, WEB, "Development")))
    fw.register(src=aliased(tmp_path, hosts(1, DEV, "Development", start=2)), adopt=["true"])
    assert fw.table()["10.1.0.1"] == {"Web"}


@pytest.mark.parametrize("key", ["env", "Business Unit", "a:b", "a,b", "~", "k" * 90])
def test_aliases_that_are_given_up_go_too(fw, tmp_path, key):
    tag = DEV if key == "env" else "illumio.%s.Development" % key
    fw.register(src=aliased(tmp_path, hosts(3, tag, "Development"), (key,)))
    path = aliased(tmp_path, hosts(3, tag), (), "000000000002")
    assert fw.register(src=path).failed
    assert not fw.register(src=path, accept_scope_change=True).failed
    assert fw.owned() == sets(hosts(3, tag)) and not any("Development" in tags for address, tags in fw.table().items() if address.startswith("10.1."))


# -- workloader ----------------------------------------------------------------------------------------------------------

MARK = "/orgs/1/workloads/622bbda7-2950-488e-b0d3-43feb1ffa08%d"


def test_workloader_is_taken_over_on_request_only_and_where_its_mark_is(fw, tmp_path):
    put(fw, {"10.1.0.1": [MARK % 1, "Development", "Web", "quarantine"], "10.1.0.2": [MARK % 2, "Development"], "10.1.0.3": ["Development", "Web"],
             "10.1.0.4": [MARK % 4, "Unknown"]})
    before = fw.table()
    path = write_tag_map(tmp_path / "map.jsonl", hosts(1, DEV, WEB), label_values=["Development", "Web", "Production"])
    assert not fw.register(src=path).failed
    assert foreign(before) == fw.foreign()
    predicted = fw.register(src=path, adopt=["workloader"], check=True)
    assert predicted["adopted"] == [{"address": "10.1.0.1", "tags": sorted([MARK % 1, "Development", "Web"])},
                                    {"address": "10.1.0.2", "tags": sorted([MARK % 2, "Development"])}, {"address": "10.1.0.4", "tags": [MARK % 4]}]
    result = fw.register(src=path, adopt=["workloader"], max_removals=5)
    assert result.failed and result["guards"][0]["name"] == "number" and foreign(before) == fw.foreign()
    result = fw.register(src=path, adopt=["workloader"])
    assert not result.failed and result["plan"] == predicted["plan"] and result["plan"]["adopted"] == 6
    table = fw.table()
    assert table["10.1.0.1"] == {DEV, WEB, "quarantine"} and "10.1.0.2" not in table
    assert table["10.1.0.3"] == {"Development", "Web"} and table["10.1.0.4"] == {"Unknown"}
    assert fw.register(src=path, adopt=["workloader"])["changed"] is False


def test_the_permit_that_is_told_while_workloader_is_adopted_helps_on_the_next_run(fw, tmp_path):
    put(fw, {"10.1.0.%d" % number: [MARK % 1, "Development"] for number in range(1, 31)})
    path = write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV), label_values=["Development"])
    result = fw.register(src=path, adopt=["workloader"], on_guard="additions", timeout=3600)
    assert result.failed and result["changed"] and len(claims(fw)) == 1 and fw.owned() == sets(hosts(3, DEV)), result
    permits = {each["permit"].partition("=")[0]: each["permit"].partition("=")[2] for each in result["guards"]}
    assert "adopt" not in permits
    result = fw.register(src=path, adopt=["workloader"], timeout=3600, **permits)
    assert not result.failed and fw.table() == {**sets(hosts(3, DEV)), CLAIM: frozenset(claims(fw)), **sets(FOREIGN)}


def test_adopting_workloader_without_aliases_of_a_value_keeps_what_is_desired(fw, tmp_path):
    """An alias that workloader registered before is desired now: it stays."""
    put(fw, {"10.1.0.1": [MARK % 1, "Development"]})
    path = write_tag_map(tmp_path / "map.jsonl", hosts(1, DEV, "Development"), label_values=["Development"], aliases=["env"])
    assert not fw.register(src=path, adopt=["workloader"]).failed
    assert fw.table()["10.1.0.1"] == {DEV, "Development"}


# -- retired templates ---------------------------------------------------------------------------------------------------

def test_a_changed_template_and_retired_ones(fw, tmp_path):
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(3, DEV)))
    new = write_tag_map(tmp_path / "new.jsonl", hosts(3, "zt-env-Development"), tag_template="zt-{key}-{value}", namespace="zt-", scope="000000000002")
    result = fw.register(src=new)
    assert not result.failed and fw.owned() == sets(hosts(3, DEV)) and any("retired_templates" in warning for warning in result.warnings), result.warnings
    result = fw.register(src=new, retired_templates=["illumio.{key}.{value}"])
    assert result.failed and [each["name"] for each in result["guards"]] == ["scope_change"]
    result = fw.register(src=new, retired_templates=["illumio.{key}.{value}"], accept_scope_change=True)
    assert not result.failed and not result.warnings
    assert fw.owned() == {} and fw.owned(namespace="zt-") == sets(hosts(3, "zt-env-Development")) and not claims(fw)[1:]
    fw.lab.control.read_only("fw1")
    assert fw.register(src=new, retired_templates=["illumio.{key}.{value}"])["changed"] is False


# -- teardown ------------------------------------------------------------------------------------------------------------

def torn_down(fw, tmp_path):
    put(fw, {"10.1.0.1": ["quarantine", "Production"]})
    fw.register(src=write_tag_map(tmp_path / "map.jsonl", hosts(60, DEV, WEB, "Development"), aliases=["env"]))
    fw.lab.control.clear_log()
    return fw.table()


def test_teardown_removes_the_namespace_and_nothing_else(fw, tmp_path):
    before = torn_down(fw, tmp_path)
    predicted = fw.register(state="absent", check=True)
    assert not predicted.failed and predicted["changed"] and predicted["plan"]["unregister"] == 181 and fw.table() == before
    result = fw.register(state="absent", teardown_confirm="illumio.")
    assert not result.failed and result["plan"] == predicted["plan"]
    assert fw.table() == sets({**FOREIGN, "10.1.0.1": ["quarantine", "Production"]})
    fw.lab.control.read_only("fw1")
    assert fw.register(state="absent", teardown_confirm="illumio.")["changed"] is False


@pytest.mark.parametrize("options", [{}, {"teardown_confirm": ""}, {"teardown_confirm": "illumio"}, {"teardown_confirm": "yes"},
                                     {"teardown_confirm": "illumio.", "tag_template": "zt.{key}.{value}"}, {"teardown_confirm": "Illumio."}])
def test_teardown_has_to_be_confirmed(fw, tmp_path, options):
    before = torn_down(fw, tmp_path)
    result = fw.register(state="absent", **options)
    assert result.failed and "set teardown_confirm=" in result.message
    assert fw.table() == before and not fw.writes()


def test_teardown_compares_the_owner_where_it_is_told(fw, tmp_path):
    before = torn_down(fw, tmp_path)
    result = fw.register(state="absent", teardown_confirm="illumio.", owner="other.example.com/1")
    assert result.failed and result["guards"][0]["name"] == "other_owner" and fw.table() == before
    assert not fw.register(state="absent", teardown_confirm="illumio.", owner="pce.example.com/1").failed


def test_the_permit_that_a_teardown_tells_of_another_owner_is_enough(fw, tmp_path):
    torn_down(fw, tmp_path)
    options = {"state": "absent", "teardown_confirm": "illumio.", "owner": "other.example.com/1"}
    guards = fw.register(**options)["guards"]
    name, _equals, value = guards[0]["permit"].partition(": ")[0].partition("=")
    assert name == "adopt" and value.startswith("from:pce.example.com/1"), guards
    assert fw.register(adopt=["from:third.example.com/1"], **options).failed
    assert not fw.register(adopt=["from:pce.example.com/1"], **options).failed
    assert fw.table() == sets({**FOREIGN, "10.1.0.1": ["quarantine", "Production"]})


def test_teardown_with_an_absolute_number(fw, tmp_path):
    before = torn_down(fw, tmp_path)
    result = fw.register(state="absent", teardown_confirm="illumio.", max_removals=100)
    assert result.failed and result["guards"][0]["name"] == "number" and fw.table() == before


def test_teardown_leaves_nothing_of_the_namespace_on_the_claim_s_address(fw):
    put(fw, {CLAIM: ["documentation", "illumio.claim:broken", "illumio.env.Test"], "10.1.0.1": [DEV]})
    assert not fw.register(state="absent", teardown_confirm="illumio.").failed
    assert fw.table() == sets({**FOREIGN, CLAIM: ["documentation"]})
