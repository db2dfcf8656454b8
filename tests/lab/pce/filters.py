# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Query parameters of collections: which ones exist, how they are checked, and the filter they make (PCE facts 2.3, 3.1, 4.1)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..http import Request
from .errors import ApiError, additional, invalid
from .schema import ENFORCEMENT_MODES, VISIBILITY_LEVELS
from .store import Row
from .wire import parse_moment

WORKLOADS = frozenset((
    "labels", "include_deleted", "soft_deleted", "ip_address", "external_data_set", "external_data_reference", "security_policy_update_mode",
    "security_policy_sync_state", "mode", "enforcement_mode", "enforcement_modes", "visibility_level", "log_traffic", "online", "hostname", "name",
    "description", "os_id", "policy_health", "risk_summary.ransomware.workload_exposure_severity", "managed", "max_results", "ven.ven_type",
    "last_heartbeat_on[gte]", "last_heartbeat_on[lte]", "agent.active_pce_fqdn", "vulnerability_summary.vulnerability_exposure_score[gte]",
    "vulnerability_summary.vulnerability_exposure_score[lte]", "container_clusters", "ven", "representation",
))
LABELS = frozenset((
    "key", "value", "external_data_set", "external_data_reference", "include_deleted", "usage", "exact_match_for_label_type", "max_results",
))
DIMENSIONS = frozenset(("key", "display_name", "deleted", "max_results"))
GROUPS = frozenset(("usage", "name", "description", "key", "max_results", "external_data_set", "external_data_reference"))
EVENTS = frozenset(("created_by", "event_type", "event_type[eq][]", "status", "timestamp[gte]", "timestamp[lte]", "severity", "max_results"))
JOBS = frozenset(("job_type", "max_results"))
REPRESENTATIONS = ("workload_labels", "workload_labels_vulnerabilities")
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{0,3}){1,3}|[0-9a-fA-F]{0,4}(:[0-9a-fA-F]{0,4})+(:[0-9.]+)?")
_ZONED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")

RowTest = Callable[[Row], bool]
ContentTest = Callable[[dict[str, Any]], bool]


def check_names(request: Request, known: frozenset[str], resource: str, refuse: bool) -> None:
    """406 for parameters that the resource does not have, where the PCE refuses them."""
    unknown = [name for name in request.query if name not in known]
    if refuse and unknown:
        raise additional(unknown, f"{resource}_get_collection")


def boolean(request: Request, name: str) -> bool | None:
    """A boolean parameter; clients also send True (Python's requests) and yes (pylo)."""
    text = request.first(name)
    if text is None:
        return None
    if text.lower() in ("true", "yes"):
        return True
    if text.lower() in ("false", "no"):
        return False
    raise invalid(f"The property '#/{name}' value {json.dumps(text)} did not match the following type: boolean")


def maximum(request: Request) -> int | None:
    """max_results; None when not given."""
    text = request.first("max_results")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise invalid(f"The property '#/max_results' value {json.dumps(text)} did not match the following type: integer")
    return int(text)


def choice(request: Request, name: str, values: tuple[str, ...]) -> str | None:
    """A parameter with an enumeration."""
    text = request.first(name)
    if text is not None and text not in values:
        raise invalid(f"The property '#/{name}' value {json.dumps(text)} did not match one of the following values: {', '.join(values)}")
    return text


def instant(request: Request, name: str) -> datetime | None:
    """A timestamp parameter, which must have a zone."""
    text = request.first(name)
    if text is None:
        return None
    text = text.replace(" ", "+")  # an unescaped plus sign of the zone
    try:
        if not _ZONED.fullmatch(text):
            raise ValueError
        return parse_moment(text)
    except ValueError as error:
        raise ApiError(406, "invalid_timestamp", "Invalid timestamp specified") from error


def json_list(request: Request, name: str) -> list[Any] | None:
    """A parameter that holds a JSON array."""
    text = request.first(name)
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list):
        raise invalid(f"The property '#/{name}' value {json.dumps(text)} did not match the following type: array")
    return value


def label_scopes(request: Request) -> list[tuple[str, ...]]:
    """`labels`: a list of lists of hrefs; all of an inner list, any of the outer."""
    value = json_list(request, "labels") or []
    for inner in value:
        if not isinstance(inner, list) or not all(isinstance(href, str) and "/labels/" in href for href in inner):
            raise invalid("The property '#/labels' did not match the following type: array of arrays of label URIs")
    return [tuple(inner) for inner in value]


def workload_tests(request: Request) -> tuple[bool, list[RowTest], list[ContentTest]]:
    """Whether deleted ones are included, the tests on a row's index fields, and those that need its content. Raises ApiError 406."""
    quick: list[RowTest] = []
    for name in ("name", "hostname", "description"):
        _partial(request, name, quick)
    address = request.first("ip_address")
    if address is not None:
        if not _ADDRESS.fullmatch(address):
            raise ApiError(406, "invalid_ip_address", "Invalid IP address specified")
        quick.append(lambda row: any(address.lower() in each.lower() for each in row.addresses))
    scopes = label_scopes(request)
    if scopes:
        quick.append(lambda row: any(all(href in row.labels for href in scope) for scope in scopes))
    for name in ("managed", "online"):
        wanted = boolean(request, name)
        if wanted is not None:
            quick.append(_equals(name, wanted))
    mode = choice(request, "enforcement_mode", ENFORCEMENT_MODES)
    if mode is not None:
        quick.append(_equals("mode", mode))
    modes = json_list(request, "enforcement_modes")
    if modes is not None:
        if not all(each in ENFORCEMENT_MODES for each in modes):
            raise invalid("The property '#/enforcement_modes' did not match one of the following values: " + ", ".join(ENFORCEMENT_MODES))
        quick.append(lambda row: row.mode in modes)
    choice(request, "representation", REPRESENTATIONS)
    deleted = bool(boolean(request, "include_deleted")) or bool(boolean(request, "soft_deleted"))
    return deleted, quick, _content_tests(request)


def _partial(request: Request, name: str, tests: list[RowTest]) -> None:
    text = request.first(name)
    if text is not None:
        wanted = text.lower()
        tests.append(lambda row: wanted in getattr(row, name).lower())


def _equals(name: str, wanted: Any) -> RowTest:
    return lambda row: getattr(row, name) == wanted


def _at(content: dict[str, Any], *path: str) -> Any:
    """A nested value, None where the way ends."""
    for name in path:
        content = (content or {}).get(name)
    return content


def _health(content: dict[str, Any]) -> str:
    status = _at(content, "agent", "status") or {}
    if status.get("status") == "suspended":
        return "suspended"
    severities = {entry.get("severity") for entry in status.get("agent_health") or ()}
    return "error" if "error" in severities else "warning" if "warning" in severities else "active"


def _content_tests(request: Request) -> list[ContentTest]:
    tests: list[ContentTest] = []

    def exact(name: str, *path: str, values: tuple[str, ...] = ()) -> None:
        wanted = choice(request, name, values) if values else request.first(name)
        if wanted is not None:
            tests.append(lambda content: _at(content, *path) == wanted)

    exact("external_data_set", "external_data_set")
    exact("external_data_reference", "external_data_reference")
    exact("security_policy_sync_state", "agent", "status", "security_policy_sync_state", values=("staged", "syncing", "applied"))
    exact("security_policy_update_mode", "agent", "config", "security_policy_update_mode", values=("static", "adaptive"))
    exact("mode", "agent", "config", "mode")
    exact("visibility_level", "visibility_level", values=VISIBILITY_LEVELS)
    exact("risk_summary.ransomware.workload_exposure_severity", "risk_summary", "ransomware", "workload_exposure_severity")
    exact("ven.ven_type", "ven", "ven_type", values=("server", "endpoint", "containerized"))
    exact("agent.active_pce_fqdn", "agent", "active_pce_fqdn")
    exact("ven", "ven", "href")
    log_traffic = boolean(request, "log_traffic")
    if log_traffic is not None:
        tests.append(lambda content: _at(content, "agent", "config", "log_traffic") == log_traffic)
    system = request.first("os_id")
    if system is not None:
        tests.append(lambda content: system.lower() in (content.get("os_id") or "").lower())
    health = choice(request, "policy_health", ("active", "warning", "error", "suspended"))
    if health is not None:
        tests.append(lambda content: bool(content.get("managed")) and _health(content) == health)
    clusters = json_list(request, "container_clusters")
    if clusters is not None:
        tests.append(lambda content: _at(content, "container_cluster", "href") in clusters)
    for bound in ("gte", "lte"):
        limit = instant(request, f"last_heartbeat_on[{bound}]")
        if limit is not None:
            tests.append(_heartbeat(limit, bound))
        if request.first(f"vulnerability_summary.vulnerability_exposure_score[{bound}]") is not None:
            tests.append(lambda content: False)  # the lab knows no vulnerabilities
    return tests


def _heartbeat(limit: datetime, bound: str) -> ContentTest:
    def test(content: dict[str, Any]) -> bool:
        text = _at(content, "agent", "status", "last_heartbeat_on")
        if text is None:
            return False
        return parse_moment(text) >= limit if bound == "gte" else parse_moment(text) <= limit
    return test
