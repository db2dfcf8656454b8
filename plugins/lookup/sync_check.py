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

from ansible_collections.zerotrust.microseg.plugins.plugin_utils._hosts import Inventory
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._sync_checks import check


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms, variables=None, **kwargs):
        """Return one mapping."""
        self.set_options(var_options=variables, direct=kwargs)
        path = os.path.join(variables.get('role_path') or '', 'defaults', 'main.yml')
        defaults = (self._loader.load_from_file(path) or {}) if variables.get('role_path') and os.path.exists(path) else {}
        return [check(Inventory(self._templar, variables), list(terms), self.get_option('batch') or list(terms), self.get_option('entry'),
                      self._loader.get_basedir(), defaults, self.get_option('earlier'))]
