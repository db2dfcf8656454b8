# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: sync_check
short_description: Check the variables of a sync
version_added: 0.2.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Looks at the variables of every firewall of the play and of the PCE, and finds unknown ones, undefined ones, values that cannot be right, and variables on
    which the firewalls of one run disagree. Nothing is asked of anybody.
  - Chooses the folder of the run.
  - The role P(zerotrust.microseg.dag_sync#role) uses it; it is of little use elsewhere.
options:
  _terms:
    description: Names of the firewalls.
    required: true
  entry:
    description: The entry point of the role.
    type: str
    default: sync
  batch:
    description:
      - Names of the firewalls whose variables are looked at. Those of later batches may refer to facts that do not exist yet. All of them where it is not set.
    type: list
    elements: str
  earlier:
    description: What an earlier batch of the same run was told, so that the run itself is not checked again and keeps its folder.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Check the variables of this sync
  ansible.builtin.set_fact:
    check: "{{ lookup('zerotrust.microseg.sync_check', *ansible_play_hosts_all) }}"
  run_once: true
"""

RETURN = r"""
_raw:
  description:
    - One mapping with C(problems) (sentences about the run as a whole, or about all of its firewalls), C(hosts) (firewall to what is wrong with it alone),
      C(dir) (the folder that keeps runs, or an empty text), and C(folder) (the folder of this run).
  type: list
  elements: dict
"""

import os

from ansible.plugins.lookup import LookupBase

from ansible_collections.zerotrust.microseg.plugins.plugin_utils import _sync_checks as checks
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._hosts import of_host, of_task, raw_variables
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._run_folder import run_folder


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return one mapping."""
        self.set_options(var_options=variables, direct=kwargs)
        over = self._over(variables)
        batch = self.get_option('batch') or terms
        earlier = self.get_option('earlier')
        firewalls = {host: of_host(self._templar, variables, host, over) for host in (batch if earlier else terms)}
        found = {}
        for host, problem in self._problems(variables, firewalls, batch, earlier):
            if problem is not None and host not in found.setdefault(problem, []):
                found[problem].append(host)
        of_run, of_hosts = checks.shared(found, batch)
        kept = earlier['dir'] if earlier else checks.kept_folder(firewalls[terms[0]])
        return [{'problems': of_run, 'hosts': of_hosts, 'dir': kept, 'folder': earlier['folder'] if earlier else run_folder(kept)}]

    def _problems(self, variables, firewalls, batch, earlier):
        """Yield (host or None, sentence or None)."""
        entry = self.get_option('entry')
        base = self._loader.get_basedir()
        for host in batch:
            for problem in checks.wrong_values(firewalls[host], entry, base):
                yield host, problem
        if earlier:
            return
        pces = list(variables['groups'].get('illumio', ()))
        yield from self._unknown(variables, firewalls.values(), pces)
        for problem in checks.disagreements(list(firewalls.values()), batch):
            yield None, problem
        own = of_task(self._templar, variables, 'illumio_workload_facts')
        pce = of_host(self._templar, variables, pces[0]) if pces else own
        for problem in checks.wrong_pce(pce, entry, base):
            yield None, problem
        if entry == 'sync':
            yield None, checks.several_pces(pces)
            yield None, None if pces else checks.no_pce(own)
        yield None, checks.folder_problem(own)

    @staticmethod
    def _unknown(variables, firewalls, pces):
        """Yield what nobody reads: variables of single firewalls, of the PCE, and of the play."""
        inventory = set()
        for firewall in firewalls:
            names = set(raw_variables(variables, firewall.name) or ())
            inventory |= names
            for problem in checks.unknown_variables(names).values():
                yield firewall.name, problem
        others = {name for name in variables if isinstance(name, str)}.union(*[raw_variables(variables, pce) or () for pce in pces]) - inventory
        for problem in checks.unknown_variables(others).values():
            yield None, problem

    def _over(self, variables):
        """Return the variables that hold for every firewall because the play sets them, and so win over the inventory.

        What the task sees and the inventory does not say so comes from the play, or is a default of the role, which is the weakest of all.
        """
        own = raw_variables(variables, variables['inventory_hostname']) or {}
        path = os.path.join(variables['role_path'], 'defaults', 'main.yml') if variables.get('role_path') else None
        defaults = (self._loader.load_from_file(path) or {}) if path and os.path.exists(path) else {}
        return {name: variables[name] for name in checks.known_variables() if name in variables
                and (name not in own or own[name] != variables[name]) and not (name in defaults and variables[name] == defaults[name])}
