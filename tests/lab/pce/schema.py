# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict validation of request bodies: the properties of Illumio's published POST and PUT schemas, nothing else (PCE facts 2.1, 4.7)."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Mapping
from typing import Any

from .errors import additional, invalid

STRING, TEXT, BOOLEAN, INTEGER = ("string",), ("string", "null"), ("boolean",), ("integer",)
_RUBY = {str: "String", int: "Integer", float: "Float", bool: "Boolean", list: "Array", dict: "Hash", type(None): "NilClass"}
_MODES = ("idle", "illuminated", "enforced", "selective")
ENFORCEMENT_MODES = ("visibility_only", "full", "idle", "selective")
VISIBILITY_LEVELS = ("flow_full_detail", "flow_summary", "flow_drops", "flow_off", "enhanced_data_collection")

Check = Callable[[Any, str, str], None]


def typed(*types: str, one_of: tuple = (), longest: int | None = None) -> Check:
    """A check of a scalar: JSON types, and perhaps an enumeration or a length."""
    def check(value: Any, path: str, schema: str) -> None:
        ruby = _RUBY[type(value)]
        names = {"String": "string", "Integer": "integer", "Boolean": "boolean", "NilClass": "null"}
        if names.get(ruby) not in types:
            wanted = "the following type: " + types[0] if len(types) == 1 else "one or more of the following types: " + ", ".join(types)
            raise invalid(f"The property '{path}' of type {ruby} did not match {wanted} in schema {schema}")
        if one_of and value not in one_of:
            raise invalid(f"The property '{path}' value {json.dumps(value)} did not match one of the following values: {', '.join(one_of)} in schema {schema}")
        if longest is not None and value is not None and len(value) > longest:
            raise invalid(f"The property '{path}' was not of a maximum string length of {longest} in schema {schema}")
    return check


def record(properties: Mapping[str, Check], required: tuple[str, ...] = ()) -> Check:
    """A check of an object without additional properties."""
    def check(value: Any, path: str, schema: str) -> None:
        if not isinstance(value, dict):
            raise invalid(f"The property '{path}' of type {_RUBY[type(value)]} did not match the following type: object in schema {schema}")
        unknown = [name for name in value if name not in properties]
        if unknown:
            raise additional(unknown, schema, path)
        for name in required:
            if name not in value:
                raise invalid(f"The property '{path}' did not contain a required property of '{name}' in schema {schema}")
        for name, each in value.items():
            properties[name](each, f"{path}{'' if path.endswith('/') else '/'}{name}", schema)
    return check


def array(item: Check, most: int | None = None, unique: bool = True) -> Check:
    """A check of an array, of unique items unless told otherwise."""
    def check(value: Any, path: str, schema: str) -> None:
        if not isinstance(value, list):
            raise invalid(f"The property '{path}' of type {_RUBY[type(value)]} did not match the following type: array in schema {schema}")
        if most is not None and len(value) > most:
            raise invalid(f"The property '{path}' had more items than the allowed {most} in schema {schema}")
        seen = set()
        for place, each in enumerate(value):
            item(each, f"{path}{'' if path.endswith('/') else '/'}{place}", schema)
            text = json.dumps(each, sort_keys=True)
            if unique and text in seen:
                raise invalid(f"The property '{path}' contained duplicated array values in schema {schema}")
            seen.add(text)
    return check


def address(value: Any, path: str, schema: str) -> None:
    """An IPv4 or IPv6 address without a prefix length."""
    try:
        if not isinstance(value, str) or "/" in value or "%" in value:
            raise ValueError
        ipaddress.ip_address(value)
    except ValueError as error:
        raise invalid(f"The property '{path}' of type {_RUBY[type(value)]} did not match any of the required schemas in schema {schema}") from error


_NAME = typed(*STRING, longest=255)
_EXTERNAL = typed(*TEXT, longest=255)
_HREF = record({"href": typed(*STRING)}, ("href",))
_LABELS = array(_HREF)
_INTERFACE = record({
    "name": typed(*STRING), "link_state": typed(*STRING, one_of=("up", "down", "unknown")), "address": address, "cidr_block": typed(*INTEGER),
    "default_gateway_address": address, "friendly_name": typed(*STRING), "network": _HREF,
}, ("name", "address"))
_CONFIG = record({"mode": typed(*STRING, one_of=_MODES), "log_traffic": typed(*BOOLEAN)})
_COMMON = {
    "name": _NAME,
    "external_data_set": _EXTERNAL,
    "external_data_reference": _EXTERNAL,
    "service_principal_name": _EXTERNAL,
    "service_provider": typed(*STRING),
    "data_center": typed(*STRING),
    "data_center_zone": typed(*STRING),
    "labels": _LABELS,
    "enforcement_mode": typed(*STRING, one_of=ENFORCEMENT_MODES),
}
# Not in the published schemas, yet sent by shipped clients (PCE facts 4.4, 4.7).
_UNPUBLISHED = {"visibility_level": typed(*STRING, one_of=VISIBILITY_LEVELS), "ignored_interface_names": array(typed(*STRING))}
_HOST = {
    "description": typed(*STRING),
    "agent_to_pce_certificate_authentication_id": _EXTERNAL,
    "hostname": _NAME,
    "distinguished_name": typed(*STRING),
    "public_ip": typed(*TEXT),
    "interfaces": array(_INTERFACE),
    "os_id": typed(*STRING),
    "os_detail": typed(*STRING),
    "online": typed(*BOOLEAN),
}
_VEN_AGENT = record({"href": typed(*STRING), "config": _CONFIG, "status": record({"status": typed(*STRING, one_of=("active", "suspended"))})})
_GROUP = {
    "name": _NAME, "description": typed(*TEXT), "labels": _LABELS, "sub_groups": _LABELS, "external_data_set": _EXTERNAL, "external_data_reference": _EXTERNAL,
}
_DISPLAY = record({
    "icon": typed(*STRING), "initial": typed(*STRING, longest=2), "sort_ordinal": typed(*INTEGER), "background_color": typed(*STRING),
    "foreground_color": typed(*STRING), "display_name_plural": typed(*STRING),
})
_DIMENSION = {"display_name": _NAME, "display_info": _DISPLAY, "external_data_set": _EXTERNAL, "external_data_reference": _EXTERNAL}
_SUBSET = record(dict.fromkeys((
    "label_groups", "services", "rule_sets", "ip_lists", "virtual_services", "firewall_settings", "secure_connect_gateways", "virtual_servers",
    "enforcement_boundaries",
), _LABELS))
_PUT = {"href": typed(*STRING), **_COMMON, **_UNPUBLISHED}

SCHEMAS: dict[str, Check] = {
    "labels_post": record({"key": typed(*STRING), "value": _NAME, "external_data_set": _EXTERNAL, "external_data_reference": _EXTERNAL}, ("key", "value")),
    "labels_put": record({"value": _NAME, "external_data_set": _EXTERNAL, "external_data_reference": _EXTERNAL}),
    "label_dimensions_post": record({"key": _NAME, **_DIMENSION}, ("key", "display_name")),
    "label_dimensions_put": record(_DIMENSION),
    "sec_policy_label_groups_post": record({"key": typed(*STRING), **_GROUP}, ("name", "key")),
    "sec_policy_label_groups_put": record(_GROUP),
    "sec_policy_post": record({"update_description": typed(*TEXT), "change_subset": _SUBSET}),
    "sec_policy_delete_put": record({"change_subset": _SUBSET}),
    "sec_policy_dependencies_post": record(
        {"operation": typed(*STRING, one_of=("commit", "revert")), "change_subset": _SUBSET}, ("operation", "change_subset")
    ),
    "workloads_post": record({**_COMMON, **_HOST, "agent": record({"config": _CONFIG})}),
    "workloads_with_ven_put": record(
        {
            **_PUT,
            "description": typed(*TEXT),
            "agent_to_pce_certificate_authentication_id": _EXTERNAL,
            "agent": _VEN_AGENT,
            "datacenter_nat_1to1": typed(*BOOLEAN),
        }
    ),
    "workloads_with_ven_interfaces_put": record(
        {
            **_PUT,
            "description": typed(*STRING),
            "agent": _VEN_AGENT,
            "datacenter_nat_1to1": typed(*BOOLEAN),
            "public_ip": typed(*STRING),
            "interfaces": array(_INTERFACE),
        }
    ),
    "workloads_without_ven_put": record({**_PUT, **_HOST, "agent": record({"href": typed(*STRING), "config": _CONFIG})}),
    "workloads_bulk_delete_put": array(_HREF, unique=False),
    "workloads_set_labels_put": record(
        {"workloads": array(_HREF, 1000), "labels": _LABELS, "delete_existing": typed(*BOOLEAN), "delete_existing_keys": array(typed(*STRING))},
        ("workloads", "labels"),
    ),
    "workloads_remove_labels_put": record({"workloads": array(_HREF, 1000), "label_keys": array(typed(*STRING))}, ("workloads", "label_keys")),
}


def validate(body: Any, name: str) -> None:
    """Checks a body against one of SCHEMAS. Raises ApiError 406 in Illumio's words."""
    schema = f"{name}.schema.json"
    SCHEMAS[name](body, "#/", schema)
    if name == "workloads_post" and not ("name" in body or "hostname" in body):
        raise invalid(f"The property '#/' of type Hash did not match one or more of the required schemas in schema {schema}")


def put_shape(body: Any, managed: bool) -> str:
    """Which of the three PUT schemas a body has to follow."""
    if not managed:
        return "workloads_without_ven_put"
    manual = isinstance(body, dict) and ("interfaces" in body or "public_ip" in body)
    return "workloads_with_ven_interfaces_put" if manual else "workloads_with_ven_put"
