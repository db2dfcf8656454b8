# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PCE holds: labels, dimensions, label groups and workloads.

A workload is kept as its finished JSON bytes plus the few fields that filters ask for; only a changed one is serialised again.
"""

from __future__ import annotations

import gc
import json
import time
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from ..organisation_model import Host, Label, LabelGroup, Organisation
from . import wire


BEAT = 300  # seconds between two heartbeats of a VEN (PCE facts 4.5)
_HEARTBEAT = b'"last_heartbeat_on":"'


class Clock:
    """The lab's clock: the machine's plus what `advance` added. Moments are unique and increasing (1 ms apart at least)."""

    def __init__(self) -> None:
        self.offset = 0.0
        self._last = datetime.min.replace(tzinfo=timezone.utc)

    def monotonic(self) -> float:
        """Seconds that only go up."""
        return time.monotonic() + self.offset

    def now(self) -> datetime:
        """A moment later than any given before."""
        now = datetime.now(timezone.utc) + timedelta(seconds=self.offset)
        self._last = max(now, self._last + timedelta(milliseconds=1))
        return self._last


class Row:
    """One workload: its JSON and what filters need. `body` is always the whole truth."""

    __slots__ = ("href", "body", "name", "hostname", "description", "addresses", "labels", "managed", "online", "mode", "deleted", "silent")

    def __init__(self, row: dict[str, Any]) -> None:
        self.href = row["href"]
        self.silent: float | None = None  # seconds since the last heartbeat, from the first one on that the lab's clock brings
        self.put(row)

    def put(self, row: dict[str, Any]) -> None:
        """Replaces the content."""
        self.body = wire.encode(row)
        self.name = row.get("name") or ""
        self.hostname = row.get("hostname") or ""
        self.description = row.get("description") or ""
        self.addresses = tuple([entry.get("address") for entry in row.get("interfaces") or ()])
        self.labels = tuple([label["href"] for label in row.get("labels") or ()])
        self.managed = bool(row.get("managed"))
        self.online = bool(row.get("online"))
        self.mode = row.get("enforcement_mode")
        self.deleted = bool(row.get("deleted"))

    def get(self) -> dict[str, Any]:
        """The content, as a dict of one's own."""
        return json.loads(self.body)

    def wait(self, seconds: float, now: datetime) -> None:
        """Lets time go by until `now`: a VEN that is online sends a heartbeat every BEAT seconds, each in its own rhythm."""
        start = self.body.find(_HEARTBEAT) + len(_HEARTBEAT)
        if not (self.managed and self.online) or self.deleted or start < len(_HEARTBEAT):
            return
        end = self.body.index(b'"', start)
        if self.silent is None:
            last = wire.parse_moment(self.body[start:end].decode())
            ages = [(known - last).total_seconds() for known in (now - timedelta(seconds=seconds), wire.REFERENCE)]
            self.silent = next((age for age in ages if 0 <= age < BEAT), float(zlib.crc32(self.href.encode()) % BEAT))
        self.silent += seconds
        if self.silent >= BEAT:
            self.silent %= BEAT
            self.body = self.body[:start] + wire.fine_moment(now - timedelta(seconds=self.silent)).encode() + self.body[end:]


def _problem(row: Any, known: dict[str, Row]) -> str:
    """Why a captured row cannot be served, "" if it can."""
    if not isinstance(row, dict) or not isinstance(row.get("href"), str):
        return "is not a workload: it has no href"
    if row["href"] in known:
        return f"has the href {row['href']} of an earlier row"
    for name, inner in (("labels", "href"), ("interfaces", "name")):
        entries = row.get(name) or []
        if not isinstance(entries, list) or not all(isinstance(entry, dict) and isinstance(entry.get(inner), str) for entry in entries):
            return f"is not a workload: its {name} are not a list of objects with {inner}"
    return ""


class Store:
    """The objects of one organisation, by href, in order of creation. Not locked: the app holds its lock around every call."""

    def __init__(self, org: int, clock: Clock) -> None:
        self.org = org
        self.clock = clock
        self.labels: dict[str, dict[str, Any]] = {}
        self.dimensions: dict[str, dict[str, Any]] = {}
        self.groups: dict[str, dict[str, dict[str, Any]]] = {"draft": {}, "active": {}}
        self.versions: list[dict[str, Any]] = []
        self.rows: dict[str, Row] = {}
        self.captured = False
        self._live: list[Row] | None = None
        self._next_label = 1
        self._next_workload = 1
        self.add_version("Initial policy", wire.moment(wire.REFERENCE))

    def load(self, organisation: Organisation) -> None:
        """Takes over everything of an organisation."""
        at = wire.moment(wire.REFERENCE)
        for number, dimension in enumerate(organisation.dimensions):
            self.add_dimension(dimension.key, dimension.display_name, dimension.custom, number, at)
        spelled: dict[Label, dict[str, str]] = {}
        for label in organisation.labels:
            spelled[label] = wire.canonical_label(label, self.org)
            self.add_label(label.key, label.value, label.id, at)
        self._load_hosts(organisation, spelled)
        self._load_groups(organisation.label_groups, spelled, at)

    def _load_hosts(self, hosts: Iterable[Host], spelled: dict[Label, dict[str, str]]) -> None:
        # Without this the collector walks a growing pile of objects again and again: three times the time for 100,000 rows.
        collecting = gc.isenabled()
        gc.disable()
        try:
            for host in hosts:
                row = Row(wire.workload(host, self.org, [spelled[label] for label in host.labels]))
                self.rows[row.href] = row
        finally:
            if collecting:
                gc.enable()
        self._live = None

    def load_rows(self, rows: list[dict[str, Any]]) -> None:
        """Takes over the rows of a captured collection as they are; the labels they carry make the label list."""
        at = wire.moment(wire.REFERENCE)
        keys: dict[str, None] = dict.fromkeys(("role", "app", "env", "loc"))
        found: dict[str, tuple[str, str]] = {}
        for number, row in enumerate(rows, 1):
            problem = _problem(row, self.rows)
            if problem:
                raise ValueError(f"row {number} of the workloads file {problem}")
            for label in row.get("labels") or ():
                if "key" in label and "value" in label:
                    found[label["href"]] = (label["key"], label["value"])
                    keys[label["key"]] = None
            self.rows[row["href"]] = Row(row)
        for number, key in enumerate(keys):
            self.add_dimension(key, key.capitalize(), number > 3, number, at)
        for href, (key, value) in found.items():
            number = href.rsplit("/", 1)[1]
            self.add_label(key, value, int(number) if number.isdigit() else None, at, href)
        self._live = None
        self.captured = True

    def _load_groups(self, groups: list[LabelGroup], spelled: dict[Label, dict[str, str]], at: str) -> None:
        ids = {group.name: f"11111111-2222-4333-8444-{number:012x}" for number, group in enumerate(groups, 1)}
        for version in ("draft", "active"):
            for group in groups:
                labels = [spelled[label] for label in group.labels + (group.draft_only if version == "draft" else [])]
                subs = [{"href": self.group_href(version, ids[name]), "name": name} for name in group.sub_groups]
                href = self.group_href(version, ids[group.name])
                self.groups[version][href] = {
                    "href": href,
                    "created_at": at,
                    "updated_at": at,
                    "deleted_at": None,
                    "created_by": {"href": "/users/3"},
                    "updated_by": {"href": "/users/3"},
                    "deleted_by": None,
                    "update_type": "update" if version == "draft" and group.draft_only else None,
                    "name": group.name,
                    "description": "",
                    "key": group.key,
                    "labels": labels,
                    "sub_groups": subs,
                    "external_data_set": None,
                    "external_data_reference": None,
                }

    def group_href(self, version: str, uuid: str) -> str:
        """The href of a label group in one policy version."""
        return f"/orgs/{self.org}/sec_policy/{version}/label_groups/{uuid}"

    def add_version(self, message: str, at: str | None = None) -> dict[str, Any]:
        """A new version of the policy (PCE facts 6.1)."""
        number = len(self.versions) + 1
        self.versions.append({
            "href": f"/orgs/{self.org}/sec_policy/{number}", "version": number, "commit_message": message, "workloads_affected": 0, "object_counts": {},
            "created_at": at or wire.moment(self.clock.now()), "created_by": {"href": "/users/1"},
        })
        return self.versions[-1]

    def add_dimension(self, key: str, display_name: str, custom: bool, number: int, at: str, uuid: str = "") -> dict[str, Any]:
        """A new label dimension (PCE facts 3.2)."""
        href = f"/orgs/{self.org}/label_dimensions/{uuid or f'6bd4bdbf-6fad-43a3-b75f-{number:012x}'}"
        self.dimensions[href] = {
            "href": href, "key": key, "display_name": display_name, "created_at": at, "updated_at": at,
            "display_info": {"icon": "" if custom else key, "initial": display_name[:1], "sort_ordinal": (number + 1) * 1_000_000,
                             "background_color": "#ce93d8", "foreground_color": "#ffffff", "display_name_plural": f"{display_name}s"},
            "deleted": False, "deleted_at": None, "usage": {"labels": True, "label_groups": False}, "caps": ["write", "delete"] if custom else ["write"],
            "external_data_set": "" if custom else "defaults.illumio.com", "external_data_reference": "" if custom else key,
            "created_by": {"href": "/users/0"}, "updated_by": {"href": "/users/1"}, "deleted_by": None,
        }
        return self.dimensions[href]

    def add_label(self, key: str, value: str, number: int | None = None, at: str | None = None, href: str | None = None, **external: Any) -> dict[str, Any]:
        """A new label."""
        number = self._next_label if number is None else number
        href = href or f"/orgs/{self.org}/labels/{number}"
        at = at or wire.moment(self.clock.now())
        self._next_label = max(self._next_label, number + 1)
        self.labels[href] = {
            "href": href, "key": key, "value": value, "deleted": False, "external_data_set": None, "external_data_reference": None,
            "created_at": at, "updated_at": at, "created_by": {"href": "/users/1"}, "updated_by": {"href": "/users/1"}, "caps": ["write", "delete"], **external,
        }
        return self.labels[href]

    def canonical(self, href: str) -> dict[str, str]:
        """href, key and value of a label. Raises KeyError."""
        label = self.labels[href]
        return {"href": href, "key": label["key"], "value": label["value"]}

    def find_label(self, key: str, value: str) -> dict[str, Any] | None:
        """A label that is not deleted, by key and value."""
        return next((label for label in self.labels.values() if label["key"] == key and label["value"] == value and not label["deleted"]), None)

    @property
    def live(self) -> list[Row]:
        """The workloads that are not deleted; not to be changed."""
        if self._live is None:
            self._live = [row for row in self.rows.values() if not row.deleted]
        return self._live

    def new_href(self) -> str:
        """The href of the next workload."""
        while True:
            href = f"/orgs/{self.org}/workloads/c0ffee00-0000-4000-8000-{self._next_workload:012x}"
            self._next_workload += 1
            if href not in self.rows:
                return href

    def add_row(self, content: dict[str, Any]) -> Row:
        """A new workload from its finished content."""
        row = self.rows[content["href"]] = Row(content)
        self._live = None
        return row

    def put_row(self, row: Row, content: dict[str, Any]) -> None:
        """New content of a workload."""
        row.put(content)
        self._live = None

    def wait(self, seconds: float) -> None:
        """Lets the lab's clock bring heartbeats; captured workloads stay as they are."""
        if not self.captured:
            now = self.clock.now()
            for row in self.live:
                row.wait(seconds, now)

    def carriers(self, href: str) -> Iterator[Row]:
        """The workloads, not deleted, that carry a label."""
        return (row for row in self.live if href in row.labels)
