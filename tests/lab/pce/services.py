# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What listens on a workload: a VEN reports it, and a PCE shows it of single workloads only; `services` is {} in collections (PCE facts 4.2)."""

from __future__ import annotations

from typing import Any

_TCP, _UDP = 6, 17
_ROLES = {
    "web": ((_TCP, 80, "nginx", "root"), (_TCP, 443, "nginx", "root")), "proc": ((_TCP, 8080, "java", "app"),),
    "database": ((_TCP, 5432, "postgres", "postgres"),), "db": ((_TCP, 5432, "postgres", "postgres"),), "mail": ((_TCP, 25, "master", "root"),),
    "dns": ((_TCP, 53, "named", "named"), (_UDP, 53, "named", "named")),
}
_LINUX = ((_TCP, 22, "sshd", "root", "openssh-server", None), (_UDP, 323, "chronyd", "chrony", "chrony", None))
_WINDOWS = (
    (_TCP, 135, "c:\\windows\\system32\\svchost.exe", "NT AUTHORITY\\NETWORK SERVICE", None, "RpcSs"),
    (_TCP, 3389, "c:\\windows\\system32\\svchost.exe", "NT AUTHORITY\\NETWORK SERVICE", None, "TermService"),
)


def of(content: dict[str, Any]) -> dict[str, Any]:
    """The `services` of a managed workload: what its system and its role bring."""
    status = (content.get("agent") or {}).get("status") or {}
    return {
        "uptime_seconds": status.get("uptime_seconds") or 397801, "created_at": content.get("updated_at"), "open_service_ports": _ports(content),
    }


def _ports(content: dict[str, Any]) -> list[dict[str, Any]]:
    found = list(_WINDOWS if "win" in (content.get("os_id") or "").lower().split("-")[0] else _LINUX)
    role = next((label.get("value") or "" for label in content.get("labels") or () if label.get("key") == "role"), "").lower()
    for word, ports in _ROLES.items():
        if word in role:
            found += [(*port, None, None) for port in ports]
            break
    names = ("protocol", "port", "process_name", "user", "package", "win_service_name")
    return [{**dict(zip(names, port)), "address": "0.0.0.0"} for port in found]
