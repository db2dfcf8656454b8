# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a play has a host, said before it begins: Ansible skips a play that has none, and the run ends as if all were well.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import difflib

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager


def no_host(loader, pattern, groups, limit, variable):
    """Return a sentence that says what is empty where no host is left for a play, else None.

    :arg loader: Ansible's. :arg pattern: of the hosts. :arg groups: dict name -> hosts, the variable C(groups). :arg limit: what C(--limit) says, or None.
    :arg variable: what the variable that sets the pattern is called.
    """
    inventory = InventoryManager(loader=loader, sources=None, parse=False)
    for group, hosts in groups.items():
        ours = group not in ('all', 'ungrouped')
        if ours:
            inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group if ours else None)
    inventory.reconcile_inventory()
    try:
        matching = [host.name for host in inventory.get_hosts(pattern)]
        if not matching:
            return _nobody(pattern, groups, variable)
        if not limit:
            return None
        inventory.subset(limit)
        if inventory.get_hosts(pattern):
            return None
    except AnsibleError as exc:
        return '%s is "%s": %s' % (variable, pattern, exc)
    return 'No firewall is left: --limit %s leaves no host of "%s", which are %s.' % (limit, pattern, _listed(matching))


def _nobody(pattern, groups, variable):
    hosts = groups.get('all') or ()
    if not hosts:
        return 'The inventory holds no host. Name your inventory with -i, or in ansible.cfg.'
    others = sorted(set(groups) - {'all', 'ungrouped'})
    close = difflib.get_close_matches(pattern, [*others, *hosts], n=1, cutoff=0.6)
    if pattern in groups:
        problem, remedy = 'The group %s of the inventory holds no host' % pattern, 'Put your firewalls into it'
    else:
        problem = 'No host matches "%s": the inventory has the groups %s' % (pattern, _listed(others) if others else '(none)')
        remedy = 'Put your firewalls into a group of that name'
    guess = ' Did you mean %s?' % close[0] if close and close[0] != pattern else ''
    return '%s.%s %s, or set %s with -e.' % (problem, guess, remedy, variable)


def _listed(names):
    return ', '.join(names[:8]) + (' and %d more' % (len(names) - 8) if len(names) > 8 else '')
