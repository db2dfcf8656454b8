# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host addresses: one spelling, one order, and which of them may be registered.

Inside the domain an address is I(packed): its 4 or 16 bytes in network order. Packed addresses of one family compare
like the numbers they are, cost a third of the memory of an C(ipaddress) object, and are made and printed by two
functions of the C library, which is what makes 300,000 of them a matter of a quarter of a second.
C(socket) is imported for those two pure functions; nothing here talks to a network.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import bisect
import ipaddress
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

CLAIM_ADDRESS = '192.0.2.1'
"""The documentation address (RFC 5737) that carries claims; a workload that has it is left out."""

# Plain numbers: the members of the enumeration cost a conversion in every call.
_IPV4 = int(AF_INET)
_IPV6 = int(AF_INET6)
_CLAIM = inet_pton(AF_INET, CLAIM_ADDRESS)
_BROADCAST = b'\xff\xff\xff\xff'
_UNSPECIFIED = b'\0\0\0\0'
# First bytes of IPv4 or IPv6 that need a closer look; all other addresses are registrable.
_LOOK = frozenset((0, 127, 169, 192, 254, 255)).union(range(224, 240))
_UNSPECIFIED6 = bytes(16)
_LOOPBACK6 = bytes(15) + b'\1'
_MAPPED = bytes(10) + b'\xff\xff'


def pack(text):
    """Return the packed form of one host address.

    C(/32) on IPv4 and C(/128) on IPv6 are dropped, because PAN-OS takes them and reads them back without (PAN-OS facts
    2.6); so is an IPv6 zone (C(fe80::1%eth0)), which means something to its own host only.

    :arg text: C(10.0.0.1), C(2001:DB8::1) ...
    :raises ValueError: not one host address: a network, a range, a name, not a string.
    """
    try:
        if ':' not in text:
            return inet_pton(_IPV4, text[:-3] if text.endswith('/32') else text)
        if text.endswith('/128'):
            text = text[:-4]
        address, percent, zone = text.partition('%')
        if percent and not zone:
            raise ValueError('an empty zone')
        return inet_pton(_IPV6, address)
    except (OSError, TypeError, AttributeError, UnicodeError, ValueError) as exc:
        raise ValueError('%r is not an IPv4 or IPv6 host address' % (text,)) from exc


def unpack(packed):
    """Return the canonical text of a packed address: dotted for IPv4, RFC 5952 for IPv6."""
    return inet_ntop(_IPV4 if len(packed) == 4 else _IPV6, packed)


def normalise(text):
    """Return the canonical text of one host address, so that equal addresses are equal strings.

    An IPv4-mapped IPv6 address stays IPv6 here (a device could hold both); L(from_interface) folds it.

    :raises ValueError: not one host address, see L(pack).
    """
    return unpack(pack(text))


def sort_key(address):
    """Return bytes that order canonical addresses: IPv4 before IPv6, then by number.

    :raises ValueError: not one host address.
    """
    packed = pack(address)
    return (b'4' if len(packed) == 4 else b'6') + packed


def in_order(addresses):
    """Return packed addresses as a list: IPv4 before IPv6, then by number."""
    found = sorted(addresses)
    found.sort(key=len)  # keeps the order inside each family; one key for both questions takes three times as long
    return found


def from_interface(text):
    """Return (packed address or None, None or the reason why it never counts) of an address that a workload's interface carries.

    An IPv4-mapped IPv6 address (C(::ffff:10.0.0.1)) is how some operating systems list an IPv4 address on a dual-stack
    socket; what a firewall sees on the wire is the IPv4 address, so that is what it becomes.

    The reason is C(invalid) or one of L(unregistrable). One function for one address, because it runs for every address of
    every workload: 0.35 us each (Python 3.11).
    """
    try:
        packed = inet_pton(_IPV4, text) if ':' not in text else inet_pton(_IPV6, text)
    except (OSError, TypeError, UnicodeError, ValueError):
        try:
            packed = pack(text)
        except ValueError:
            return None, 'invalid'
    if packed.startswith(_MAPPED) and len(packed) == 16:
        packed = packed[12:]
    if packed[0] not in _LOOK:
        return packed, None
    return packed, unregistrable(packed)


def unregistrable(packed):
    """Return why a packed address never counts, or None: link_local, loopback, multicast, unspecified, broadcast or claim_address.

    Private and shared address space (RFC 1918, RFC 6598, RFC 4193) counts: that is where workloads live.
    """
    first = packed[0]
    if first not in _LOOK:
        return None
    if len(packed) == 4:
        if first == 169:
            return 'link_local' if packed[1] == 254 else None
        if first == 127:
            return 'loopback'
        if first == 192:
            return 'claim_address' if packed == _CLAIM else None
        if first == 0:
            return 'unspecified' if packed == _UNSPECIFIED else None
        if first == 255:
            return 'broadcast' if packed == _BROADCAST else None
        return 'multicast' if first < 240 else None
    if first == 0xfe:
        return 'link_local' if packed[1] & 0xc0 == 0x80 else None
    if first == 0xff:
        return 'multicast'
    if first == 0:
        if packed == _UNSPECIFIED6:
            return 'unspecified'
        if packed == _LOOPBACK6:
            return 'loopback'
    return None


def is_registrable(address):
    """Return None when an address may be registered, else the reason why not (see L(unregistrable), or C(invalid)).

    Despite its name it answers with the reason: C(if is_registrable(a) is None).
    """
    try:
        return unregistrable(pack(address))
    except ValueError:
        return 'invalid'


class Networks:
    """A set of IPv4 and IPv6 networks that answers membership of packed addresses by bisection.

    :arg texts: networks in CIDR notation or single addresses; overlaps are merged.
    :arg option: the option's name, for the message.
    :raises OptionError: not a network, or host bits are set (C(10.1.2.3/8) is more often a slip than C(10.0.0.0/8)).
    """

    def __init__(self, texts, option):
        found = {4: [], 6: []}
        for text in texts:
            try:
                network = ipaddress.ip_network(text)
            except ValueError:
                raise OptionError('O(%s): %r is not a network such as 10.0.0.0/8 or 2001:db8::/32%s.' % (option, text, _suggestion(text)),
                                  option=option) from None
            found[network.version].append(network)
        merged = [network for version in (4, 6) for network in ipaddress.collapse_addresses(found[version])]
        self.texts = tuple(str(network) for network in merged)
        self._first = {4: [], 16: []}
        self._last = {4: [], 16: []}
        for network in merged:
            size = network.max_prefixlen // 8
            self._first[size].append(network.network_address.packed)
            self._last[size].append(network.broadcast_address.packed)

    def __bool__(self):
        return bool(self.texts)

    def __contains__(self, packed):
        size = len(packed)
        index = bisect.bisect_right(self._first[size], packed) - 1
        return index >= 0 and packed <= self._last[size][index]


def _suggestion(text):
    try:
        return ', because host bits are set; say %s for the network' % ipaddress.ip_network(text, strict=False)
    except ValueError:
        return ''
