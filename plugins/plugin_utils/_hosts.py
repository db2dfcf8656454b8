# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose variables: those of the host that a task runs for, or those of another host of the inventory.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import os

from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.argspec import CONNECTION, owner
from ansible_collections.zerotrust.microseg.plugins.plugin_utils import _variables
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variables import Values, typed

_OWNING = (('pce_hostname', 'ILLUMIO_PCE_HOST'), ('pce_port', 'ILLUMIO_PCE_PORT'), ('pce_org_id', 'ILLUMIO_PCE_ORG_ID'))


class Host:
    """One host and what its variables say.

    :arg name: its name in the inventory. :arg values: its L(Values). :arg inventory: whether it is the host that the variables are about: then its address
        defaults to that of the inventory, and it takes neither address nor target from the environment, where a stray variable would send the
        registrations of every firewall to one.
    """

    def __init__(self, name, values, inventory=True):
        self.name = name
        self.values = values
        self._inventory = inventory

    def options(self, module, caller, entry=None, secrets=True, of_role=None):
        """Return the options of a module for this host; see C(_variables.options)."""
        defaults = {}
        if self._inventory and module == 'illumio_workload_facts':
            defaults = {'pce_hostname': self.values.get('ansible_host', self.name)}
        elif self._inventory and module == 'panos_dag_register':
            defaults = {'ip_address': self.values.get('ansible_host', self.name), 'serial_number': '', 'vsys': []}
        return _variables.options(self.values, module, caller, entry, defaults, secrets, of_role)


class Inventory:
    """The variables of the inventory as one task sees them.

    :arg templar: of the task. :arg variables: those of the task, not templated.
    """

    def __init__(self, templar, variables):
        self.variables = variables
        self.pces = list(variables['groups'].get('illumio') or ())
        self._templar = templar
        self._raw = {}

    def raw(self, host):
        """Return the variables that the inventory, facts and C(-e) give a host, not templated; none for an unknown host."""
        if host not in self._raw:
            found = self.variables['hostvars'].raw_get(host)
            self._raw[host] = found if isinstance(found, dict) else {}
        return self._raw[host]

    @property
    def own(self):
        """The same of the host that the task runs for."""
        return self.raw(self.variables.get('inventory_hostname'))

    def here(self, inventory=True):
        """Return the L(Host) that the task runs for. :arg inventory: as in L(Host)."""
        return Host(self.variables.get('inventory_hostname', ''), Values(self.variables, self._templar.template), inventory)

    def host(self, name, over=None):
        """Return another L(Host).

        What its variables refer to may come from the play as well, so what the task sees stands behind them, but not what only its own host has.

        :arg over: variables that hold for every host of the play and win over those of the inventory, or None.
        """
        raw = {**self.raw(name), **(over or {})}
        known = {**{each: value for each, value in self.variables.items() if each not in self.own}, **raw}
        return Host(name, Values(raw, self._templar.copy_with_new_env(available_variables=known).template))

    def pce(self):
        """Return the L(Host) that says how to reach the PCE: the first of the group illumio, else what C(illumio_*) here or the environment say."""
        return self.host(self.pces[0]) if self.pces else self.here(inventory=False)

    def owner(self):
        """Return who a claim of this sync names, C(pce.example.com/1), or None where nothing says which PCE it is: a teardown can do without.

        :raises OptionError: a variable of the connection is undefined or wrong.
        """
        given = self.pce().options('illumio_workload_facts', 'dag_sync', secrets=False)
        params = {name: given.get(name, os.environ.get(environment)) for name, environment in _OWNING}
        if not (params['pce_hostname'] or '').strip():
            return None
        return owner({name: typed(CONNECTION[name], name, params[name] or CONNECTION[name].get('default')) for name, dummy in _OWNING})
