#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: panos_dag_info
short_description: Look at the registrations and dynamic address groups of a firewall
version_added: 0.1.0
description:
  - Reads the registered addresses with their tags, the dynamic address groups with their members, and what the device is, in which
    high-availability state, and how much it can hold.
  - Reads only. Nothing on the device is changed, neither at run time nor in its configuration.
author:
  - zerotrust.microseg contributors (@zerotrust-microseg)
extends_documentation_fragment:
  - zerotrust.microseg._attributes
  - zerotrust.microseg._attributes.panos
  - zerotrust.microseg._panos
attributes:
  check_mode:
    support: full
    details:
      - The module only reads, so that check mode does the same. The file in O(dest) is written in check mode too.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    support: full
    details:
      - The module never reports a change.
options:
  gather_subset:
    description:
      - What to read. The less, the fewer calls; a large table of registrations is the most expensive part.
    type: list
    elements: str
    choices: [registrations, groups, system, high_availability, capacity]
    default: [registrations, groups, system, high_availability, capacity]
  addresses:
    description:
      - Only registrations of these addresses. They are compared as addresses; networks and ranges as the device spells them.
    type: list
    elements: str
  tags:
    description:
      - Only registrations of addresses that carry at least one of these tags, compared exactly. All tags of such an address are returned.
    type: list
    elements: str
  dest:
    description:
      - Write the registrations to this file instead of returning them. Needed for large tables, because Ansible copies results several times, and slowly.
      - The file holds one JSON object per line. The first describes the device, then one per address follows with C(vsys), C(address) and C(tags).
        The last is a trailer with the number of addresses and a digest of the lines. A file without a trailer was cut off.
    type: path
seealso:
  - module: zerotrust.microseg.panos_dag_register
  - name: Dynamic address groups
    description: How PAN-OS fills dynamic address groups from tags.
    link: https://docs.paloaltonetworks.com/pan-os/11-0/pan-os-admin/policy/monitor-changes-in-the-virtual-environment/use-dynamic-address-groups-in-policy
"""

EXAMPLES = r"""
- name: Look at everything that a firewall has registered
  zerotrust.microseg.panos_dag_info:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
  register: firewall

- name: Who is in the group for development?
  ansible.builtin.debug:
    msg: "{{ firewall.targets[0].groups | selectattr('name', 'equalto', 'DAG-Development') | map(attribute='members') }}"

- name: Which tags does one address carry?
  zerotrust.microseg.panos_dag_info:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    gather_subset: [registrations]
    addresses: [10.0.0.1]

- name: Keep a large table in a file
  zerotrust.microseg.panos_dag_info:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    gather_subset: [registrations]
    dest: ./registrations.jsonl

- name: How full is a firewall behind a Panorama?
  zerotrust.microseg.panos_dag_info:
    ip_address: panorama.example.com
    username: automation
    password: "{{ panorama_password }}"
    serial_number: "007951000012345"
    vsys: [vsys1]
    gather_subset: [capacity]
"""

RETURN = r"""
targets:
  description: One entry for each virtual system, or one for the table of a Panorama itself.
  returned: always; empty when neither registrations, groups nor capacity are gathered
  type: list
  elements: dict
  contains:
    vsys:
      description: The virtual system; V(null) for the table of a Panorama itself.
      returned: always
      type: str
      sample: vsys1
    registrations:
      description: The tags of each address that O(addresses) and O(tags) let through. Host addresses in order, then networks and ranges.
      returned: when registrations are gathered and O(dest) is not set
      type: dict
      sample: {"10.0.0.1": ["illumio.app.Ordering", "illumio.env.Development"], "10.1.0.0/16": ["site-a"]}
    matched:
      description: How many addresses O(addresses) and O(tags) let through.
      returned: when registrations are gathered
      type: int
      sample: 2
    address_count:
      description: Host addresses in the whole table.
      returned: when registrations are gathered
      type: int
      sample: 1
    opaque_count:
      description: Networks, ranges and whatever else is not one host, in the whole table. This collection leaves them alone.
      returned: when registrations are gathered
      type: int
      sample: 1
    tag_counts:
      description: How many addresses of the whole table carry each tag.
      returned: when registrations are gathered
      type: dict
      sample: {"illumio.app.Ordering": 1, "illumio.env.Development": 1, "site-a": 1}
    complete:
      description: Whether reading found as many addresses as the device counts. If not, another program was writing at the same time.
      returned: when registrations are gathered
      type: bool
      sample: true
    groups:
      description: The dynamic address groups of the virtual system and the shared ones.
      returned: when groups are gathered
      type: list
      elements: dict
      contains:
        name:
          description: Name of the group.
          returned: always
          type: str
          sample: DAG-Development
        vsys:
          description: Where the group is defined. V(shared) for a shared group; the device group on a Panorama.
          returned: always
          type: str
          sample: vsys1
        filter:
          description: Which tags it takes.
          returned: always
          type: str
          sample: "'illumio.env.Development'"
        members:
          description:
            - Members with C(type), and C(address) for registered addresses or C(name) for anything else.
            - A group that no committed rule uses has none, and a Panorama never shows any.
          returned: always
          type: list
          elements: dict
          sample: [{"address": "10.0.0.1", "type": "registered-ip"}]
system:
  description: What the device is. C(version) is the number in C(sw_version) as a list, with the hotfix last.
  returned: when system is gathered
  type: dict
  sample: {"hostname": "fw1", "model": "PA-3220", "serial": "016201000001", "sw_version": "10.2.8", "version": [10, 2, 8, 0],
           "multi_vsys": false, "is_panorama": false}
high_availability:
  description:
    - Its high-availability state. C(active) tells whether registrations may be written to it; C(state) is V(standalone) where high availability is off.
    - C(address) and C(peer_address) are the management addresses by which the two members of a pair know each other; so are C(serial) and C(peer_serial), where
      they are told.
  returned: when high_availability is gathered
  type: dict
  sample: {"enabled": true, "mode": "active-passive", "state": "active", "peer_state": "passive", "active": true, "address": "192.0.2.10",
           "peer_address": "192.0.2.11", "serial": null, "peer_serial": null}
capacity:
  description:
    - How many addresses and how many tags per address the model takes, and how many addresses (C(used)) the tables of RV(targets) hold.
      C(source) is V(model) or V(unknown).
    - What depends on more than the model, such as memory or cards, is V(null).
  returned: when capacity is gathered
  type: dict
  sample: {"addresses": 200000, "tags_per_address": 32, "used": 2, "source": "model"}
path:
  description: The file with the registrations.
  returned: when O(dest) is set and registrations are gathered
  type: str
  sample: /var/lib/microseg/registrations.jsonl
sha256:
  description: Digest of the lines between the first and the last of that file. Two files with the same digest hold the same registrations.
  returned: when O(dest) is set and registrations are gathered
  type: str
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
credentials:
  description: Where the credentials came from, that is which options or environment variables. Never the credentials themselves.
  returned: success
  type: str
  sample: api_key
requests:
  description: How many calls were made.
  returned: always
  type: int
  sample: 6
error:
  description: Machine-readable C(kind) of an error, with details such as C(code) where the device gave one.
  returned: on failure
  type: dict
  sample: {"kind": "unreachable", "host": "fw1.example.com:443"}
"""

import datetime

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.look import SUBSETS, run


def main():
    module = AnsibleModule(
        argument_spec=dict(
            CONNECTION,
            gather_subset={'type': 'list', 'elements': 'str', 'choices': list(SUBSETS), 'default': list(SUBSETS)},
            addresses={'type': 'list', 'elements': 'str'},
            tags={'type': 'list', 'elements': 'str'},
            dest={'type': 'path'},
        ),
        supports_check_mode=True,
    )
    with translated(module.fail_json):
        result = run(module.params, datetime.datetime.now(datetime.timezone.utc), module.warn)
    module.exit_json(**result)


if __name__ == '__main__':
    main()
