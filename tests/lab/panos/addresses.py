# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the `ip` of a registered entry can be, and how a firewall spells it (PAN-OS facts 2.6)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

NETWORKS_SINCE = (10, 0)

_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\Z", re.ASCII)


@lru_cache(maxsize=1 << 18)
def canonical(text: str, networks: bool = True, mask_host_bits: bool = False) -> str | None:
    """The text under which a firewall keeps an `ip`, or None if it is not one.

    `/32` and `/128` are stripped, IPv6 is compressed lower-case text; IPv4 networks and ranges stay as they are
    (`mask_host_bits`: host bits of a network are cleared) and exist only where `networks` is true (PAN-OS 10.0).
    """
    if _IPV4.match(text):
        return text
    if ":" in text:
        return _ipv6(text)
    if "/" in text:
        host, slash, prefix = text.partition("/")
        if not _IPV4.match(host) or not prefix.isdecimal() or len(prefix) > 2 or int(prefix) > 32:
            return None
        if int(prefix) == 32:
            return host
        if not networks:
            return None
        return str(ipaddress.IPv4Network(text, strict=False)) if mask_host_bits else text
    if "-" in text and networks:
        first, dash, last = text.partition("-")
        if _IPV4.match(first) and _IPV4.match(last) and ipaddress.IPv4Address(first) <= ipaddress.IPv4Address(last):
            return text
    return None


def _ipv6(text: str) -> str | None:
    host, slash, prefix = text.partition("/")
    if slash and prefix != "128":
        return None
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return None
    if "%" in host:
        return None
    if address.ipv4_mapped is not None:
        return "::ffff:" + str(address.ipv4_mapped)
    return str(address)


def span(address: str) -> tuple[int, int] | None:
    """First and last address (as numbers) of an IPv4 network or range in canonical text; None for a host or IPv6."""
    if ":" in address:
        return None
    if "/" in address:
        network = ipaddress.IPv4Network(address, strict=False)
        return int(network.network_address), int(network.broadcast_address)
    if "-" in address:
        first, dash, last = address.partition("-")
        return int(ipaddress.IPv4Address(first)), int(ipaddress.IPv4Address(last))
    return None


def number(address: str) -> int | None:
    """An IPv4 host as a number; None for everything else."""
    return int(ipaddress.IPv4Address(address)) if _IPV4.match(address) else None
