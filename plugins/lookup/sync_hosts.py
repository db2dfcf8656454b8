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

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._play_hosts import no_host
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
            problem = no_host(self._loader, pattern, variables.get('groups') or {}, variables.get('ansible_limit'), self.get_option('variable'))
            if problem is not None:
                raise AnsibleLookupError('%s Nothing was done. To accept a run without a firewall, set %s=true with -e.'
                                         % (problem, self.get_option('allow_variable')))
        return [pattern]
