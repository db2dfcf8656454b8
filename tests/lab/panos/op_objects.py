# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""show object registered-ip, dynamic-address-group, registered-user (PAN-OS facts 3.1 to 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from ..http import Response
from . import addresses, users
from .table import Table
from .xmltext import Refusal, attribute, text

if TYPE_CHECKING:
    from .operational import Context

PAGE = 500  # entries of one answer, whatever limit says
PAGING_SINCE = (8, 0)
JITTER = 25  # addresses by which a shuffled page may be displaced
OUTFILE = "<msg><line><outfile>/var/log/clioutput/regipdump</outfile></line></msg>"


def registered_ip(context: Context) -> Response:
    """Pages, filters and counts of the table."""
    table = context.device.tables[context.vsys]
    options = {child.tag for child in context.element}
    for unknown in sorted(options - {"all", "tag", "ip", "limit", "start-point", "option"}):
        raise context.unexpected(unknown)
    paging = context.device.version >= PAGING_SINCE
    for unknown in sorted(options & {"limit", "start-point"}):
        if not paging:
            raise context.unexpected(unknown)
    if not options:
        raise Refusal(f" {' -> '.join(context.path)}  is incomplete", code=17, where="cdata")
    for child in context.element.findall("all"):
        for inner in child:
            if inner.tag != "option":
                raise context.unexpected("all", inner.tag)
    found, wanted = _found(context, table)
    option = context.element.findtext("all/option") or context.element.findtext("option")
    if option is not None:
        if option.strip() != "count":
            raise context.unexpected("option", option.strip())
        count = str(len(found))
        return context.writer.success(f"<count>{count}</count>" if context.switches["count_option"] == "element" else count)
    if not paging and len(found) > PAGE:
        return context.writer.success(OUTFILE)
    limit = min(_number(context, "limit", PAGE), PAGE)
    start = max(_number(context, "start-point", 1), 1) - 1
    page = _page(context, found, start, limit)
    answer = _render(context, table, page, wanted)
    context.chaos.after_page(context.device, context.vsys)
    return answer


def _found(context: Context, table: Table) -> tuple[list[str], list[str]]:
    """The addresses that the filters leave, and the tags that were asked for ([]: no tag filter)."""
    tags = [entry.get("name", "") for entry in context.element.findall("tag/entry")]
    if "all" in tags:
        tags = []
    hosts = [(ip.text or "").strip() for ip in context.element.findall("ip")]
    if hosts:
        kept = [addresses.canonical(host) for host in hosts]
        found = [address for address in dict.fromkeys(kept) if address in table.entries]
        if tags:
            found = [address for address in found if set(tags) & set(_tags(context, table, address))]
    elif tags:
        found = table.holders(tags)
        if context.switches["inherited_tags_listed"] and table.spans:
            found = [address for address in table.order() if set(tags) & set(_tags(context, table, address))]
    else:
        found = table.order()
    return found, tags


def _page(context: Context, found: list[str], start: int, limit: int) -> list[str]:
    size = max(0, min(limit, len(found) - start))
    if context.switches["page_order"] == "stable" or not size:
        return found[start:start + size]
    rng = context.writer.rng
    reach = min(JITTER, max(1, limit // 4))
    start = min(max(0, start + rng.randint(-reach, reach)), len(found) - size)
    page = found[start:start + size]
    rng.shuffle(page)
    return page


def _render(context: Context, table: Table, page: list[str], wanted: list[str]) -> Response:
    attributes = context.switches["entry_attributes"]
    entries, entry_xml = table.entries, context.writer.entry
    parts = []
    if (wanted and context.switches["tag_filter"] == "matching") or (context.switches["inherited_tags_listed"] and table.spans):
        chosen = frozenset(wanted) if wanted and context.switches["tag_filter"] == "matching" else None
        for address in page:
            tags = [tag for tag in _tags(context, table, address) if chosen is None or tag in chosen]
            parts.append(entry_xml(address, entries[address], tags, attributes))
    else:
        for address in page:
            entry = entries[address]
            if entry.xml is None:
                entry.xml = entry_xml(address, entry, entry.tags, attributes)
            parts.append(entry.xml)
    if context.switches["count_element"]:
        parts.append(f"<count>{len(page)}</count>")
    return context.writer.success("".join(parts), entries=len(page))


def _tags(context: Context, table: Table, address: str) -> list[str]:
    tags = list(table.entries[address].tags)
    return tags + table.inherited(address) if context.switches["inherited_tags_listed"] else tags


def _number(context: Context, name: str, default: int, parent: Element | None = None) -> int:
    value = (context.element if parent is None else parent).findtext(name)
    if value is None:
        return default
    if not value.strip().isdecimal():
        raise Refusal(f" {' -> '.join(context.path + (name,))}  '{value}' is invalid", code=17, where="cdata")
    return int(value) if len(value) < 10 else 10 ** 9


def dynamic_address_group(context: Context) -> Response:
    """Definitions and members; on a Panorama the definitions of its device groups, without members."""
    names = [child.tag for child in context.element]
    for unknown in names:
        if unknown not in ("all", "name"):
            raise context.unexpected(unknown)
    if not names:
        raise Refusal(f" {' -> '.join(context.path)}  is incomplete", code=17, where="cdata")
    name = context.element.findtext("name")
    groups = context.device.groups if context.device.panorama else context.device.visible_groups(context.vsys)
    groups = [group for group in groups if name is None or group.name == name.strip()]
    if context.device.panorama:
        return context.writer.success(_device_groups(groups))
    blank = context.writer.blank
    parts = []
    for group in groups:
        vsys = "" if group.scope == "shared" else f"<vsys>{text(group.scope)}</vsys>"
        members = [
            f'<entry name="{attribute(member)}" type="{kind}"/>'
            for member, kind in context.device.members(group, context.vsys, context.switches["inherited_tags_listed"])
        ]
        parts.append(
            f"{blank()}<entry>{vsys}{blank()}<group-name>{text(group.name)}</group-name><filter>{text(group.filter.text)}</filter>"
            f"<member-list>{''.join(members)}</member-list></entry>"
        )
    return context.writer.success(f"<dyn-addr-grp>{''.join(parts)}</dyn-addr-grp>", cmd="status", entries=len(groups))


def _device_groups(groups: list) -> str:
    scopes: dict[str, list[str]] = {}
    for group in groups:
        scopes.setdefault(group.scope, []).append(
            f'<address-group name="{attribute(group.name)}"><filter>{text(group.filter.text)}</filter><member-list/></address-group>'
        )
    listed = "".join(f'<entry name="{attribute(scope)}">{"".join(parts)}</entry>' for scope, parts in scopes.items())
    return f"<device-groups>{listed}</device-groups>"


def registered_user(context: Context) -> Response:
    """Users with tags (9.1); here limit and start-point are inside `all`."""
    if context.device.version < users.SINCE:
        raise Refusal(f" {' -> '.join(context.path)}  is unexpected", code=17, where="cdata")
    every = context.element.find("all")
    limit = min(_number(context, "limit", PAGE, every), PAGE) if every is not None else PAGE
    start = max(_number(context, "start-point", 1, every), 1) - 1 if every is not None else 0
    table = context.device.users[context.vsys]
    wanted = context.element.findtext("user")
    chosen = [user for user in table if wanted is None or user == wanted][start:start + limit]
    parts = []
    for user in chosen:
        members = "".join(f"<member>{text(tag)}</member>" for tag in table[user])
        parts.append(f'<entry user="{attribute(user)}"><tag>{members}</tag></entry>')
    return context.writer.success("".join(parts) + f"<count>{len(chosen)}</count>", entries=len(chosen))
