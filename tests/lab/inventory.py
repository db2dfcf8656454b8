# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Ansible inventory for a running lab: groups illumio and panos, each host with its connection as variables."""

from __future__ import annotations

import json
from typing import Any


def variables(description: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The inventory as group -> host -> variables, from `Lab.description()`."""
    illumio = {
        pce["name"]: {
            "illumio_pce_hostname": pce["host"],
            "illumio_pce_port": pce["port"],
            "illumio_pce_org_id": pce["org_id"],
            "illumio_api_key_username": pce["api_key_username"],
            "illumio_api_key_secret": pce["api_key_secret"],
            "illumio_pce_tls_ca": description["ca_file"],
        }
        for pce in description["pces"]
    }
    panos = {}
    for device in description["devices"]:
        panos[device["name"]] = host = {
            "panos_ip_address": device["host"],
            "panos_port": device["port"],
            "panos_api_key": device["api_key"],
            "panos_ca_path": description["ca_file"],
        }
        if device["kind"] == "firewall" and (len(device["vsys"]) > 1 or device.get("multi_vsys")):
            host["panos_vsys"] = list(device["vsys"])
    return {"illumio": illumio, "panos": panos}


def render(description: dict[str, Any]) -> str:
    """The inventory as YAML (values are JSON, which YAML reads as it is)."""
    lines = ["---", "# Written by the lab; valid while it runs."]
    for group, hosts in variables(description).items():
        lines.append(f"{group}:")
        lines.append("  hosts:" if hosts else "  hosts: {}")
        for host, values in hosts.items():
            lines.append(f"    {host}:")
            lines.extend(f"      {name}: {json.dumps(value)}" for name, value in values.items())
    return "\n".join(lines) + "\n"
