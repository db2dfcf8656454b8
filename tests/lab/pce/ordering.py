# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Ordering application, about which the demo tells its story: three tiers, two environments, two sites, two firewalls.

"Development may not talk to Production": both firewalls have the groups Development and Production, one per tier, and one for
whatever is quarantined; their filters match the tags that the collection makes by default. Somebody else's tag is on a watch list.
"""

from __future__ import annotations

from typing import Any

TIERS = (("web", "Web", 4), ("proc", "Processing", 3), ("db", "Database", 2))
ENVIRONMENTS = (("dev", "Development"), ("prod", "Production"))
SITES = (("ny", "NY_DC"), ("lon", "LON_DC"))
WATCHED = "10.21.1.12"  # web02-prod-lon


def address(environment: int, site: int, tier: int, number: int) -> str:
    """10.(10 or 20, plus 1 in London).(1 Web, 2 Processing, 3 Database).(10 + number)."""
    return f"10.{10 * (environment + 1) + site}.{tier + 1}.{10 + number}"


def _server(environment: int, site: int, tier: int, number: int) -> dict[str, Any]:
    code, role, _count = TIERS[tier]
    env_code, env = ENVIRONMENTS[environment]
    site_code, loc = SITES[site]
    interfaces = [{"name": "eth0", "address": address(environment, site, tier, number)}]
    interfaces.append({"name": "eth0", "address": f"fe80::250:56ff:fe{environment}{site}:{256 * tier + number:x}"})
    if code == "proc":
        interfaces.append({"name": "docker0", "address": "172.17.0.1"})
    if code == "db":
        interfaces.append({"name": "eth1", "address": address(environment, site, tier, 100 + number)})
    return {
        "name": f"{code}{number:02d}-{env_code}-{site_code}", "labels": {"role": role, "app": "Ordering", "env": env, "loc": loc}, "interfaces": interfaces,
        "enforcement_mode": "full" if env == "Production" else "visibility_only",
    }


def workloads() -> list[dict[str, Any]]:
    """All workloads: 36 servers, a load balancer and a printer of each site that nobody labelled."""
    result = [
        _server(environment, site, tier, number)
        for environment in range(2) for site in range(2) for tier in range(3) for number in range(1, TIERS[tier][2] + 1)
    ]
    for site, (site_code, loc) in enumerate(SITES):
        result.append({
            "name": f"lb-prod-{site_code}", "managed": False, "address": address(1, site, 0, 0),
            "labels": {"role": "Load Balancer", "app": "Ordering", "env": "Production", "loc": loc},
        })
        result.append({"name": f"printer-{site_code}", "managed": False, "address": f"10.{99 + site}.0.9"})
    return result


def groups() -> dict[str, dict[str, Any]]:
    """The dynamic address groups of both firewalls; rules refer to all of them."""
    filters = {"Development": "'illumio.env.Development'", "Production": "'illumio.env.Production'"}
    for _code, role, _count in TIERS:
        filters[f"Ordering-{role}"] = f"'illumio.app.Ordering' and 'illumio.role.{role}'"
        for _env_code, env in ENVIRONMENTS:
            filters[f"Ordering-{role}-{env}"] = f"'illumio.app.Ordering' and 'illumio.role.{role}' and 'illumio.env.{env}'"
    filters["Quarantine"] = "'illumio.env.Quarantine' or 'illumio.Quarantine.Severe'"
    filters["Watchlist"] = "'soc-watchlist'"
    return {name: {"filter": text, "referenced": True} for name, text in filters.items()}


def scenario(seed: int = 1) -> dict[str, Any]:
    """The scenario for the lab. The story is the same for every seed; only keys and serial numbers follow from it."""
    foreign = {"vsys1": [{"ip": WATCHED, "tags": ["soc-watchlist"]}]}
    firewall = {"kind": "firewall", "model": "PA-3220", "version": "10.2.4", "vsys": ["vsys1"]}
    return {
        "seed": seed,
        "pce": {
            "name": "pce",
            "dimensions": ["Quarantine"],
            "labels": [
                {"key": "env", "value": "Quarantine"},
                {"key": "env", "value": "Test"},
                {"key": "Quarantine", "value": "Mild"},
                {"key": "Quarantine", "value": "Severe"},
            ],
            "label_groups": [
                {"name": "Data centers", "key": "loc", "labels": [loc for _code, loc in SITES]},
                {"name": "Not production", "key": "env", "labels": ["Development", "Test"]},
            ],
            "workloads": workloads(),
        },
        "devices": [
            {"name": "fw1", "groups": groups(), "registrations": foreign, **firewall},
            {"name": "fw2", "groups": groups(), "registrations": foreign, **firewall},
        ],
    }
