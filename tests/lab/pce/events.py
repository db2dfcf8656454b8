# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events: what each mutation leaves behind, and how they are asked for (PCE facts 5)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from . import filters, wire
from .call import Call, Listing
from .errors import not_found
from .store import Store

CAP = 10_000
_SEVERITIES = ("emerg", "alert", "crit", "warning", "err", "notice", "info", "debug")
SYSTEM: dict[str, Any] = {"system": {}}
OPERATOR = {"user": {"href": "/users/11", "username": "operator@example.com"}}


def agent(row: dict[str, Any]) -> dict[str, Any]:
    """The VEN of a managed workload as the author of an event."""
    return {kind: {"href": (row.get(kind) or {}).get("href"), "hostname": row.get("hostname")} for kind in ("agent", "ven")}


def workload_resource(store: Store, row: dict[str, Any]) -> dict[str, Any]:
    """Canonical form of a workload; its labels are those after the change."""
    labels = [store.canonical(label["href"]) if label["href"] in store.labels else label for label in row.get("labels") or ()]
    return {"workload": {"href": row["href"], "name": row.get("name"), "hostname": row.get("hostname"), "labels": labels}}


def label_resource(label: dict[str, Any]) -> dict[str, Any]:
    """Canonical form of a label."""
    return {"label": {name: label[name] for name in ("href", "key", "value")}}


def change(resource: dict[str, Any], changes: dict[str, Any], kind: str = "update") -> dict[str, Any]:
    """One entry of resource_changes."""
    return {"uuid": str(uuid.uuid4()), "resource": resource, "changes": changes, "change_type": kind}


def label_changes(store: Store, before: list[str], after: list[str], reading: str = "sets") -> dict[str, Any]:
    """The change of a workload's labels, from hrefs; {} where there is none."""
    if sorted(before) == sorted(after):
        return {}
    old, new = [[store.canonical(href) for href in hrefs if href in store.labels] for hrefs in (before, after)]
    if reading == "before_after":
        return {"labels": {"before": old, "after": new}}
    return {"labels": {"deleted": [label for label in old if label not in new], "created": [label for label in new if label not in old]}}


class EventLog:
    """The events of one organisation, oldest first inside, newest first outside."""

    def __init__(self, store: Store, fqdn: str) -> None:
        self.store = store
        self.fqdn = fqdn
        self._events: list[tuple[float, datetime, dict[str, Any]]] = []

    def add(self, event_type: str, changes: list[dict[str, Any]], author: dict[str, Any], action: dict[str, Any] | None = None, delay: float = 0.0,
            severity: str = "info", status: str | None = "success") -> dict[str, Any]:
        """Records an event; it is listed after `delay` seconds of the lab's clock."""
        at = self.store.clock.now()
        event = {
            "href": f"/orgs/{self.store.org}/events/{uuid.uuid4()}",
            "timestamp": wire.moment(at),
            "pce_fqdn": self.fqdn,
            "created_by": author,
            "event_type": event_type,
            "status": status,
            "severity": severity,
            "action": action,
            "resource_changes": changes,
            "notifications": [],
        }
        self._events.append((self.store.clock.monotonic() + delay, at, event))
        return event

    def visible(self) -> list[tuple[datetime, dict[str, Any]]]:
        """What is listed by now, newest first."""
        now = self.store.clock.monotonic()
        return [(at, event) for shown, at, event in reversed(self._events) if shown <= now]


def listing(call: Call) -> Listing:
    """GET /orgs/N/events: 100 rows by default, 10,000 at most, newest first."""
    request = call.request
    call.known(filters.EVENTS, "events")
    since, until = filters.instant(request, "timestamp[gte]"), filters.instant(request, "timestamp[lte]")
    severity = filters.choice(request, "severity", _SEVERITIES)
    status = filters.choice(request, "status", ("success", "failure", "nil"))
    types = request.query.get("event_type[eq][]", []) + request.query.get("event_type", [])[:1]
    prefix = call.switches["event_type_filter"] == "prefix"
    author = request.first("created_by")
    events = call.app.events.visible()
    rows = []
    for at, event in events:
        # timestamps are compared as they are listed, in milliseconds
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        if (since and at < since) or (until and at > until) or (severity and event["severity"] != severity):
            continue
        if status and event["status"] != (None if status == "nil" else status):
            continue
        if types and not any(event["event_type"].startswith(each) if prefix else event["event_type"] == each for each in types):
            continue
        if author and author not in wire.encode_text(event["created_by"]):
            continue
        rows.append(wire.encode(event))
    return Listing("events", rows, len(events), 100, CAP)


def instance(call: Call) -> Any:
    """GET of one event."""
    href = call.href
    for _at, event in call.app.events.visible():
        if event["href"] == href:
            return event
    raise not_found()
