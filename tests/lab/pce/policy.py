# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draft and active policy: what is pending, provisioning and reverting it (PCE policy facts a.1, a.13, h.A).

Of the objects that can be provisioned the lab has label groups; the names of the others are known, and nothing is there under them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from ..http import Response
from . import events, wire
from .call import Call
from .errors import ApiError, not_found
from .store import Store

KINDS = (
    "label_groups", "services", "rule_sets", "ip_lists", "virtual_services", "firewall_settings", "secure_connect_gateways", "virtual_servers",
    "enforcement_boundaries",
)
_CONTENT = ("name", "description", "labels", "external_data_set", "external_data_reference")


def not_acceptable() -> ApiError:
    """406 for what is not there, or has no draft version."""
    text = "Not Acceptable. One or more specified objects either don't exist, or do not have a draft version."
    return ApiError(406, "not_acceptable_error", text)


def translated(href: str, version: str) -> str:
    """The href of the same object in another policy version."""
    return href.replace("/sec_policy/draft/", f"/sec_policy/{version}/").replace("/sec_policy/active/", f"/sec_policy/{version}/")


def mark(store: Store, group: dict[str, Any]) -> None:
    """Says in a draft object how it differs from the active one; one that is marked as deleted stays so."""
    active = store.groups["active"].get(translated(group["href"], "active"))
    if group["update_type"] != "delete":
        group["update_type"] = "create" if active is None else None if _content(group) == _content(active) else "update"


def _content(group: dict[str, Any]) -> tuple:
    labels = sorted(label["href"] for label in group["labels"])
    subs = sorted(translated(sub["href"], "draft") for sub in group["sub_groups"])
    return (*(labels if name == "labels" else group[name] for name in _CONTENT), subs)


def pending_groups(store: Store) -> dict[str, dict[str, Any]]:
    """The label groups whose draft differs, by href."""
    return {href: group for href, group in store.groups["draft"].items() if group["update_type"] is not None}


def pending(call: Call) -> Any:
    """GET /sec_policy/pending: by kind of object; {} where nothing is pending."""
    rows = [
        {**{name: group[name] for name in ("name", "href", "updated_by", "updated_at", "update_type")}, "caps": ["write", "provision"]}
        for group in pending_groups(call.store).values()
    ]
    return {"label_groups": rows} if rows else {}


def _chosen(call: Call, subset: dict[str, list[dict[str, str]]] | None) -> list[str]:
    """The draft hrefs that a change set names, all that is pending without one. Raises ApiError 406 for one that is not pending."""
    waiting = pending_groups(call.store)
    if not subset:
        return list(waiting)
    hrefs = [entry["href"] for kind in KINDS for entry in subset.get(kind, ())]
    if not hrefs or any(href not in waiting for href in hrefs) or len(hrefs) != len(subset.get("label_groups", ())):
        raise not_acceptable()
    return list(dict.fromkeys(hrefs))


def _needs(store: Store, href: str) -> list[str]:
    """What has to go along when a group is provisioned: new groups inside it; of a deleted one, the groups that let go of it."""
    waiting = pending_groups(store)
    group = waiting[href]
    if group["update_type"] != "delete":
        return [sub["href"] for sub in group["sub_groups"] if waiting.get(sub["href"], {}).get("update_type") == "create"]
    held = translated(href, "active")
    holders = [parent for parent, active in store.groups["active"].items() if any(sub["href"] == held for sub in active["sub_groups"])]
    return [translated(parent, "draft") for parent in holders if translated(parent, "draft") in waiting]


def _needed(store: Store, hrefs: Iterable[str], operation: str) -> list[tuple[str, list[str]]]:
    """(pending object that has to go along, those of `hrefs` that need it): one step."""
    hrefs = list(hrefs)
    if operation == "commit":
        pairs = [(needed, href) for href in hrefs for needed in _needs(store, href)]
    else:  # what needs one of them cannot stay when that one is reverted
        pairs = [(other, href) for other in pending_groups(store) if other not in hrefs for href in _needs(store, other) if href in hrefs]
    found: dict[str, list[str]] = {}
    for needed, by in pairs:
        if needed not in hrefs:
            found.setdefault(needed, []).append(by)
    return list(found.items())


def _closure(store: Store, hrefs: list[str], operation: str) -> list[str]:
    whole = list(hrefs)
    while True:
        more = [needed for needed, _by in _needed(store, whole, operation)]
        if not more:
            return whole
        whole += more


def dependencies(call: Call) -> Any:
    """POST /sec_policy/draft/dependencies: what has to go along; [] where nothing has."""
    body = call.valid("sec_policy_dependencies_post")
    operation, known = body["operation"], _chosen(call, body["change_subset"])
    rows: list[dict[str, Any]] = []
    step = _needed(call.store, known, operation)
    while step:
        rows += [{"dependency": {"label_groups": {"href": href}}, "required_by": {"label_groups": [{"href": each} for each in by]}} for href, by in step]
        known = known + [href for href, _by in step]
        step = _needed(call.store, known, operation) if call.switches["transitive_dependencies"] == "yes" else []
    return rows


def provision(call: Call) -> Response:
    """POST /sec_policy: drafts become active, as a new version."""
    body = call.valid("sec_policy_post")
    store = call.store
    hrefs = _chosen(call, body.get("change_subset"))
    if not hrefs:
        raise not_acceptable()
    whole = _closure(store, hrefs, "commit")
    if len(whole) > len(hrefs) and call.switches["auto_dependencies"] == "no":
        raise not_acceptable()
    carriers = {label["href"] for href in whole for label in store.groups["draft"][href]["labels"]}
    modified = {href: {"update_type": store.groups["draft"][href]["update_type"]} for href in whole}
    for href in whole:
        _activate(store, href)
    version = store.add_version(body.get("update_description") or "")
    version["workloads_affected"] = sum(row.managed and bool(carriers.intersection(row.labels)) for row in store.live)
    version["object_counts"] = {kind: len(store.groups["active"]) if kind == "label_groups" else 0 for kind in KINDS}
    resource = {"sec_policy": {**{name: version[name] for name in ("href", "commit_message", "version")}, "modified_objects": {"label_groups": modified}}}
    changes = {"workloads_affected": {"before": None, "after": version["workloads_affected"]}}
    call.record("sec_policy.create", [events.change(resource, changes, "create")], 201)
    return Response.json(version, 201)


def _activate(store: Store, href: str) -> None:
    draft, other = store.groups["draft"][href], translated(href, "active")
    if draft["update_type"] == "delete":
        del store.groups["draft"][href]
        store.groups["active"].pop(other, None)
        return
    draft["update_type"] = None
    active = copy.deepcopy(draft)
    active["href"] = other
    for sub in active["sub_groups"]:
        sub["href"] = translated(sub["href"], "active")
    store.groups["active"][other] = active


def revert(call: Call) -> Response:
    """PUT /sec_policy/delete: pending objects become what is active again; refused where others would be left hanging."""
    hrefs = _chosen(call, call.valid("sec_policy_delete_put").get("change_subset"))
    if len(_closure(call.store, hrefs, "revert")) > len(hrefs):
        raise not_acceptable()
    _drop(call.store, hrefs)
    call.record("sec_policy_pending.delete", [], 204)
    return Response(204)


def revert_all(call: Call) -> Response:
    """DELETE /sec_policy/pending: nothing is pending any more, whoever it belonged to."""
    _drop(call.store, list(pending_groups(call.store)))
    call.record("sec_policy_pending.delete", [], 204)
    return Response(204)


def _drop(store: Store, hrefs: list[str]) -> None:
    for href in hrefs:
        active = store.groups["active"].get(translated(href, "active"))
        if active is None:
            del store.groups["draft"][href]
            continue
        draft = store.groups["draft"][href] = copy.deepcopy(active)
        draft["href"] = href
        for sub in draft["sub_groups"]:
            sub["href"] = translated(sub["href"], "draft")


def versions(call: Call) -> Any:
    """GET /sec_policy: the versions, newest first."""
    return list(reversed(call.store.versions))


def version(call: Call) -> Any:
    """GET of one version: by number, or `active`, or `draft` (which says that it is one)."""
    asked = call.arguments["version"]
    known = call.store.versions
    if asked == "draft":
        at = wire.moment(call.store.clock.now())
        return {**known[-1], "href": call.href, "version": known[-1]["version"] + 1, "commit_message": None, "created_at": at}
    found = known[-1:] if asked == "active" else [each for each in known if str(each["version"]) == asked]
    if not found:
        raise not_found()
    return found[0]
