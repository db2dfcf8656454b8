#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r'''
module: illumio_workload_facts
short_description: Gather labels and workloads from an Illumio PCE
version_added: 0.1.0
description:
  - Reads labels of all dimensions, the label groups in force, and the workloads of one organisation of a Policy Compute Engine (PCE).
  - The workloads are complete or the module fails. They are read as an asynchronous collection, because the PCE cuts every other list at 500
    objects without a word; each must have another C(href), every label that they carry must be known, and there must be as many as the PCE counts.
    A PCE that shows no workload at all is an error.
  - Nothing is written to the PCE.
author:
  - zerotrust.microseg contributors (!UNKNOWN)
options:
  dest:
    description:
      - File on the controller in which the labels and workloads are written as a workloads artifact, for the option
        O(zerotrust.microseg.dag_tag_map#module:src) of M(zerotrust.microseg.dag_tag_map). The fact then holds its C(path) in the place of C(workloads).
      - Use it for more than some hundred workloads; passing many of them through Ansible's variables takes long and much memory.
      - The file has the mode 0600. It is a working file, so it is written in check mode too and does not count as a change.
    type: path
  caller:
    description:
      - Name of the role that runs this module, so that messages name the variables of that role. The roles of this collection set it.
    type: str
  run_id:
    description:
      - Name of the run, which goes into the artifact and the fact, so that files of one run can be told from those of another.
      - Made up at random if it is not set.
    type: str
  labels:
    description:
      - Only workloads that carry, for each key named here, one of the values. Keys and values are compared exactly.
      - A key or a value that the PCE does not know is an error.
      - This filter and those that follow are for looking around. Any of them sets C(complete) to V(false) in the result, which a sync refuses.
    type: dict
  managed:
    description: Only workloads with an agent (VEN), or only those without one.
    type: bool
  online:
    description: Only workloads that are online, or only those that are not.
    type: bool
  enforcement_modes:
    description: Only workloads in one of these enforcement modes.
    type: list
    elements: str
    choices: [idle, visibility_only, selective, full]
  hostname:
    description: Only workloads with exactly this host name.
    type: str
  name:
    description: Only workloads with exactly this name.
    type: str
  ip_address:
    description: Only workloads with this address on one of their interfaces.
    type: str
extends_documentation_fragment:
  - zerotrust.microseg._illumio
  - zerotrust.microseg._attributes
  - zerotrust.microseg._attributes.facts
  - zerotrust.microseg._attributes.illumio
attributes:
  check_mode:
    support: full
    details:
      - The module only reads; with O(dest), the file is written in check mode as well.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    support: full
  facts:
    support: full
seealso:
  - module: zerotrust.microseg.dag_tag_map
  - module: zerotrust.microseg.panos_dag_register
  - name: Illumio Core REST API, asynchronous collections
    description: Why a collection of more than 500 objects is ordered as a job.
    link: https://docs.illumio.com/core/21.5/Content/Guides/rest-api/async-get-collections/overview-of-async-get-requests.htm
'''

EXAMPLES = r'''
- name: Gather all workloads of a PCE into a file
  zerotrust.microseg.illumio_workload_facts:
    pce_hostname: pce.example.com
    pce_port: 8443
    api_key_username: "{{ illumio_api_key_username }}"
    api_key_secret: "{{ illumio_api_key_secret }}"
    dest: "{{ playbook_dir }}/artifacts/workloads.jsonl"

- name: Gather with the connection from ILLUMIO_PCE_HOST, ILLUMIO_API_KEY_USERNAME and ILLUMIO_API_KEY_SECRET
  zerotrust.microseg.illumio_workload_facts:
    dest: "{{ playbook_dir }}/artifacts/workloads.jsonl"

- name: Look at the production web servers that are offline
  zerotrust.microseg.illumio_workload_facts:
    labels:
      env: Production
      role: [Web, Database]
    online: false

- name: Show their names
  ansible.builtin.debug:
    msg: "{{ ansible_facts['illumio_workloads'].workloads | map(attribute='name') }}"

- name: Who has this address?
  zerotrust.microseg.illumio_workload_facts:
    ip_address: 10.1.2.3
'''

RETURN = r'''
ansible_facts:
  description: The facts of the PCE, which is the host of the task.
  returned: success
  type: dict
  contains:
    illumio_workloads:
      description: Labels, label groups and workloads of one organisation.
      returned: success
      type: dict
      contains:
        pce:
          description: Name of the PCE, with the port unless it is 443.
          returned: success
          type: str
          sample: pce.example.com:8443
        org_id:
          description: Number of the organisation.
          returned: success
          type: int
          sample: 1
        pce_version:
          description: Release of the PCE, V(null) where it does not tell.
          returned: success
          type: str
          sample: 25.2.40-4047
        gathered_at:
          description: When the workloads were asked for, in UTC.
          returned: success
          type: str
          sample: "2026-11-22T17:00:00Z"
        run_id:
          description: The option O(run_id), or what was made up for it.
          returned: success
          type: str
          sample: 3f6c1d6f0a2b4c8e
        complete:
          description: Whether these are all workloads that the key may see. V(false) with any filter.
          returned: success
          type: bool
          sample: true
        scope:
          description:
            - V(all) when the PCE says that a role of the key sees the whole organisation, V(limited) when each of its roles has a scope, so workloads
              are missing, and V(unverified) when the PCE does not tell, as for service accounts.
          returned: success
          type: str
          sample: all
        filters:
          description: The filters that were used.
          returned: success
          type: dict
          sample: {}
        count:
          description: How many workloads there are in C(workloads) or in the file.
          returned: success
          type: int
          sample: 2000
        label_keys:
          description: Keys of label dimensions and labels, the four of every PCE first.
          returned: success
          type: list
          elements: str
          sample: [role, app, env, loc, os]
        labels:
          description: Every label, in the order of C(href).
          returned: success
          type: list
          elements: dict
          sample: [{"href": "/orgs/1/labels/7", "key": "env", "value": "Production"}]
        label_groups:
          description: Every label group in force, with the labels that it holds directly or through other groups.
          returned: success
          type: list
          elements: dict
          sample: [{"name": "Not production", "key": "env", "labels": [{"key": "env", "value": "Development"}, {"key": "env", "value": "Staging"}]}]
        workloads:
          description:
            - The workloads, in the order of C(href). Interfaces hold every address that the PCE lists.
            - C(created_at) is when the PCE first knew the workload. C(last_seen) is the last heartbeat of a managed workload, and the creation of any other.
          returned: without O(dest)
          type: list
          elements: dict
          sample:
            - href: /orgs/1/workloads/0b1f9c0e-3a44-4c71-9a0e-5b0a4b1f2c3d
              name: web01.example.com
              managed: true
              online: true
              enforcement_mode: selective
              last_seen: "2026-11-22T16:58:12.071487Z"
              created_at: "2026-03-02T08:15:00.750842Z"
              labels: {"role": "Web", "app": "Ordering", "env": "Production", "loc": "Berlin"}
              interfaces: [{"name": "eth0", "address": "10.1.2.3"}]
              ignored_interface_names: []
        credentials:
          description: Where the API key came from, that is which options or environment variables. Never the key itself.
          returned: success
          type: str
          sample: api_key_username and api_key_secret
        path:
          description: Absolute path of the artifact.
          returned: with O(dest)
          type: str
          sample: artifacts/workloads.jsonl
'''

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather.argspec import ARGUMENTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather.run import run


def main():
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    with translated(module.fail_json):
        module.exit_json(**run(module.params, module.warn))


if __name__ == '__main__':
    main()
