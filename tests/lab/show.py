# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab's command prints for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lab import Lab


def description_text(description: dict[str, Any]) -> str:
    """`Lab.description()` for people: where everything listens, the credentials and what to do with them."""
    lines = [f"The lab is running (seed {description['seed']}). Everything below is made up and only reachable on this machine.", ""]
    for pce in description["pces"]:
        lines += [
            f"{pce['name']:<12} https://{pce['host']}:{pce['port']}   Illumio PCE, organisation {pce['org_id']}",
            f"{'':<12} user {pce['api_key_username']}   secret {pce['api_key_secret']}",
        ]
    for device in description["devices"]:
        kind = "Panorama" if device["kind"] == "panorama" else f"PAN-OS firewall, {', '.join(device['vsys'])}"
        lines += [
            f"{device['name']:<12} https://{device['host']}:{device['port']}   {kind}, serial {device['serial']}",
            f"{'':<12} user {device['username']}   password {device['password']}",
            f"{'':<12} API key {device['api_key']}",
        ]
    lines += [
        "",
        f"control      {description['control']}   (GET /state, /log; POST /mutate, /arm ...)",
        f"CA           {description['ca_file']}",
        f"inventory    {description['inventory']}",
        "",
        "Try:",
    ]
    if description["pces"]:
        pce = description["pces"][0]
        lines.append(
            f"  curl --cacert {description['ca_file']} -u {pce['api_key_username']}:{pce['api_key_secret']} "
            f"'https://{pce['host']}:{pce['port']}/api/v2/orgs/{pce['org_id']}/labels?max_results=3'"
        )
    firewalls = [device for device in description["devices"] if device["kind"] == "firewall"]
    if firewalls:
        device = firewalls[0]
        address = f"https://{device['host']}:{device['port']}/api/"
        lines.append(f"  curl --cacert {description['ca_file']} -H 'X-PAN-KEY: {device['api_key']}' '{address}?type=version'")
    lines += [
        f"  curl {description['control']}/state",
        f"  ansible-inventory -i {description['inventory']} --list",
    ]
    return "\n".join(lines)


def switches_text(lab: Lab) -> str:
    """The switches of a PCE and of a device: values, default first marked, and what is uncertain."""
    lines = []
    shown = set()
    for app in [*lab.pces, *lab.devices.values()]:
        if app.kind in shown or not app.SWITCHES:
            continue
        shown.add(app.kind)
        lines += ["", f"{'every PAN-OS device: --switch panos.NAME=VALUE, or one: ' if app.kind == 'panos' else 'PCE: '}--switch {app.name}.NAME=VALUE"]
        for name, switch in sorted(app.SWITCHES.items()):
            default = str(switch.default).lower() if isinstance(switch.default, bool) else switch.default
            lines += [f"  {name}: {switch.accepts()} (default: {default})", f"      {switch.why}"]
    return "\n".join(lines[1:])


def control_answer(answer: Any) -> str:
    """The answer to a control verb."""
    return json.dumps(answer, indent=2, ensure_ascii=False)
