# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PAN-OS: dynamic address groups — the filter grammar, members, forms of the answer (PAN-OS facts 3.3, 4.2)."""

from __future__ import annotations

import pytest

from tests.conformance.panos_client import firewall, fleet
from tests.lab.panos.dag_filter import Filter

ALL = "<show><object><dynamic-address-group><all/></dynamic-address-group></object></show>"
TABLE = {"10.0.0.1": ["web", "prod"], "10.0.0.2": ["web", "dev"], "10.0.0.3": ["db", "prod"], "10.0.1.0/24": ["web", "prod"], "2001:db8::1": ["app one"]}


@pytest.mark.parametrize("text, expected", [
    ("'web'", ["10.0.0.1", "10.0.0.2", "10.0.1.0/24"]), ("web", ["10.0.0.1", "10.0.0.2", "10.0.1.0/24"]), ('"web" and "dev"', ["10.0.0.2"]),
    ("web AND prod", ["10.0.0.1", "10.0.1.0/24"]), ("'db' or 'dev'", ["10.0.0.2", "10.0.0.3"]), ("'db' OR web And dev", ["10.0.0.2", "10.0.0.3"]),
    ("('db' or 'web') and 'prod'", ["10.0.0.1", "10.0.0.3", "10.0.1.0/24"]), ("('web'and'dev')or(('app one'))", ["10.0.0.2", "2001:db8::1"]),
    ("web or dev and db", ["10.0.0.1", "10.0.0.2", "10.0.1.0/24"]), ("'absent'", []), ("'Web'", []), ("web and prod and dev", []),
])
def test_members(text: str, expected: list[str]) -> None:
    client = firewall(groups={"group": {"filter": text}})
    client.register(TABLE)
    assert client.members("group") == expected
    assert client.app.state()["vsys"]["vsys1"]["groups"] == {"group": expected}
    parsed = Filter(text)
    assert [address for address, tags in TABLE.items() if parsed.matches(tags)] == expected


@pytest.mark.parametrize("text", ["", "  ", "and", "'a' and", "('a'", "'a')", "'a' 'b'", "'a", "''", "or 'a'", "()", "x" * 2048])
def test_filters_that_are_wrong(text: str) -> None:
    with pytest.raises(ValueError):
        Filter(text)


def test_tags_with_awkward_characters() -> None:
    client = firewall(groups={"group": {"filter": "'Prod (EU) & <test>' or illumio.app.x/y-z"}})
    client.register({"10.0.0.1": ["Prod (EU) & <test>"], "10.0.0.2": ["illumio.app.x/y-z"]})
    assert client.members("group") == ["10.0.0.1", "10.0.0.2"]
    assert client.op(ALL).root.findtext(".//filter") == "'Prod (EU) & <test>' or illumio.app.x/y-z"


def test_members_follow_the_table() -> None:
    client = firewall(groups={"web": {"filter": "'web'"}})
    assert client.members("web") == []
    client.register({"10.0.0.2": ["web"], "10.0.0.1": ["x"]})
    assert client.members("web") == client.members("web") == ["10.0.0.2"]
    client.register({"10.0.0.1": ["web"]}, {"10.0.0.2": ["web"]})
    assert client.members("web") == ["10.0.0.1"]
    client.register({"10.0.0.3": ["web"]}, timeout=5)
    assert client.members("web") == ["10.0.0.1", "10.0.0.3"]
    client.app.advance(5)
    assert client.members("web") == ["10.0.0.1"]
    client.app.mutate("clear_table")
    assert client.members("web") == []


def test_the_form_of_a_firewall() -> None:
    client = firewall(
        vsys=["vsys1", "vsys2"], address_objects={"H-1": ["risky"]},
        groups={
            "one": {"filter": "'infected'"}, "two": {"filter": "'infected'", "vsys": "vsys2"}, "all": {"filter": "'infected' or 'risky'", "vsys": "shared"},
        },
    )
    client.register({"198.51.100.2": ["infected"]})
    client.register({"198.51.100.3": ["infected"]}, vsys="vsys2")
    answer = client.op(ALL)
    assert (answer.status, answer.root.get("cmd")) == ("success", "status")
    found = [
        (entry.findtext("vsys"), entry.findtext("group-name"), [(member.get("name"), member.get("type")) for member in entry.iterfind("member-list/entry")])
        for entry in answer.root.iterfind("result/dyn-addr-grp/entry")
    ]
    assert found == [
        ("vsys1", "one", [("198.51.100.2", "registered-ip")]), (None, "all", [("H-1", "address-object"), ("198.51.100.2", "registered-ip")]),
    ]
    assert client.members("two", vsys="vsys2") == ["198.51.100.3"]
    assert client.members("all", vsys="vsys2") == ["H-1", "198.51.100.3"]
    assert client.members("two") == client.members("absent") == []


def test_a_group_that_no_rule_uses_is_empty() -> None:
    client = firewall(groups={"used": {"filter": "'a'"}, "unused": {"filter": "'a'", "referenced": False}})
    client.register({"10.0.0.1": ["a"]})
    assert (client.members("used"), client.members("unused")) == (["10.0.0.1"], [])
    assert client.app.state()["vsys"]["vsys1"]["groups"] == {"used": ["10.0.0.1"], "unused": []}


def test_the_form_of_a_panorama_has_no_members() -> None:
    groups = {"a": {"filter": "'x'"}, "b": {"filter": "'x'"}, "c": {"filter": "'x'", "device_group": "Branch"}}
    client = fleet({"name": "pano", "kind": "panorama", "groups": groups})[0]
    client.register({"10.0.0.1": ["x"]})
    root = client.op(ALL).root
    found = {entry.get("name"): [group.get("name") for group in entry] for entry in root.iterfind("result/device-groups/entry")}
    assert found == {"shared": ["a", "b"], "Branch": ["c"]}
    assert root.findtext(".//address-group/filter") == "'x'"
    assert [list(members) for members in root.iter("member-list")] == [[], [], []]


@pytest.mark.parametrize("inner", ["", "<nonsense/>"])
def test_wrong_options(inner: str) -> None:
    assert firewall().op(ALL.replace("<all/>", inner)).code == "17"
