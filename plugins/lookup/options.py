# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: options
short_description: Options of a module, from the variables of a role
version_added: 0.2.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Returns the options of a module of this collection that the variables of a role set, ready for C(module_defaults).
  - A blank variable means the same as one that is not set. A variable that refers to something undefined, or that has the wrong type, is an error that
    names it.
  - The roles of this collection use it; it is of little use elsewhere.
options:
  _terms:
    description: The module, without the name of the collection.
    required: true
  caller:
    description: The role, which is what its variables begin with.
    type: str
    required: true
  entry:
    description: The entry point of the role, where it is not the usual one.
    type: str
  host:
    description: The inventory host whose variables say how to reach the PCE, where it is not the host of the task.
    type: str
"""

EXAMPLES = r"""
- name: Register as the variables dag_register_* and panos_* say
  zerotrust.microseg.panos_dag_register:
  module_defaults:
    group/zerotrust.microseg.panos: "{{ lookup('zerotrust.microseg.options', 'panos_dag_register', caller='dag_register') }}"
"""

RETURN = r"""
_raw:
  description: One mapping of options.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._hosts import Inventory


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return one mapping for each module."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return [self._of_module(module, variables) for module in terms]
        except MicrosegError as exc:
            raise AnsibleLookupError(exc.message) from None

    def _of_module(self, module, variables):
        caller, entry, host = (self.get_option(name) or None for name in ('caller', 'entry', 'host'))
        inventory = Inventory(self._templar, variables)
        task = inventory.here(inventory=module != 'illumio_workload_facts')
        # With a host, its connection; what the role is to do is said where it runs.
        found = inventory.host(host).options(module, caller, entry, of_role=task.values) if host else task.options(module, caller, entry)
        owner = inventory.owner() if entry == 'teardown' else None
        return dict(found, owner=owner) if owner else found
