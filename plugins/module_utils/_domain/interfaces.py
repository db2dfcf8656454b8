# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses of a workload count.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import fnmatch
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import Networks, from_interface

DEFAULT_EXCLUDE_INTERFACES = (
    'docker*', 'br-' + '[0-9a-f]' * 12, 'veth*', 'cali*', 'cni*', 'flannel*', 'vxlan.calico', 'virbr*', 'podman*', 'lxcbr*', 'lxdbr*',
)
"""Interfaces that never leave their host: bridges and tunnels of container runtimes and hypervisors."""

REASONS = ('invalid', 'link_local', 'loopback', 'multicast', 'unspecified', 'broadcast', 'claim_address', 'ignored_interface', 'excluded_interface', 'ipv6',
           'not_in_networks', 'excluded_network', 'duplicate')
"""Why an address is left out, in the order in which the reasons are looked for."""

_MEMO = 1 << 16  # names such as veth4f3a21c are without end


class InterfaceRules:
    """The rules that say which interface addresses count.

    :arg ipv6: whether IPv6 addresses count.
    :arg exclude_interfaces: shell patterns of interface names to leave out, case-sensitive.
    :arg include_networks: where not empty, only addresses inside these count.
    :arg exclude_networks: addresses inside these do not count.
    :raises OptionError: a network that is none.
    """

    def __init__(self, ipv6=False, exclude_interfaces=DEFAULT_EXCLUDE_INTERFACES, include_networks=(), exclude_networks=()):
        self.ipv6 = ipv6
        self.exclude_interfaces = tuple(exclude_interfaces)
        self.include_networks = Networks(include_networks, 'include_networks')
        self.exclude_networks = Networks(exclude_networks, 'exclude_networks')
        self._within = bool(self.include_networks)
        self._without = bool(self.exclude_networks)
        self._excludes = re.compile('|'.join(map(fnmatch.translate, self.exclude_interfaces)) or r'(?!)').match
        self._memo = {}

    def judge(self, name, text, ignored=()):
        """Return (packed address or None, None or the reason why it does not count: one of L(REASONS)).

        :arg name: of the interface. :arg text: its address. :arg ignored: names of the workload's ignored interfaces.
        """
        packed, reason = from_interface(text)
        if reason is not None:
            return packed, reason
        if name in ignored:
            return packed, 'ignored_interface'
        excluded = self._memo.get(name)
        if excluded is None:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            excluded = self._memo[name] = self._excludes(name or '') is not None
        if excluded:
            return packed, 'excluded_interface'
        if not self.ipv6 and len(packed) == 16:
            return packed, 'ipv6'
        if self._within and packed not in self.include_networks:
            return packed, 'not_in_networks'
        if self._without and packed in self.exclude_networks:
            return packed, 'excluded_network'
        return packed, None
