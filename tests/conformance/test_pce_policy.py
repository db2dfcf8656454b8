# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label groups and label dimensions are written, in draft and with provisioning (PCE facts 3.2, 3.3; policy facts a.1, a.8, a.13)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies

from ..lab.http import Request
from .pce_client import SMALL, Client

POLICY = "/orgs/1/sec_policy"
DRAFT, ACTIVE = f"{POLICY}/draft/label_groups", f"{POLICY}/active/label_groups"
DIMENSIONS = "/orgs/1/label_dimensions"
STEPS = ("make", "edit", "nest", "delete", "provision", "revert")


def named(client: Client, where: str = DRAFT) -> dict[str, dict]:
    """The groups by name."""
    return {group["name"]: group for group in client.rows(where)}


def made(client: Client, name: str, *labels: str, sub_groups: tuple[str, ...] = (), key: str = "env") -> str:
    """A new group's href."""
    body = {"name": name, "key": key, "labels": [{"href": client.label(key, value)} for value in labels], "sub_groups": [{"href": href} for href in sub_groups]}
    answer = client("POST", DRAFT, body)
    assert answer.status == 201, answer.body
    return answer.json["href"]


def provisioned(client: Client, *hrefs: str):
    """The answer to provisioning."""
    return client("POST", POLICY, {"update_description": "change 7", "change_subset": {"label_groups": [{"href": href} for href in hrefs]}})


def active(href: str) -> str:
    return href.replace("/draft/", "/active/")


def waiting(client: Client) -> dict[str, str]:
    """name -> update_type of what is pending."""
    return {row["name"]: row["update_type"] for row in client.get(POLICY + "/pending").json.get("label_groups", ())}


def test_a_group_from_its_first_draft_to_its_end() -> None:
    client = Client()
    assert client.get(POLICY + "/pending").json == {}
    href = made(client, "New", "Test")
    shown = client.get(href).json
    assert (shown["update_type"], shown["key"], shown["labels"]) == ("create", "env", [{"href": client.label("env", "Test"), "key": "env", "value": "Test"}])
    assert client.get(active(href)).status == 404 and waiting(client) == {"New": "create"}
    answer = provisioned(client, href)
    assert answer.status == 201
    assert (answer.json["version"], answer.json["commit_message"], answer.json["href"]) == (2, "change 7", POLICY + "/2")
    assert answer.json["object_counts"]["label_groups"] == 4 and answer.json["workloads_affected"] == 1
    assert client.get(active(href)).json == {**client.get(href).json, "href": active(href)} and client.get(href).json["update_type"] is None

    assert client("PUT", href, {"name": "Newer", "labels": []}).status == 204
    assert (client.get(href).json["update_type"], client.get(active(href)).json["name"]) == ("update", "New")
    assert provisioned(client, href).json["version"] == 3 and client.get(active(href)).json["labels"] == []

    assert client("DELETE", href).status == 204
    assert client.get(href).json["update_type"] == "delete" and client.get(active(href)).status == 200
    assert client("PUT", href, {"description": "back?"}).status == 204 and client.get(href).json["update_type"] == "delete"
    assert client("POST", DRAFT, {"name": "Newer", "key": "env"}).token == "name_must_be_unique"  # its name stays taken
    assert provisioned(client, href).status == 201
    assert client.get(href).status == client.get(active(href)).status == 404
    assert [version["version"] for version in client.get(POLICY).json] == [4, 3, 2, 1]
    assert client.get(POLICY + "/active").json == client.get(POLICY + "/4").json and client.get(POLICY + "/9").status == 404
    assert client.get(POLICY + "/draft").json["version"] == 5
    assert [event["event_type"] for event in reversed(client.events())] == [
        "label_group.create", "sec_policy.create", "label_group.update", "sec_policy.create", "label_group.delete", "label_group.update", "sec_policy.create"]


@pytest.mark.parametrize("body, token", [
    ({"name": "X"}, "input_validation_error"), ({"key": "env"}, "input_validation_error"), ({"name": "X", "key": "env", "colour": 1}, "input_validation_error"),
    ({"name": "X", "key": "nonsense"}, "invalid_label_key"), ({"name": "Inner", "key": "env"}, "name_must_be_unique"),
    ({"name": "X", "key": "env", "labels": [{"href": "/orgs/1/labels/999"}]}, "invalid_uri"),
    ({"name": "X", "key": "role", "labels": [{"href": "{Test}"}]}, "invalid_uri"),
    ({"name": "X", "key": "env", "sub_groups": [{"href": DRAFT + "/nowhere"}]}, "invalid_uri"),
    ({"name": "X", "key": "role", "sub_groups": [{"href": "{Inner}"}]}, "invalid_uri"),
])
def test_what_is_no_group(body: dict, token: str) -> None:
    client = Client()
    for entry in (*body.get("labels", ()), *body.get("sub_groups", ())):
        entry["href"] = entry["href"].replace("{Test}", client.label("env", "Test")).replace("{Inner}", named(client)["Inner"]["href"])
    before = client.rows(DRAFT)
    answer = client("POST", DRAFT, body)
    assert (answer.status, answer.token) == (406, token) and client.rows(DRAFT) == before


def test_changes_of_a_group_are_checked_before_any_takes_effect() -> None:
    client = Client()
    groups = named(client)
    for body in ({"key": "role"}, {"description": "x", "name": "Outer"}, {"description": "x", "sub_groups": [{"href": groups["Outer"]["href"]}]},
                 {"sub_groups": [{"href": groups["Inner"]["href"]}]}):  # the key stays; a group is never inside itself
        assert client("PUT", groups["Inner"]["href"], body).status == 406
    assert named(client) == groups and waiting(client) == {}
    assert client("PUT", groups["Inner"]["href"], {"name": "Core"}).status == 204
    assert [sub["name"] for sub in named(client)["Outer"]["sub_groups"]] == ["Core"]
    assert client("PUT", groups["Inner"]["href"], {"name": "Inner"}).status == 204
    assert waiting(client) == {}  # as it is active


def test_a_group_inside_another_one_and_a_label_in_use() -> None:
    client = Client()
    groups = named(client)
    assert client("DELETE", groups["Inner"]["href"]).token == "label_group_referenced"
    label = client.label("env", "Unused")
    href = made(client, "Holder", "Unused")
    assert client("DELETE", label).token == "label_referenced_by_label_group"
    assert client.get(href + "/all_labels").json == [{"href": label, "key": "env", "value": "Unused"}]
    provisioned(client, href)
    client("PUT", href, {"labels": []})
    assert client("DELETE", label).token == "label_referenced_by_label_group"  # the active policy counts
    provisioned(client, href)
    assert client("DELETE", label).status == 204


def test_what_cannot_be_provisioned() -> None:
    client = Client()
    known, new = named(client)["Inner"]["href"], made(client, "New")
    for subset in ({"label_groups": [{"href": known}]}, {"label_groups": [{"href": new}, {"href": DRAFT + "/nowhere"}]},
                   {"label_groups": [{"href": new}], "ip_lists": [{"href": POLICY + "/draft/ip_lists/1"}]}, {"label_groups": [{"href": active(new)}]}):
        answer = client("POST", POLICY, {"change_subset": subset})
        assert (answer.status, answer.token) == (406, "not_acceptable_error")
    assert client("POST", POLICY, {"change_subset": {"colours": []}}).token == "input_validation_error"
    assert waiting(client) == {"New": "create"} and client.get(active(new)).status == 404
    assert client("POST", POLICY, {}).status == 201  # without a subset: all that is pending
    assert waiting(client) == {} and client("POST", POLICY, {}).status == 406


def nested(client: Client) -> tuple[str, str, str]:
    """Three new groups, each inside the next."""
    first = made(client, "First", "Test")
    second = made(client, "Second", sub_groups=(first,))
    return first, second, made(client, "Third", sub_groups=(second,))


def asked(client: Client, operation: str, *hrefs: str) -> dict[str, list[str]]:
    """What has to go along, and why."""
    subset = {"label_groups": [{"href": href} for href in hrefs]}
    rows = client("POST", POLICY + "/draft/dependencies", {"operation": operation, "change_subset": subset}).json
    return {row["dependency"]["label_groups"]["href"]: [each["href"] for each in row["required_by"]["label_groups"]] for row in rows}


@pytest.mark.parametrize("transitive", ["yes", "direct_only"])
def test_dependencies(transitive: str) -> None:
    client = Client(transitive_dependencies=transitive)
    first, second, third = nested(client)
    assert asked(client, "commit", third) == {second: [third], **({first: [second]} if transitive == "yes" else {})}
    assert asked(client, "commit", third, second) == {first: [second]}
    assert asked(client, "commit", third, second, first) == asked(client, "commit", first) == {}
    assert asked(client, "revert", first) == {second: [first], **({third: [second]} if transitive == "yes" else {})}
    answer = client("POST", POLICY + "/draft/dependencies", {"change_subset": {"label_groups": [{"href": first}]}})
    assert answer.token == "input_validation_error"  # the operation has to be said


@pytest.mark.parametrize("auto", ["no", "yes"])
def test_provisioning_without_what_has_to_go_along(auto: str) -> None:
    client = Client(auto_dependencies=auto)
    first, second, third = nested(client)
    answer = provisioned(client, third)
    assert answer.status == (406 if auto == "no" else 201)
    assert [client.get(active(href)).status for href in (first, second, third)] == [404 if auto == "no" else 200] * 3
    if auto == "no":
        assert provisioned(client, third, second, first).status == 201
    assert client.get(active(third)).json["sub_groups"] == [{"href": active(second), "name": "Second"}]


def test_deleting_a_group_needs_the_group_that_lets_go_of_it() -> None:
    client = Client()
    groups = named(client)
    inner, parents = groups["Inner"]["href"], [groups["Outer"]["href"], groups["Sibling"]["href"]]
    for parent in parents:
        assert client("PUT", parent, {"sub_groups": []}).status == 204
    assert client("DELETE", inner).status == 204
    assert set(asked(client, "commit", inner)) == set(parents)
    assert provisioned(client, inner).status == 406
    assert provisioned(client, inner, *parents).status == 201
    assert set(named(client, ACTIVE)) == {"Outer", "Sibling"} == set(named(client))


def test_reverting() -> None:
    client = Client()
    before = client.rows(DRAFT)
    first, second, third = nested(client)
    inner = named(client)["Inner"]["href"]
    client("PUT", inner, {"description": "x"})
    subset = {"change_subset": {"label_groups": [{"href": first}]}}
    assert client("PUT", POLICY + "/delete", subset).status == 406  # the others would be left hanging
    subset["change_subset"]["label_groups"] += [{"href": second}, {"href": third}]
    assert client("PUT", POLICY + "/delete", subset).status == 204
    assert waiting(client) == {"Inner": "update"}
    assert client("DELETE", POLICY + "/pending").status == 204
    assert client.rows(DRAFT) == before


def test_a_group_that_was_never_provisioned() -> None:
    client = Client()
    href = made(client, "New")
    assert client("DELETE", href).status == 204 and client.get(href).status == 404 and waiting(client) == {}
    client = Client(delete_created="pending")
    href = made(client, "New")
    assert client("DELETE", href).status == 204 and client.get(href).json["update_type"] == "delete"
    assert provisioned(client, href).status == 201 and client.get(href).status == 404


@pytest.mark.parametrize("status", [405, 404])
def test_the_active_policy_is_not_written(status: int) -> None:
    client = Client(active_write=str(status))
    group = named(client, ACTIVE)["Inner"]
    before = client.rows(ACTIVE)
    answers = [client("POST", ACTIVE, {"name": "X", "key": "env"}), client("PUT", group["href"], {"name": "X"}), client("DELETE", group["href"])]
    assert [answer.status for answer in answers] == [status] * 3 and client.rows(ACTIVE) == before


def test_putting_what_is_marked_as_deleted_can_be_refused() -> None:
    client = Client(put_on_deleted="refused")
    href = named(client)["Outer"]["href"]
    client("DELETE", href)
    assert client("PUT", href, {"description": "x"}).status == 406


def test_a_key_that_only_reads() -> None:
    client = Client(key_role="read_only")
    href = named(client)["Outer"]["href"]
    tries = [("POST", DRAFT, {"name": "X", "key": "env"}), ("PUT", href, {}), ("DELETE", href, None), ("POST", POLICY, {}), ("PUT", POLICY + "/delete", {}),
             ("DELETE", POLICY + "/pending", None), ("POST", DIMENSIONS, {"key": "x", "display_name": "X"})]
    assert [client(method, target, body).status for method, target, body in tries] == [403] * len(tries)
    assert client.get(POLICY + "/pending").status == 200


def content(client: Client, where: str) -> dict[str, tuple]:
    """What groups are, whatever their policy version and whoever touched them last."""
    return {active(group["href"]): (group["name"], group["description"], group["labels"], [active(sub["href"]) for sub in group["sub_groups"]])
            for group in client.rows(where)}


@settings(max_examples=40, deadline=None)
@given(strategies.lists(strategies.tuples(strategies.sampled_from(STEPS), strategies.integers(0, 6)), max_size=25))
def test_whatever_is_done_drafts_and_active_groups_fit_together(steps: list[tuple[str, int]]) -> None:
    client = Client(SMALL, auto_dependencies="yes")
    for place, (step, number) in enumerate(steps):
        drafts = client.rows(DRAFT)
        one, other = (drafts[(number + more) % len(drafts)]["href"] if drafts else DRAFT + "/none" for more in (0, 1))
        calls = {
            "make": ("POST", DRAFT, {"name": f"G{place}", "key": "env"}), "edit": ("PUT", one, {"description": f"step {number}"}),
            "nest": ("PUT", one, {"sub_groups": [{"href": other}]}), "delete": ("DELETE", one, None),
            "provision": ("POST", POLICY, {"change_subset": {"label_groups": [{"href": one}]}}), "revert": ("DELETE", POLICY + "/pending", None),
        }
        assert client(*calls[step]).status in (201, 204, 404, 406)
    for where in (DRAFT, ACTIVE):
        hrefs = {group["href"] for group in client.rows(where)}
        assert all(sub["href"] in hrefs for group in client.rows(where) for sub in group["sub_groups"]), where
    client("POST", POLICY, {})
    assert waiting(client) == {}
    assert content(client, DRAFT) == content(client, ACTIVE)


def test_a_dimension_from_its_beginning_to_its_end() -> None:
    client = Client()
    assert client("POST", "/orgs/1/labels", {"key": "quarantine", "value": "full"}).token == "invalid_label_key"
    answer = client("POST", DIMENSIONS, {"key": "quarantine", "display_name": "Quarantine", "display_info": {"initial": "Q", "background_color": "#ff0000"}})
    assert answer.status == 201
    shown = client.get(answer.json["href"]).json
    assert shown == answer.json and (shown["key"], shown["caps"], shown["usage"]) == (
        "quarantine", ["write", "delete"], {"labels": False, "label_groups": False})
    info = shown["display_info"]
    assert (info["initial"], info["background_color"], info["foreground_color"]) == ("Q", "#ff0000", "#ffffff")
    assert client("POST", DIMENSIONS, {"key": "quarantine", "display_name": "Other"}).status == 406
    label = client("POST", "/orgs/1/labels", {"key": "quarantine", "value": "full"}).json["href"]
    assert client("PUT", shown["href"], {"display_name": "Isolation", "display_info": {"initial": "I"}}).status == 204
    after = client.get(shown["href"]).json
    assert (after["display_name"], after["display_info"]["initial"], after["display_info"]["background_color"], after["usage"]["labels"]) == (
        "Isolation", "I", "#ff0000", True)
    assert client("PUT", shown["href"], {"key": "other"}).token == "input_validation_error"
    assert client("DELETE", shown["href"]).status == 406  # a label of it exists
    assert client("DELETE", label).status == 204 and client("DELETE", shown["href"]).status == 204
    assert client.get(shown["href"]).json["deleted"] is True
    assert "quarantine" not in [each["key"] for each in client.rows(DIMENSIONS)]
    assert "quarantine" in [each["key"] for each in client.rows(DIMENSIONS, deleted="true")]
    assert client("POST", "/orgs/1/labels", {"key": "quarantine", "value": "full"}).token == "invalid_label_key"
    assert client("DELETE", shown["href"]).status == client("PUT", shown["href"], {}).status == 404
    again = client("POST", DIMENSIONS, {"key": "quarantine", "display_name": "Again"})
    assert again.status == 201 and again.json["href"] != shown["href"]


def test_the_dimensions_of_the_product_stay() -> None:
    client = Client()
    for dimension in client.rows(DIMENSIONS, key="env"):
        assert client("DELETE", dimension["href"]).status == 406
    assert client("PUT", client.rows(DIMENSIONS, key="env")[0]["href"], {"display_name": "Stage"}).status == 204
    assert client.rows(DIMENSIONS, key="env")[0]["display_name"] == "Stage"
    made_ones = [client("POST", DIMENSIONS, {"key": f"k{number}", "display_name": "K"}).status for number in range(20)]
    assert made_ones == [201] * 15 + [406] * 5  # of 20 types in all


@pytest.mark.parametrize("value, status", [("absent", 404), ("forbidden", 403)])
def test_a_pce_without_dimensions(value: str, status: int) -> None:
    client = Client(label_dimensions=value)
    assert [client("POST", DIMENSIONS, {"key": "x", "display_name": "X"}).status, client("DELETE", DIMENSIONS + "/1").status] == [status] * 2


@pytest.mark.parametrize("path", [
    "/orgs/1//sec_policy/draft/label_groups", "/orgs/1//labels", "/orgs/1//sec_policy//pending",
    "/orgs/1///label_dimensions", "/orgs/1//sec_policy/active/label_groups",
])
def test_two_slashes_are_one(path: str) -> None:
    client = Client()
    one = path
    while "//" in one:
        one = one.replace("//", "/")
    assert client.get(path).status == client.get(one).status == 200 and client.get(path).json == client.get(one).json


def test_writes_jobs_and_hrefs_under_two_slashes() -> None:
    client = Client()
    answer = client("POST", "/orgs/1//sec_policy/draft/label_groups", {"name": "New", "key": "env"})
    href = answer.json["href"]
    assert answer.status == 201 and "//" not in href and client.get(href).status == 200
    assert client("PUT", href.replace("/1/", "/1//"), {"name": "Newer"}).status == 204 and client.get(href.replace("/1/", "/1//")).json["name"] == "Newer"
    assert client("POST", "/orgs/1//sec_policy", {}).status == 201
    assert len(client.gathered("/orgs/1//workloads")) == 5
    assert client.get("/orgs/1//nonsense").status == 404
    assert client.app.classify(Request("POST", "/api/v2/orgs/1//sec_policy"))["type"] == "provision"


def test_what_listens_is_shown_of_single_workloads_only() -> None:
    client = Client({"workloads": 80})
    rows = client.gathered()
    assert all(row["services"] == {} for row in rows)
    for row in rows:
        services = client.get(row["href"]).json["services"]
        if not row["managed"]:
            assert services == {}
            continue
        assert set(services) == {"uptime_seconds", "created_at", "open_service_ports"} and services["open_service_ports"]
        for port in services["open_service_ports"]:
            assert set(port) == {"protocol", "address", "port", "process_name", "user", "package", "win_service_name"}
            assert port["protocol"] in (6, 17) and 0 < port["port"] < 65536 and port["process_name"] and port["user"]
        windows = row["os_id"].startswith("win")
        assert any(port["port"] == (3389 if windows else 22) for port in services["open_service_ports"])
    client = Client()
    ports = client.get(client.workload("web01")["href"]).json["services"]["open_service_ports"]
    assert {80, 443} <= {port["port"] for port in ports}
