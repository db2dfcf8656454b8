# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels (PCE facts 3.1)."""

from __future__ import annotations

from typing import Any

from ..http import Response
from . import events, filters, wire
from .call import Call, Listing
from .errors import ApiError, not_found

RESERVED = ("All Applications", "All Environments", "All Locations", "All Roles")
_USES = (
    "virtual_server",
    "label_group",
    "ruleset",
    "static_policy_scopes",
    "pairing_profile",
    "permission",
    "workload",
    "container_workload",
    "firewall_coexistence_scope",
    "containers_inherit_host_policy_scopes",
    "container_workload_profile",
    "blocked_connection_reject_scope",
    "enforcement_boundary",
    "loopback_interfaces_in_policy_scopes",
    "virtual_service",
)


def _used_by_group(call: Call, href: str) -> bool:
    """Whether a label group holds a label; active policy counts too (PCE facts 2.6)."""
    return any(label["href"] == href for groups in call.store.groups.values() for group in groups.values() for label in group["labels"])


def _with_usage(call: Call, label: dict[str, Any]) -> dict[str, Any]:
    usage = dict.fromkeys(_USES, False)
    usage["workload"] = any(True for _row in call.store.carriers(label["href"]))
    usage["label_group"] = _used_by_group(call, label["href"])
    return {**label, "usage": usage}


def listing(call: Call) -> Listing:
    """GET /orgs/N/labels: `key` and `value` match in part."""
    request = call.request
    # includeDeleted is pylo's spelling; a PCE that ignores unknown parameters ignores it
    call.known(filters.LABELS, "labels")
    deleted, usage = filters.boolean(request, "include_deleted"), filters.boolean(request, "usage")
    exact = filters.boolean(request, "exact_match_for_label_type")
    every = list(call.store.labels.values())
    rows = [label for label in every if deleted or not label["deleted"]]
    for name in ("key", "value"):
        text = request.first(name)
        if text is not None:
            if name == "key" and exact:
                rows = [label for label in rows if label["key"] == text]
            else:
                rows = [label for label in rows if text.lower() in label[name].lower()]
    for name in ("external_data_set", "external_data_reference"):
        text = request.first(name)
        if text is not None:
            rows = [label for label in rows if label[name] == text]
    shown = [wire.encode(_with_usage(call, label) if usage else label) for label in rows]
    return Listing("labels", shown, sum(not label["deleted"] for label in every))


def find(call: Call) -> dict[str, Any]:
    """The label of the request's path. Raises ApiError 404."""
    label = call.store.labels.get(call.href)
    if label is None:
        raise not_found()
    return label


def instance(call: Call) -> Any:
    """GET of one label; deleted ones are still shown."""
    label = find(call)
    return _with_usage(call, label) if filters.boolean(call.request, "usage") else label


def check_value(call: Call, key: str, value: str, own: str = "") -> None:
    """406 for a reserved value and for one that another label of the key has."""
    if not value or value in RESERVED:
        raise ApiError(406, "invalid_label_value", f"Label value {value!r} is not allowed")
    insensitive = call.switches["label_case"] == "insensitive"
    wanted = value.lower() if insensitive else value
    for label in call.store.labels.values():
        if label["deleted"] or label["href"] == own or label["key"] != key:
            continue
        if wanted == (label["value"].lower() if insensitive else label["value"]):
            raise ApiError(406, "label_key_and_value_must_be_unique", "Label key and value must be unique")


def create(call: Call) -> Response:
    """POST of a label; its key must be a known dimension."""
    body = call.valid("labels_post")
    if not any(dimension["key"] == body["key"] and not dimension["deleted"] for dimension in call.store.dimensions.values()):
        raise ApiError(406, "invalid_label_key", f"Label type {body['key']!r} does not exist")
    check_value(call, body["key"], body["value"])
    external = {name: body[name] for name in ("external_data_set", "external_data_reference") if name in body}
    label = call.store.add_label(body["key"], body["value"], **external)
    changes = {name: {"before": None, "after": label[name]} for name in ("key", "value")}
    call.record("label.create", [events.change(events.label_resource(label), changes, "create")], 201)
    return Response.json(label, 201)


def update(call: Call) -> Response:
    """PUT of a label: a new value shows at once on every workload that carries it, without a workload event."""
    label = find(call)
    body = call.valid("labels_put")
    if label["deleted"]:
        raise ApiError(400, "label_already_deleted", "Cannot update a label that has been deleted")
    if "value" in body:
        check_value(call, label["key"], body["value"], label["href"])
    changes = change(call.app, label, body)
    call.record("label.update", [events.change(events.label_resource(label), changes)] if changes else [], 204)
    return Response(204)


def change(app: Any, label: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Carries an update out, on the workloads and groups too; returns the changes for the event."""
    changes = {name: {"before": label[name], "after": value} for name, value in body.items() if label[name] != value}
    store = app.store
    label.update(body)
    label["updated_at"] = wire.moment(store.clock.now())
    if "value" in changes:
        for row in store.rows.values():
            if label["href"] in row.labels:
                content = row.get()
                for each in content["labels"]:
                    if each["href"] == label["href"]:
                        each["value"] = label["value"]
                store.put_row(row, content)
        for groups in store.groups.values():
            for group in groups.values():
                for each in group["labels"]:
                    if each["href"] == label["href"]:
                        each["value"] = label["value"]
    return changes


def delete(call: Call) -> Response:
    """DELETE: soft, refused while the label is in use, with a token that names the holder."""
    label = find(call)
    refusal = why_not_deletable(call, label)
    if refusal is not None:
        raise refusal
    label["deleted"] = True
    label["updated_at"] = wire.moment(call.store.clock.now())
    call.record("label.delete", [events.change(events.label_resource(label), {}, "delete")], 204)
    return Response(204)


def why_not_deletable(call: Call, label: dict[str, Any]) -> ApiError | None:
    """The error that deleting a label meets, or None."""
    if label["deleted"]:
        # an object, not an array, as a client's test has it
        token, message = "label_already_deleted", "Cannot delete a label that has already been deleted"
        return ApiError(406, token, message, body={"token": token, "message": message})
    if any(True for _row in call.store.carriers(label["href"])):
        return ApiError(406, "label_still_has_associated_agent_info", "Label is still assigned to a workload")
    if _used_by_group(call, label["href"]):
        return ApiError(406, "label_referenced_by_label_group", "Label is referenced by a label group")
    return None
