# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Label groups in draft and active policy (PCE facts 3.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import filters, wire
from .call import Call, Listing
from .errors import not_found


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
