# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bulk operations on workloads, set_labels and remove_labels (PCE facts 4.8, 4.9). Only one bulk operation runs at a time."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..http import Response
from . import events, workloads
from .call import Call
from .errors import ApiError, additional, invalid
from .schema import put_shape, validate
from .store import Row

MOST = 1000


def _items(call: Call, schema: str) -> list[Any]:
    """The array of a bulk request. Raises ApiError 406 for anything else and for more than 1000 items."""
    body = call.json(schema)
    if not isinstance(body, list):
        raise invalid(f"The property '#/' of type Hash did not match the following type: array in schema {schema}.schema.json")
    if len(body) > MOST:
        raise invalid(f"The property '#/' had more items than the allowed {MOST} in schema {schema}.schema.json")
    return body


def create(call: Call) -> Response:
    """PUT bulk_create: results in the order of the items."""
    items = _items(call, "workloads_bulk_create_put")
    for item in items:
        validate(item, "workloads_post")
    results: list[dict[str, Any]] = []
    changes = []
    for item in items:
        try:
            content = workloads.build(call, item)
        except ApiError as error:
            results.append({"href": None, "status": "failed", "token": error.token, "message": error.message})
            continue
        call.store.add_row(content)
        results.append({"href": content["href"], "status": "created"})
        changes.append(events.change(events.workload_resource(call.store, content), workloads.created_changes(content), "create"))
    call.record("workloads.bulk_create", changes, 200)
    return Response.json(results)


def update(call: Call) -> Response:
    """PUT bulk_update: each item in the shape of its workload; failures inline."""
    results = []
    changes = []
    for item in _items(call, "workloads_bulk_update_put"):
        href = item.get("href") if isinstance(item, dict) else None
        row = _found(call, href)
        if row is None:
            results.append({"href": href, "status": "failed", "token": "invalid_uri", "message": f"Invalid URI: {{{href}}}"})
            continue
        try:
            validate(item, put_shape(item, row.managed))
            # the label change of a bulk update is the one that was captured: sets
            before = list(row.labels)
            changed = workloads.apply(call, row, item)
            if "labels" in changed:
                changed.update(events.label_changes(call.store, before, list(row.labels)))
        except ApiError as error:
            status = "validation_failure" if error.token == "input_validation_error" else "failed"
            results.append({"href": href, "status": status, "token": error.token, "message": error.message})
            continue
        results.append({"href": href, "status": "updated"})
        if changed:
            changes.append(events.change(events.workload_resource(call.store, row.get()), changed))
    call.record("workloads.bulk_update", changes, 200)
    return Response.json(results)


def delete(call: Call) -> Response:
    """PUT bulk_delete: answers with the failed ones only."""
    items = _items(call, "workloads_bulk_delete_put")
    validate(items, "workloads_bulk_delete_put")
    failures = []
    changes = []
    for item in items:
        href = item["href"]
        row = _found(call, href)
        try:
            if row is None:
                raise ApiError(404, "not_found_error", "Not found")
            changes.append(events.change(workloads.remove(call, row), {}, "delete"))
        except ApiError as error:
            failures.append({"href": href, "errors": [{"token": error.token, "message": error.message}]})
    call.record("workloads.bulk_delete", changes, 200)
    return Response.json(failures)


def _found(call: Call, href: Any) -> Row | None:
    """The workload an item means: by href, or by a collection href with external data."""
    if not isinstance(href, str):
        return None
    parts = urlsplit(href)
    if parts.query and parts.path == f"/orgs/{call.store.org}/workloads":
        query = parse_qs(parts.query)
        pair = tuple(query.get(name, [None])[0] for name in ("external_data_set", "external_data_reference"))
        if None in pair:
            return None
        for row in workloads.in_scope(call, call.store.live):
            content = row.get()
            if pair == (content.get("external_data_set"), content.get("external_data_reference")):
                return row
        return None
    try:
        return workloads.find(call, href)
    except ApiError:
        return None


def _rows(call: Call, entries: list[dict[str, str]]) -> list[Row]:
    rows = []
    for entry in entries:
        row = _found(call, entry["href"])
        if row is None:
            raise ApiError(406, "invalid_uri", f"Invalid URI: {{{entry['href']}}}")
        rows.append(row)
    return rows


def set_labels(call: Call) -> Response:
    """PUT set_labels: adds or replaces one label per key; on request removes the other ones first."""
    body = call.valid("workloads_set_labels_put")
    field = call.switches["set_labels_field"]
    for name in ("delete_existing", "delete_existing_keys"):
        if name in body and field not in ("either", name):
            raise additional([name], "workloads_set_labels_put.schema.json")
    new = workloads.checked_labels(call, body["labels"])
    keys = {label["key"] for label in new} | set(body.get("delete_existing_keys", ()))

    def relabelled(labels: list[dict[str, str]]) -> list[dict[str, str]]:
        return [label for label in labels if label["key"] not in keys and not body.get("delete_existing")] + new

    return _change_labels(call, body["workloads"], relabelled, "workloads.set_labels")


def remove_labels(call: Call) -> Response:
    """PUT remove_labels: takes the labels of some keys away."""
    body = call.valid("workloads_remove_labels_put")
    keys = set(body["label_keys"])
    return _change_labels(call, body["workloads"], lambda labels: [label for label in labels if label["key"] not in keys], "workloads.remove_labels")


def _change_labels(call: Call, entries: list[dict[str, str]], change: Any, event_type: str) -> Response:
    changes = []
    status = call.switches["set_labels_response"]
    rows = _rows(call, entries)
    for row in rows:
        before = list(row.labels)
        content = row.get()
        content["labels"] = change(content.get("labels") or [])
        workloads.touch(call, content)
        call.store.put_row(row, content)
        changed = events.label_changes(call.store, before, list(row.labels), call.switches["label_changes"])
        if changed:
            changes.append(events.change(events.workload_resource(call.store, content), changed))
    call.record(event_type, changes, status)
    return Response(204) if status == 204 else Response.json([{"href": row.href, "status": "updated"} for row in rows])
