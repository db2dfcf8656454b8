# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PCE says about itself and the caller: version, health, login, settings (PCE facts 1.3, 1.4)."""

from __future__ import annotations

from typing import Any

from ..http import Response
from . import wire
from .call import Call
from .errors import forbidden, not_found

ROLES = {"owner": "owner", "read_only": "read_only", "scoped": "workload_manager"}


def _version(call: Call) -> dict[str, Any]:
    version, build = call.app.version.rsplit("-", 1)
    return {
        "version": version, "build": int(build), "release_info": "", "engineering_info": "", "long_display": call.app.version, "short_display": version,
        "product_name": "Illumio Core",
    }


def product_version(call: Call) -> Any:
    """GET /product_version."""
    version = _version(call)
    return {"product_version": version} if call.switches["product_version"] == "nested" else version


def noop(call: Call) -> Any:
    """GET /noop."""
    return {}


def node_available(call: Call) -> Response:
    """GET /node_available, without authentication."""
    return Response(200)


def health(call: Call) -> Any:
    """GET /health: an array with one PCE."""
    if call.switches["health"] == "absent":
        raise not_found()
    at = wire.moment(call.store.clock.now())
    return [
        {
            "status": "normal",
            "type": "standalone",
            "fqdn": call.app.fqdn,
            "available_seconds": 864000,
            "notifications": [],
            "listen_only_mode_enabled_at": None,
            "nodes": [
                {
                    "hostname": call.app.fqdn,
                    "ip_address": "127.0.0.1",
                    "runlevel": 5,
                    "uptime_seconds": 864000,
                    "cpu": {"status": "normal", "percent": 7},
                    "disk": [{"location": "data", "value": {"status": "normal", "percent": 31}}],
                    "memory": {"status": "normal", "percent": 48},
                    "services": {
                        "status": "RUNNING",
                        "running": ["agent_service", "collector_service"],
                        "not_running": [],
                        "partial": [],
                        "optional": [],
                        "unknown": [],
                    },
                    "generated_at": at,
                }
            ],
            "network": {"replication": []},
            "generated_at": at,
        }
    ]


def login(call: Call) -> Any:
    """GET /users/login with an API key: who it is and what its roles cover."""
    if call.switches["users_login"] == "forbidden":
        raise forbidden()
    app = call.app
    org = f"/orgs/{app.store.org}"
    role = call.switches["key_role"]
    scope = [{"label": {"href": app.scope}}] if app.scope else []
    return {
        "full_name": "Automation",
        "local": True,
        "type": "local",
        "href": "/users/1",
        "auth_username": app.api_key_username,
        "inactivity_expiration_minutes": 10,
        "session_token": "unused",
        "start": "/",
        "time_zone": "UTC",
        "last_login_ip_address": "127.0.0.1",
        "last_login_on": wire.moment(call.store.clock.now()),
        "certificate": {"expiration": "2036-01-01T00:00:00.000Z", "generated": False},
        "login_url": f"https://{app.fqdn}/login",
        "orgs": [
            {
                "org_id": app.store.org,
                "org_href": org,
                "display_name": "Example",
                "role_scopes": [{"role": {"href": f"{org}/roles/{ROLES[role]}"}, "scope": scope}],
            }
        ],
        "version_tag": app.version,
        "version_date": "2025-06-01T00:00:00.000Z",
        "product_version": _version(call),
    }


def workload_settings(call: Call) -> Any:
    """GET /orgs/N/settings/workloads."""
    kinds = (("server", 10800), ("endpoint", 3600))
    return {
        "href": call.href,
        "workload_disconnected_timeout_seconds": [{"scope": [], "value": value, "ven_type": kind} for kind, value in kinds],
        "workload_goodbye_timeout_seconds": [{"scope": [], "value": 900, "ven_type": kind} for kind, _value in kinds],
        "workload_disconnected_notification_seconds": [{"scope": [], "info": 1800, "warning": 3600, "error": 5400, "ven_type": "server"}],
        "ven_uninstall_timeout_hours": [{"scope": [], "value": 300}],
    }


def event_settings(call: Call) -> Any:
    """GET /orgs/N/settings/events."""
    return {"href": call.href, "audit_event_retention_seconds": 2_592_000, "audit_event_min_severity": "informational", "format": "JSON"}
