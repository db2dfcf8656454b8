# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label groups in draft and active policy (PCE facts 3.3). Written is the draft; provisioning is in policy.py."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from ..http import Response
from . import events, filters, policy, wire
from .call import Call, Listing
from .errors import ApiError, not_found


def _groups(call: Call) -> dict[str, dict[str, Any]]:
    groups = call.store.groups.get(call.arguments["version"])
    if groups is None:
        raise not_found()
    return groups


def listing(call: Call) -> Listing:
    """GET of the label groups of a policy version."""
    groups = _groups(call)
    call.known(filters.GROUPS, "sec_policy_label_groups")
    request = call.request
    rows = list(groups.values())
    for name in ("name", "description"):
        text = request.first(name)
        if text is not None:
            rows = [group for group in rows if text.lower() in (group[name] or "").lower()]
    for name in ("key", "external_data_set", "external_data_reference"):
        text = request.first(name)
        if text is not None:
            rows = [group for group in rows if group[name] == text]
    usage = filters.boolean(request, "usage")
    return Listing("label_groups", [wire.encode(_with_usage(groups, group) if usage else group) for group in rows], len(groups))


def _with_usage(groups: dict[str, dict[str, Any]], group: dict[str, Any]) -> dict[str, Any]:
    usage = dict.fromkeys((
        "ruleset", "rule", "static_policy_scopes", "containers_inherit_host_policy_scopes", "blocked_connection_reject_scopes", "enforcement_boundary",
        "loopback_interfaces_in_policy_scopes", "ip_forwarding_enabled_scopes", "rule_hit_count_enabled_scopes",
    ), False)
    return {**group, "usage": {"label_group": bool(list(_parents(groups, group["href"]))), **usage}}


def _parents(groups: dict[str, dict[str, Any]], href: str) -> Iterator[dict[str, Any]]:
    return (group for group in groups.values() if any(sub["href"] == href for sub in group["sub_groups"]))


def _find(call: Call) -> dict[str, Any]:
    group = _groups(call).get(call.store.group_href(call.arguments["version"], call.arguments["uuid"]))
    if group is None:
        raise not_found()
    return group


def instance(call: Call) -> Any:
    """GET of one label group."""
    group = _find(call)
    return _with_usage(_groups(call), group) if filters.boolean(call.request, "usage") else group


def all_labels(call: Call) -> Any:
    """GET .../all_labels: the labels of the group and of the groups inside it, each once."""
    groups = _groups(call)
    found: dict[str, dict[str, Any]] = {}
    seen: set[str] = set()
    waiting = [_find(call)["href"]]
    while waiting:
        href = waiting.pop(0)
        if href in seen or href not in groups:
            continue
        seen.add(href)
        for label in groups[href]["labels"]:
            found.setdefault(label["href"], label)
        waiting.extend(sub["href"] for sub in groups[href]["sub_groups"])
    return list(found.values())


def member_of(call: Call) -> Any:
    """GET .../member_of: the groups that hold this one."""
    return [{"href": group["href"], "name": group["name"]} for group in _parents(_groups(call), _find(call)["href"])]


def create(call: Call) -> Response:
    """POST into the draft."""
    body = call.valid("sec_policy_label_groups_post")
    store = call.store
    if not any(dimension["key"] == body["key"] and not dimension["deleted"] for dimension in store.dimensions.values()):
        raise ApiError(406, "invalid_label_key", f"Label type {body['key']!r} does not exist")
    at = wire.moment(store.clock.now())
    by = {"href": "/users/1"}
    group = {
        "href": store.group_href("draft", str(uuid.uuid4())), "created_at": at, "updated_at": at, "deleted_at": None, "created_by": by, "updated_by": by,
        "deleted_by": None, "update_type": "create", "name": body["name"], "description": body.get("description", ""), "key": body["key"], "labels": [],
        "sub_groups": [], "external_data_set": None, "external_data_reference": None,
    }
    changes = _write(call, group, body)
    store.groups["draft"][group["href"]] = group
    call.record("label_group.create", [events.change(_resource(group), changes, "create")], 201)
    return Response.json(group, 201)


def update(call: Call) -> Response:
    """PUT of the draft: what the body names. One that is marked as deleted stays so (PCE policy facts a.1)."""
    group = _find(call)
    body = call.valid("sec_policy_label_groups_put")
    if group["update_type"] == "delete" and call.switches["put_on_deleted"] == "refused":
        raise ApiError(406, "not_acceptable_error", "The object is marked for deletion")
    changes = _write(call, group, body)
    if changes:
        group.update(updated_at=wire.moment(call.store.clock.now()), updated_by={"href": "/users/1"})
    policy.mark(call.store, group)
    call.record("label_group.update", [events.change(_resource(group), changes)] if changes else [], 204)
    return Response(204)


def delete(call: Call) -> Response:
    """DELETE of the draft: gone at once if it was never provisioned, else marked until that is provisioned."""
    group, groups = _find(call), _groups(call)
    if any(parent["update_type"] != "delete" for parent in _parents(groups, group["href"])):
        raise ApiError(406, "label_group_referenced", "Label group is referenced by another label group")
    if group["update_type"] == "create" and call.switches["delete_created"] == "immediate":
        del groups[group["href"]]
    else:
        group["update_type"] = "delete"
        group["updated_at"] = wire.moment(call.store.clock.now())
    call.record("label_group.delete", [events.change(_resource(group), {}, "delete")], 204)
    return Response(204)


def active_is_read_only(call: Call) -> Response:
    """Any write to the active policy."""
    if call.switches["active_write"] == "404":
        raise not_found()
    raise ApiError(405, "method_not_allowed_error", "Not allowed")


def _resource(group: dict[str, Any]) -> dict[str, Any]:
    return {"label_group": {name: group[name] for name in ("href", "name", "key")}}


def _write(call: Call, group: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Takes a checked body over and returns the changes for the event. Raises ApiError 406 and changes nothing then."""
    groups = call.store.groups["draft"]
    new = {**group, **{name: body[name] for name in ("name", "description", "external_data_set", "external_data_reference") if name in body}}
    if any(other["name"] == new["name"] and other["href"] != group["href"] for other in groups.values()):
        raise ApiError(406, "name_must_be_unique", "Name must be unique")
    if "labels" in body:
        new["labels"] = [_label(call, group["key"], entry["href"]) for entry in body["labels"]]
    if "sub_groups" in body:
        new["sub_groups"] = [_inner(groups, group, entry["href"]) for entry in body["sub_groups"]]
    changes = {name: {"before": group[name], "after": value} for name, value in new.items() if group[name] != value}
    group.update(new)
    for parent in _parents(groups, group["href"]):
        for sub in parent["sub_groups"]:
            sub["name"] = group["name"] if sub["href"] == group["href"] else sub["name"]
    return changes


def _invalid_uri(href: str) -> ApiError:
    return ApiError(406, "invalid_uri", f"Invalid URI: {{{href}}}")


def _label(call: Call, key: str, href: str) -> dict[str, str]:
    label = call.store.labels.get(href)
    if label is None or label["deleted"] or label["key"] != key:
        raise _invalid_uri(href)
    return call.store.canonical(href)


def _inner(groups: dict[str, dict[str, Any]], group: dict[str, Any], href: str) -> dict[str, str]:
    """A group that may be put inside another one: of the draft, of the same key, and not around it already."""
    inner = groups.get(href)
    if inner is None or inner["key"] != group["key"]:
        raise _invalid_uri(href)
    waiting, seen = [href], set()
    while waiting:
        each = waiting.pop()
        if each == group["href"]:
            raise _invalid_uri(href)
        if each not in seen and each in groups:
            seen.add(each)
            waiting += [sub["href"] for sub in groups[each]["sub_groups"]]
    return {"href": href, "name": inner["name"]}
