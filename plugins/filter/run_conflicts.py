# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_conflicts
short_description: What the firewalls of one sync disagree about
version_added: 0.1.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Compares the variables that have one value for a whole run over the hosts of a play, and counts the PCEs.
  - The role P(zerotrust.microseg.dag_sync#role) uses it; it is of little use elsewhere.
positional: _input, hostvars, names, defaults, pces
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
  names:
    description: Names of the variables.
    type: list
    elements: str
    required: true
  defaults:
    description: What an unset variable means.
    type: dict
    required: true
  pces:
    description: Hosts of the group C(illumio); a run gathers from one.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Refuse firewalls that disagree
  ansible.builtin.assert:
    that: ansible_play_hosts_all | zerotrust.microseg.run_conflicts(hostvars, names, defaults) | length == 0
  vars:
    names: [dag_sync_ipv6]
    defaults:
      dag_sync_ipv6: false
"""

RETURN = r"""
_value:
  description: One sentence per conflict.
  type: list
  elements: str
"""

import json

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import given


class FilterModule:
    """Filters of the collection."""

    def filters(self):
        """Return the filters by name."""
        return {'run_conflicts': run_conflicts}


def run_conflicts(hosts, hostvars, names, defaults, pces=()):
    """Return a sentence for each variable on which two hosts disagree, naming both."""
    conflicts = []
    if len(pces) > 1:
        conflicts.append('The group illumio holds %s, and a sync gathers from one PCE. Leave one in the group, or run once per PCE with another '
                         'dag_sync_tag_template each.' % ' and '.join(map(str, pces)))
    for name in names:
        first = None
        for host in hosts:
            value = _comparable(given(hostvars[host].get(name), defaults.get(name)))
            if first is None:
                first = (host, value)
            elif value != first[1]:
                conflicts.append('%s has one value for the whole run, and %s says %s where %s says %s. Make them equal, or run them apart with --limit.'
                                 % (name, first[0], first[1], host, value))
                break
    return conflicts


def _comparable(value):
    """Return text in which C(false), C("false") and C(no) are the same, as they are for a typed option."""
    text = json.dumps(value, sort_keys=True, default=str) if not isinstance(value, str) else value
    return {'yes': 'true', 'True': 'true', 'no': 'false', 'False': 'false', '': 'null'}.get(text, text)
