# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the configuration (type=config, get and show): what the lab's devices have of one, as far as clients ask (PAN-OS facts 4.1, 4.3).

Writes are not simulated and say so. An XPath of another form than the absolute ones that clients send matches nothing, as on a device.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from ..http import Response
from .access import Call
from .device import Device
from .xmltext import Refusal, Writer

if TYPE_CHECKING:
    from .op_panorama import Inventory

_STEP = re.compile(r"""/(?P<name>[A-Za-z][\w.-]*)(?:\[(?P<by>@name|text\(\))\s*=\s*(?P<quote>['"])(?P<value>.*?)(?P=quote)\])?""")
_NAMES = "/@name"


def answer(call: Call, device: Device, inventory: Inventory, writer: Writer) -> Response:
    """Answers get and show. Raises Refusal for what is missing, for a show of nothing, and for writes."""
    action = call.get("action")
    if action not in ("get", "show"):
        raise Refusal(f"type=config with action={action or '(none)'} is not simulated")
    if not call.get("xpath"):
        raise Refusal('Missing value for parameter "xpath".', code=400, http=400, where="result")
    found = select(tree(device, inventory), call.get("xpath"))
    if not found:
        if action == "show":
            raise Refusal("No such node")
        return writer.success(code=7)
    inner = "".join(tostring(node, encoding="unicode") for node in found)
    if action == "show":
        return writer.success(inner)
    return Response.xml(writer.root("success", f'<result total-count="{len(found)}" count="{len(found)}">{inner}</result>', 19))


def select(root: Element, xpath: str) -> list[Element]:
    """The elements that an absolute XPath of the usual form means; with `/@name` at its end only their names."""
    names = xpath.endswith(_NAMES)
    path = xpath[:-len(_NAMES)] if names else xpath
    holder = Element("document")
    holder.append(root)
    found, place = [holder], 0
    while place < len(path):
        step = _STEP.match(path, place)
        if step is None:
            return []
        found = [child for node in found for child in node if child.tag == step["name"] and _chosen(child, step["by"], step["value"])]
        place = step.end()
    if found == [holder]:
        return []
    return [Element(node.tag, {"name": node.get("name")}) for node in found if node.get("name")] if names else found


def _chosen(node: Element, by: str | None, value: str | None) -> bool:
    return by is None or (node.get("name") if by == "@name" else node.text) == value


def tree(device: Device, inventory: Inventory) -> Element:
    """The configuration of a device: its name, its virtual systems or device groups, address groups and address objects."""
    root = Element("config", {"version": ".".join(str(part) for part in device.version[:2]) + ".0"})
    shared = SubElement(root, "shared")
    own = SubElement(SubElement(root, "devices"), "entry", {"name": "localhost.localdomain"})
    SubElement(SubElement(SubElement(own, "deviceconfig"), "system"), "hostname").text = device.hostname
    if device.panorama:
        scopes = {name: SubElement(_within(own, "device-group"), "entry", {"name": name}) for name in dict.fromkeys(
            [group.name for group in inventory.groups] + [group.scope for group in device.groups if group.scope != "shared"])}
        for group in inventory.groups:
            for member in group.devices:
                SubElement(_within(scopes[group.name], "devices"), "entry", {"name": member.serial})
    else:
        scopes = {name: SubElement(_within(own, "vsys"), "entry", {"name": name}) for name in device.tables}
    scopes["shared"] = shared
    for group in device.groups:
        entry = SubElement(_within(scopes[group.scope], "address-group"), "entry", {"name": group.name})
        SubElement(SubElement(entry, "dynamic"), "filter").text = group.filter.text
    for name, tags in device.objects.items():
        entry = SubElement(_within(shared if device.panorama else scopes[device.default_vsys], "address"), "entry", {"name": name})
        SubElement(entry, "fqdn").text = f"{name}.example.com"
        _members(SubElement(entry, "tag"), tags)
    return root


def _within(node: Element, name: str) -> Element:
    """A container, made when something goes into it: an empty one does not exist."""
    found = node.find(name)
    return SubElement(node, name) if found is None else found


def _members(node: Element, values: Iterable[str]) -> None:
    for value in values:
        SubElement(node, "member").text = value
