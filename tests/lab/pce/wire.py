# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a PCE spells its objects: JSON rows shaped after captures of PCE 25.2.40 (PCE facts 3 and 4), timestamps, hrefs."""

from __future__ import annotations

import ipaddress
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from ..organisation_model import EXTERNAL, Host, Label, Nic

encode_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
REFERENCE = datetime(2026, 11, 1, 6, 25, 44, tzinfo=timezone.utc)  # "now" of the generated data
MODES = {"visibility_only": "illuminated", "full": "enforced", "idle": "idle", "selective": "selective"}
NETWORKS = {
    ("Corporate", False): "5b0e6df3-0001-4a52-9c1c-000000000001", ("Corporate", True): "5b0e6df3-0002-4a52-9c1c-000000000002",
    (EXTERNAL, False): "5b0e6df3-0003-4a52-9c1c-000000000003", (EXTERNAL, True): "5b0e6df3-0004-4a52-9c1c-000000000004",
}
_DAYS = tuple((REFERENCE.date() - timedelta(days=days)).isoformat() for days in range(4000))
_AGENT_VERSION = "25.2.40-4047"


def encode(obj: Any) -> bytes:
    """Compact UTF-8 JSON."""
    return encode_text(obj).encode("utf-8", "surrogatepass")


def moment(at: datetime) -> str:
    """A timestamp in milliseconds, as policy objects and events carry it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def fine_moment(at: datetime) -> str:
    """A timestamp in microseconds, as workload collections carry it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_moment(text: str) -> datetime:
    """A datetime out of RFC 3339 text with any number of fractional digits (Python 3.9's fromisoformat takes three or six)."""
    main, zone = re.fullmatch(r"(.*?)(Z|[+-]\d\d:?\d\d)", text).groups()
    whole, _dot, fraction = main.partition(".")
    zone = "+00:00" if zone == "Z" else zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    return datetime.fromisoformat(f"{whole}.{(fraction + '000000')[:6]}{zone}")


def before(seconds: int, number: int) -> str:
    """`seconds` before the reference time, in microseconds; `number` makes the fraction differ."""
    days, rest = divmod(seconds + 63_255, 86_400)  # 63255 s from the reference to the end of its day
    rest = 86_399 - rest
    return f"{_DAYS[days] if days < 4000 else _DAYS[-1]}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}.{number * 7919 % 1_000_000:06d}Z"


def canonical_label(label: Label, org: int) -> dict[str, str]:
    """How workloads, groups and events carry a label."""
    return {"href": f"/orgs/{org}/labels/{label.id}", "key": label.key, "value": label.value}


def interface(name: str, address: str, org: int, cidr: int | None = None, gateway: str | None = None, mode: str | None = None, network: str = "Corporate",
              friendly: str | None = None, link_state: str | None = None) -> dict[str, Any]:
    """One entry of a workload's `interfaces`. `link_state` is null in every capture."""
    six = ":" in address
    if mode is None:
        mode = "link_local" if ipaddress.ip_address(address).is_link_local else "single_private_brn"
    return {
        "name": name, "address": address, "cidr_block": cidr, "default_gateway_address": gateway, "link_state": link_state,
        "network": {"href": f"/orgs/{org}/networks/{NETWORKS[network, six]}", "name": network}, "network_detection_mode": mode,
        "friendly_name": friendly, "loopback": False, "public_ip": None,
    }


def _interfaces(nics: tuple[Nic, ...], org: int) -> list[dict[str, Any]]:
    return [interface(nic.name, nic.address, org, nic.cidr, nic.gateway, nic.mode, nic.network) for nic in nics]


def workload(host: Host, org: int, labels: list[dict[str, str]]) -> dict[str, Any]:
    """The row of a generated host; `labels` in canonical form."""
    return managed_workload(host, org, labels) if host.managed else unmanaged_workload(
        f"/orgs/{org}/workloads/{host.uuid}", org, labels, _interfaces(host.nics, org), created=before(host.age * 86_400, host.number),
        updated=before(host.age * 43_200, host.number), name=host.name, hostname=host.hostname, description=host.description, online=host.online,
        enforcement_mode=host.enforcement, public_ip=host.public_ip, ignored_interface_names=list(host.ignored),
    )


def managed_workload(host: Host, org: int, labels: list[dict[str, str]]) -> dict[str, Any]:
    """A workload with a VEN (PCE facts 4.2)."""
    href = f"/orgs/{org}/workloads/{host.uuid}"
    agent = f"/orgs/{org}/agents/{host.number + 1000}"
    number = host.number
    paired = before(host.age * 86_400, number)
    applied = before(host.heartbeat + host.age * 40_000, number)
    level = "flow_summary" if number & 1 else "enhanced_data_collection"
    row = {
        "href": href,
        "deleted": False,
        "name": host.name,
        "description": host.description,
        "managed": True,
        "hostname": host.hostname,
        "service_principal_name": None,
        "agent_to_pce_certificate_authentication_id": None,
        "distinguished_name": None,
        "public_ip": host.public_ip,
        "external_data_set": None,
        "external_data_reference": None,
        "interfaces": _interfaces(host.nics, org),
        "ignored_interface_names": list(host.ignored),
        "service_provider": None,
        "data_center": None,
        "data_center_zone": None,
        "datacenter_nat_1to1": False,
        "os_id": host.os_id,
        "os_detail": host.os_detail,
        "online": host.online,
        "firewall_coexistence": {"illumio_primary": True},
        "containers_inherit_host_policy": False,
        "blocked_connection_action": "drop",
        "labels": labels,
        "services": {},
        "enforcement_mode": host.enforcement,
        "visibility_level": level,
        "agent": {
            "href": agent,
            "config": {"mode": MODES[host.enforcement], "log_traffic": False, "visibility_level": level},
            "status": {
                "uid": host.uuid.upper(),
                "instance_id": None,
                "status": "active",
                "agent_version": _AGENT_VERSION,
                "last_heartbeat_on": before(host.heartbeat, number),
                "managed_since": paired,
                "uptime_seconds": number * 7919 % 9_000_000,
                "fw_config_current": host.online,
                "firewall_rule_count": number % 97,
                "security_policy_refresh_at": applied,
                "security_policy_applied_at": applied,
                "security_policy_received_at": applied,
                "security_policy_sync_state": "applied" if host.online else "syncing",
                "agent_health": [],
                "agent_health_errors": {"errors": [], "warnings": []},
            },
            "active_pce_fqdn": None,
            "target_pce_fqdn": None,
            "type": "Host",
        },
        "ven": {
            "href": f"/orgs/{org}/vens/{host.uuid}",
            "hostname": host.hostname,
            "name": None,
            "status": "active",
            "ven_type": host.ven_type,
            "version": _AGENT_VERSION,
        },
        "risk_summary": (
            {"ransomware": {"workload_exposure_severity": "medium", "ransomware_protection_percent": number % 100, "last_updated_at": applied}}
            if host.risk
            else None
        ),
        "created_at": paired,
        "created_by": {"href": agent},
        "updated_at": before(host.age * 43_200, number),
        "updated_by": {"href": "/users/11"},
        "caps": ["write"],
    }
    if number % 3:
        del row["firewall_coexistence"]  # present only sometimes
    return row


def unmanaged_workload(
    href: str, org: int, labels: list[dict[str, str]], interfaces: list[dict[str, Any]], created: str, updated: str, **given: Any
) -> dict[str, Any]:
    """A workload without a VEN (PCE facts 4.3); `given` replaces further properties."""
    mode = given.get("enforcement_mode") or "visibility_only"
    row = {
        "href": href, "deleted": False, "name": None, "description": "", "managed": False, "hostname": "", "service_principal_name": None,
        "agent_to_pce_certificate_authentication_id": None, "distinguished_name": "", "public_ip": None, "external_data_set": None,
        "external_data_reference": None, "interfaces": interfaces, "ignored_interface_names": [], "service_provider": None, "data_center": "",
        "data_center_zone": None, "datacenter_nat_1to1": False, "os_id": "", "os_detail": "", "online": True, "containers_inherit_host_policy": None,
        "blocked_connection_action": None, "labels": labels, "services": {}, "enforcement_mode": mode, "visibility_level": "flow_summary",
        "agent": {"config": {"mode": MODES[mode], "log_traffic": False, "visibility_level": "flow_summary"}}, "ven": None, "risk_summary": None,
        "created_at": created, "created_by": {"href": "/users/1"}, "updated_at": updated, "updated_by": {"href": "/users/1"}, "caps": ["write"],
    }
    row.update(given)
    return row
