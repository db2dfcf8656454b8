# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import addresses
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

SPECIAL = [
    '0.0.0.0', '0.0.0.1', '127.0.0.1', '127.255.255.255', '128.0.0.0', '169.254.0.0', '169.254.255.255', '169.253.1.1', '169.255.0.0', '192.0.2.1', '192.0.2.2',
    '223.255.255.255', '224.0.0.0', '239.255.255.255', '240.0.0.0', '254.1.1.1', '255.255.255.255', '255.255.255.254', '::', '::1', '::2', 'fe80::',
    'febf::1', 'fec0::1',
    'fe7f::1',
    'fe00::1', 'ff00::', 'ffff::1', 'fd00::1', '2001:db8::1', '7f00::1', 'a9fe::1', 'e000::1', 'c000:201::',
]
HOSTS = st.one_of(st.ip_addresses(), st.sampled_from(SPECIAL).map(ipaddress.ip_address))
NETWORKS = st.builds(lambda host, length: ipaddress.ip_network((host, min(length, host.max_prefixlen)), strict=False), HOSTS, st.integers(0, 128))


@given(HOSTS)
def test_normalise_keeps_the_address_and_is_stable(host):
    text = addresses.normalise(str(host))
    assert ipaddress.ip_address(text) == host
    assert addresses.normalise(text) == text


@given(st.ip_addresses(v=6))
def test_every_spelling_of_an_ipv6_address_is_one(host):
    text = addresses.normalise(host.compressed)
    assert addresses.normalise(host.exploded) == text
    assert addresses.normalise(host.exploded.upper()) == text
    assert addresses.normalise(host.exploded + '/128') == text


@given(st.lists(HOSTS))
def test_order_is_ipv4_before_ipv6_then_numeric(hosts):
    expected = [addresses.normalise(str(host)) for host in sorted(hosts, key=lambda host: (host.version, int(host)))]
    texts = [addresses.normalise(str(host)) for host in hosts]
    assert sorted(texts, key=addresses.sort_key) == expected
    assert [addresses.unpack(packed) for packed in addresses.in_order(map(addresses.pack, texts))] == expected


@pytest.mark.parametrize('text', [
    '', ' ', '10.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.1 ', '10.0.0.0/24', '10.0.0.1-10.0.0.9', '2001:db8::/64', ':', 'fe80::1%', 'web01', '１0.0.0.1',
    None, 5, b'10.0.0.1', [],
])
def test_anything_else_is_no_address(text):
    with pytest.raises(ValueError):
        addresses.normalise(text)
    assert addresses.is_registrable(text) == 'invalid'
    assert addresses.from_interface(text) == (None, 'invalid')


@pytest.mark.parametrize('text,expected', [
    ('10.0.0.1/32', '10.0.0.1'), ('2001:DB8:0:0::1', '2001:db8::1'), ('2001:db8::1/128', '2001:db8::1'), ('fe80::1%eth0', 'fe80::1'),
])
def test_spellings_of_devices_and_hosts(text, expected):
    assert addresses.normalise(text) == expected


def test_a_mapped_address_is_ipv4_on_an_interface_only():
    assert addresses.from_interface('::ffff:10.0.0.1') == (bytes([10, 0, 0, 1]), None)
    assert addresses.from_interface('::ffff:127.0.0.1') == (bytes([127, 0, 0, 1]), 'loopback')
    assert addresses.normalise('::FFFF:10.0.0.1') != '10.0.0.1'


def expected_reason(host):
    """The same question asked of the standard library."""
    if host.is_link_local:
        return 'link_local'
    if host.is_loopback:
        return 'loopback'
    if host.is_multicast:
        return 'multicast'
    if host.is_unspecified:
        return 'unspecified'
    return {'255.255.255.255': 'broadcast', addresses.CLAIM_ADDRESS: 'claim_address'}.get(str(host))


@given(HOSTS)
def test_what_never_counts(host):
    assert addresses.is_registrable(str(host)) == expected_reason(host)
    if getattr(host, 'ipv4_mapped', None) is None:
        assert addresses.from_interface(str(host)) == (host.packed, expected_reason(host))


@given(st.lists(NETWORKS, max_size=6), HOSTS)
def test_membership_of_networks(networks, host):
    found = addresses.Networks([str(network) for network in networks], 'include_networks')
    assert (host.packed in found) == any(host.version == network.version and host in network for network in networks)
    assert bool(found) == bool(networks)


def test_networks_have_one_spelling():
    assert addresses.Networks(['10.0.1.0/24', '10.0.0.0/24', '2001:DB8::/32', '10.9.9.9'], 'x').texts == ('10.0.0.0/23', '10.9.9.9/32', '2001:db8::/32')


@pytest.mark.parametrize('text,hint', [('10.1.2.3/8', '10.0.0.0/8'), ('ten', 'is not a network'), ('10.0.0.0/33', 'is not a network')])
def test_a_network_that_is_none_names_the_option(text, hint):
    with pytest.raises(OptionError, match='exclude_networks.*' + hint):
        addresses.Networks([text], 'exclude_networks')
