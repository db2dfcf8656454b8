# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: target_states
short_description: The state of each target of a sync
version_added: 0.1.0
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
description:
  - Turns what M(zerotrust.microseg.panos_dag_register) returned on each host into one line per target, small numbers for C(set_stats), and whether the
    host has to fail.
  - A passive member of a high-availability pair is fine where its active peer was reached in the same run, and a failure where it was not.
  - The role P(zerotrust.microseg.dag_sync#role) uses it; it is of little use elsewhere.
positional: _input, hostvars, done, remaining
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars), which holds C(dag_register_result) and C(__dag_sync_failure) of each host.
    type: dict
    required: true
  done:
    description: Names of the hosts of this play whose batch is over, those of this batch included.
    type: list
    elements: str
    default: []
  remaining:
    description: Names of the hosts of this play whose batch comes later.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Report target states
  ansible.builtin.debug:
    msg: "{{ ansible_play_batch | zerotrust.microseg.target_states(hostvars) | map(attribute='line') | list }}"
"""

RETURN = r"""
_value:
  description: For each host C(host), C(line), C(message), C(ok), C(stats) (for a workflow), C(record) (for the result of the run), and C(answers), the
    host that has to fail for it.
  type: list
  elements: dict
"""

from ansible_collections.zerotrust.microseg.plugins.module_utils._summary import Report, states


class FilterModule:
    """Filters of the collection."""

    def filters(self):
        """Return the filters by name."""
        return {'target_states': target_states}


def target_states(hosts, hostvars, done=(), remaining=()):
    """Return one entry per host; see L(states)."""
    earlier = [host for host in done if host not in hosts]
    return states([_report(host, hostvars) for host in hosts], [_report(host, hostvars) for host in earlier], [str(host) for host in remaining])


def _report(host, hostvars):
    variables = hostvars[host]
    wrong = ((variables.get('__dag_sync_check') or {}).get('hosts') or {}).get(host)
    if wrong:  # its variables are not right, so it was left alone
        return Report(str(host), {}, str(wrong), 'option')
    return Report(str(host), dict(variables.get('dag_register_result') or {}), str(variables.get('__dag_sync_failure') or ''),
                  str(variables.get('__dag_sync_failure_kind') or ''))
