# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: sync_hosts
short_description: The hosts of a play, or an error where there are none
version_added: 0.2.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Returns a host pattern for the keyword C(hosts) of a play. Where no host of the inventory matches it, or C(--limit) leaves none, the run ends with an error
    that says what is empty. Ansible itself skips such a play, and the run ends as if all were well.
  - C(--syntax-check) and the options that list something run nothing, so that they accept it.
options:
  _terms:
    description: The host pattern. Blank means C(panos).
    required: true
  variable:
    description: The variable that sets the pattern, for the message.
    type: str
    default: dag_sync_hosts
  allow_none:
    description: Accept that there is no host. Then Ansible skips the play. A boolean, or a text that means one; blank means V(false).
    type: raw
    default: false
  allow_variable:
    description: The variable that sets O(allow_none), for the message.
    type: str
    default: dag_sync_allow_no_hosts
"""

EXAMPLES = r"""
- name: Fill dynamic address groups from the labels of the PCE
  hosts: "{{ lookup('zerotrust.microseg.sync_hosts', 'panos') }}"
  gather_facts: false
  tasks:
    - name: Sync
      ansible.builtin.import_role:
        name: zerotrust.microseg.dag_sync
"""

RETURN = r"""
_raw:
  description: The host pattern.
  type: list
  elements: str
"""

import difflib

from ansible import context
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
# Not used here: this plugin runs in the process from which Ansible forks its workers, so that none of them has to import what the check needs.
from ansible_collections.zerotrust.microseg.plugins.plugin_utils import _sync_checks as dummy

_NOTHING_RUNS = ('syntax', 'listhosts', 'listtasks', 'listtags')  # options of ansible-playbook


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return the pattern. A play's hosts are templated before there are any host variables; the groups are known."""
        self.set_options(var_options=variables, direct=kwargs)
        pattern = terms[0] if isinstance(terms[0], str) else ':'.join(map(str, terms[0] or ()))
        pattern = pattern.strip() or 'panos'
        try:
            allow_none = as_boolean(self.get_option('allow_none'), self.get_option('allow_variable'))
        except OptionError as exc:
            raise AnsibleLookupError(OptionNames()(exc.message)) from None
        if not allow_none and not any(context.CLIARGS.get(name) for name in _NOTHING_RUNS):
            problem = self._problem(pattern, variables.get('groups') or {}, variables.get('ansible_limit'))
            if problem is not None:
                raise AnsibleLookupError('%s Nothing was synced. To accept a run without a firewall, set %s=true with -e.'
                                         % (problem, self.get_option('allow_variable')))
        return [pattern]

    def _problem(self, pattern, groups, limit):
        inventory = InventoryManager(loader=self._loader, sources=None, parse=False)
        for group, hosts in groups.items():
            if group not in ('all', 'ungrouped'):
                inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group if group not in ('all', 'ungrouped') else None)
        inventory.reconcile_inventory()
        try:
            matching = [host.name for host in inventory.get_hosts(pattern)]
            if not matching:
                return self._nobody(pattern, groups)
            if not limit:
                return None
            inventory.subset(limit)
            if inventory.get_hosts(pattern):
                return None
        except AnsibleError as exc:
            return '%s is "%s": %s' % (self.get_option('variable'), pattern, exc)
        return 'No firewall is left: --limit %s leaves no host of "%s", which are %s.' % (limit, pattern, _listed(matching))

    def _nobody(self, pattern, groups):
        variable = self.get_option('variable')
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
