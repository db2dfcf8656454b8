# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads one by one and as a collection (PCE facts 4)."""

from __future__ import annotations

import ipaddress
from typing import Any

from ..http import Response
from . import events, filters, services, wire
from .call import Call, Listing
from .errors import ApiError, invalid, not_found
from .schema import put_shape, validate
from .store import Row

_EMPTY_IGNORED = b'"ignored_interface_names":[]'
_PLAIN = (
    "name",
    "description",
    "external_data_set",
    "external_data_reference",
    "service_principal_name",
    "agent_to_pce_certificate_authentication_id",
    "service_provider",
    "data_center",
    "data_center_zone",
    "datacenter_nat_1to1",
    "hostname",
    "distinguished_name",
    "public_ip",
    "os_id",
    "os_detail",
    "online",
    "visibility_level",
    "ignored_interface_names",
)


def listing(call: Call) -> Listing:
    """GET /orgs/N/workloads."""
    call.known(filters.WORKLOADS, "workloads")
    deleted, quick, deep = filters.workload_tests(call.request)
    visible = in_scope(call, call.store.live)
    rows = visible if not deleted else in_scope(call, list(call.store.rows.values()))
    if quick:
        rows = [row for row in rows if all(test(row) for test in quick)]
    if deep:
        rows = [row for row in rows if _passes(row, deep)]
    return Listing("workloads", shown(call, rows), len(visible))


def _passes(row: Row, tests: list[filters.ContentTest]) -> bool:
    content = row.get()
    return all(test(content) for test in tests)


def in_scope(call: Call, rows: list[Row]) -> list[Row]:
    """What the key may see: all, or what carries the label of a scoped key."""
    scope = call.app.scope
    return rows if scope is None else [row for row in rows if scope in row.labels]


def shown(call: Call, rows: list[Row]) -> list[bytes]:
    """Rows as this PCE's version and settings show them."""
    bare = call.switches["workload_labels"] == "href_only" and call.request.first("representation") is None
    hide = call.switches["ignored_interfaces"] == "removed"
    if not (bare or hide):
        return [row.body for row in rows]
    return [row.body if not bare and _EMPTY_IGNORED in row.body else wire.encode(_reduced(row.get(), bare, hide)) for row in rows]


def _reduced(content: dict[str, Any], bare: bool, hide: bool) -> dict[str, Any]:
    if bare:
        content["labels"] = [{"href": label["href"]} for label in content.get("labels") or ()]
    if hide:
        content["interfaces"] = [entry for entry in content.get("interfaces") or () if entry["name"] not in (content.get("ignored_interface_names") or ())]
    return content


def find(call: Call, href: str, deleted: bool = False) -> Row:
    """A workload the key may see. Raises ApiError 404."""
    row = call.store.rows.get(href)
    if row is None or (row.deleted and not deleted) or not in_scope(call, [row]):
        raise not_found()
    return row


def instance(call: Call) -> Any:
    """GET of one workload: as in the collection, plus its services."""
    row = find(call, call.href, deleted=True)
    if row.deleted and call.switches["deleted_workload"] != "shown":
        status = int(call.switches["deleted_workload"])
        raise ApiError(status, "not_found_error", "Not found")
    content = row.get()
    bare = call.switches["workload_labels"] == "href_only" and call.request.first("representation") is None
    content = _reduced(content, bare, call.switches["ignored_interfaces"] == "removed")
    if row.managed:
        content["services"] = services.of({**content, "labels": row.get().get("labels")})
    return content


def interfaces(call: Call) -> Any:
    """GET of the interfaces of one workload."""
    content = find(call, call.href.rsplit("/", 1)[0]).get()
    name = call.request.first("name")
    return [entry for entry in content.get("interfaces") or () if name in (None, entry["name"])]


def checked_labels(call: Call, entries: list[dict[str, str]]) -> list[dict[str, str]]:
    """Canonical labels out of {href} entries. Raises ApiError 406 for a label that is not there or a second one of a key."""
    store = call.store
    result: dict[str, dict[str, str]] = {}
    for entry in entries:
        label = store.labels.get(entry["href"])
        if label is None or label["deleted"]:
            raise ApiError(406, "invalid_uri", f"Invalid URI: {{{entry['href']}}}")
        if label["key"] in result and call.switches["same_key_labels"] == "refused":
            raise ApiError(406, "duplicate_label_type", "Only one label of each type can be assigned")
        result[label["key"]] = store.canonical(entry["href"])
    return list(result.values())


def _unique(call: Call, body: dict[str, Any], own: Row | None) -> None:
    """external_data_set and external_data_reference together identify one workload."""
    pair = tuple(body.get(name) for name in ("external_data_set", "external_data_reference"))
    if None in pair:
        return
    marker = wire.encode(pair[1])
    for row in call.store.live:
        if row is not own and marker in row.body:
            content = row.get()
            if pair == (content.get("external_data_set"), content.get("external_data_reference")):
                raise ApiError(406, "external_data_reference_must_be_unique", "External data set and reference must be unique")


def _interfaces(call: Call, given: list[dict[str, Any]], old: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Interfaces as kept; what a PUT does not say about an interface that was there stays."""
    kept = {(entry["name"], entry["address"]): entry for entry in old}
    result = []
    for entry in given:
        address = str(ipaddress.ip_address(entry["address"]))
        base = kept.get((entry["name"], address)) or wire.interface(entry["name"], address, call.store.org)
        fields = {
            "cidr_block": "cidr_block",
            "default_gateway_address": "default_gateway_address",
            "link_state": "link_state",
            "friendly_name": "friendly_name",
        }
        result.append({**base, **{name: entry[source] for name, source in fields.items() if source in entry}})
    return result


def build(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The content of a new unmanaged workload from a checked body. Raises ApiError 406."""
    _unique(call, body, None)
    labels = checked_labels(call, body.get("labels", []))
    at = wire.fine_moment(call.store.clock.now())
    content = wire.unmanaged_workload(
        call.store.new_href(),
        call.store.org,
        labels,
        _interfaces(call, body.get("interfaces", []), []),
        at,
        at,
        **{name: body[name] for name in _PLAIN if name in body},
    )
    _set_mode(content, body)
    return content


def _set_mode(content: dict[str, Any], body: dict[str, Any]) -> None:
    """enforcement_mode and the older agent.config.mode are two names of one thing."""
    config = content.setdefault("agent", {}).setdefault("config", {})
    given = body.get("agent", {})
    mode = given.get("config", {}).get("mode")
    if mode is not None:
        content["enforcement_mode"] = next(new for new, old in wire.MODES.items() if old == mode)
    if "log_traffic" in given.get("config", {}):
        config["log_traffic"] = given["config"]["log_traffic"]
    if "enforcement_mode" in body:
        content["enforcement_mode"] = body["enforcement_mode"]
    config["mode"] = wire.MODES.get(content.get("enforcement_mode"))
    if "visibility_level" in body:
        config["visibility_level"] = body["visibility_level"]
    status = given.get("status", {}).get("status")
    if status is not None:
        content["agent"].setdefault("status", {})["status"] = status
        content["ven"] = {**(content.get("ven") or {}), "status": status}


def apply(call: Call, row: Row, body: dict[str, Any]) -> dict[str, Any]:
    """Carries out a checked partial update and returns the changes as events tell them."""
    content = row.get()
    before = {name: content.get(name) for name in (*_PLAIN, "enforcement_mode")}
    _unique(call, body, row)
    changes: dict[str, Any] = {}
    if "labels" in body:
        labels = checked_labels(call, body["labels"])
        changes.update(events.label_changes(call.store, list(row.labels), [label["href"] for label in labels], call.switches["label_changes"]))
        content["labels"] = labels
    if "interfaces" in body:
        old = content.get("interfaces") or []
        content["interfaces"] = _interfaces(call, body["interfaces"], old)
        if old != content["interfaces"]:
            changes["interfaces"] = {"before": old, "after": content["interfaces"]}
    content.update({name: body[name] for name in _PLAIN if name in body})
    _set_mode(content, body)
    for name, value in before.items():
        if content.get(name) != value:
            changes[name] = {"before": value, "after": content.get(name)}
    touch(call, content)
    call.store.put_row(row, content)
    return changes


def touch(call: Call, content: dict[str, Any]) -> None:
    """An edit through the API changes updated_at and updated_by."""
    if call.switches["edits_bump_updated_at"]:
        content["updated_at"] = wire.fine_moment(call.store.clock.now())
        content["updated_by"] = {"href": "/users/1"}


def create(call: Call) -> Response:
    """POST: an unmanaged workload."""
    content = build(call, call.valid("workloads_post"))
    call.store.add_row(content)
    call.record("workload.create", [events.change(events.workload_resource(call.store, content), created_changes(content), "create")], 201)
    return Response.json(content, 201)


def created_changes(content: dict[str, Any]) -> dict[str, Any]:
    """The changes of a creation event."""
    fields = {
        name: {"before": None, "after": content[name]}
        for name in ("name", "hostname", "description", "enforcement_mode", "online")
        if content.get(name) is not None
    }
    if content["labels"]:
        fields["labels"] = {"created": content["labels"], "deleted": []}
    return fields


def update(call: Call) -> Response:
    """PUT: a partial update in the shape that fits the workload."""
    row = find(call, call.href)
    body = call.json(put_shape(None, row.managed))
    validate(body, put_shape(body, row.managed))
    if body.get("href", row.href) != row.href:
        raise invalid("The property '#/href' does not match the URI of the request")
    changes = apply(call, row, body)
    call.record("workload.update", [events.change(events.workload_resource(call.store, row.get()), changes)] if changes else [], 204)
    return Response(204)


def delete(call: Call) -> Response:
    """DELETE: soft, and for unmanaged workloads only."""
    row = find(call, call.href)
    resource = remove(call, row)
    call.record("workload.delete", [events.change(resource, {}, "delete")], 204)
    return Response(204)


def remove(call: Call, row: Row) -> dict[str, Any]:
    """Marks a workload as deleted; returns its canonical form for the event. Raises ApiError 405 for a managed one."""
    if row.managed:
        raise ApiError(405, "method_not_allowed_error", "Not allowed")
    content = row.get()
    resource = events.workload_resource(call.store, content)
    content["deleted"] = True
    touch(call, content)
    call.store.put_row(row, content)
    return resource
