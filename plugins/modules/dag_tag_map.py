#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r'''
module: dag_tag_map
short_description: Render workloads into the tag map that firewalls should have
version_added: 0.1.0
description:
  - Turns labels and interface addresses of workloads into the tag map, the desired state of dynamic address groups. It maps each address to its tags.
  - Says what was left out and why, in counts, and for each workload in the artifact that O(dest) names.
  - Works on data alone. It talks to no PCE and no firewall.
author:
  - zerotrust.microseg contributors (!UNKNOWN)
options:
  src:
    description:
      - Path of the workloads artifact that M(zerotrust.microseg.illumio_workload_facts) wrote.
      - Use it for more than some hundred workloads; passing many of them through Ansible's variables takes long and much memory.
    type: path
  workloads:
    description:
      - The workloads themselves, as M(zerotrust.microseg.illumio_workload_facts) returns them without its option O(dest).
      - Each has C(labels) (a mapping of key to value) and C(interfaces) (a list of C(name) and C(address)), and should have C(href) and C(name). C(managed),
        C(online), C(enforcement_mode), C(created_at) and C(ignored_interface_names) count where they are given.
      - An empty list is an error, as an empty PCE is.
    type: list
    elements: dict
  labels:
    description:
      - With O(workloads), labels that the PCE knows beside those of these workloads, as mappings with C(key) and C(value), so that rules may name them.
    type: list
    elements: dict
    default: []
  label_dimensions:
    description:
      - With O(workloads), label keys that the PCE knows beside those of O(labels) and of these workloads.
    type: list
    elements: str
    default: []
  source:
    description:
      - With O(workloads), where they come from. An artifact says that itself.
    type: dict
    suboptions:
      pce:
        description: Name of the PCE, with the port unless it is 443. With O(source.org_id), it is the owner that a claim on a firewall names.
        type: str
      org_id:
        description: Number of the organisation.
        type: int
        default: 1
      pce_version:
        description: Release of the PCE.
        type: str
      gathered_at:
        description: When they were gathered, in UTC, as V(2026-11-22T17:00:00Z). Now, if it is not set.
        type: str
      complete:
        description: Whether these are all workloads of the PCE.
        type: bool
        default: true
  allow_partial:
    description:
      - Accept workloads that were gathered with filters. What is missing from them would be missing from the tag map, so use the result
        with O(zerotrust.microseg.panos_dag_register#module:state=present) of M(zerotrust.microseg.panos_dag_register) only.
    type: bool
    default: false
  allow_limited_scope:
    description:
      - Accept workloads that were gathered with an API key whose role sees a part of the organisation only. Everything outside that part is missing from the
        tag map, and so is removed from firewalls that a key with a wider view filled.
    type: bool
    default: false
  dest:
    description:
      - File in which the tag map is written as an artifact, for the option O(zerotrust.microseg.panos_dag_register#module:src) of
        M(zerotrust.microseg.panos_dag_register). The result then holds its C(path) in the place of C(registrations).
      - The file has the mode 0600. It is a working file, so it is written in check mode too and does not count as a change.
    type: path
  caller:
    description:
      - Name of the role that runs this module, so that messages name the variables of that role. The roles of this collection set it.
    type: str
  run_id:
    description:
      - Name of the run, which goes into the artifact. That of the workloads, if it is not set.
    type: str
extends_documentation_fragment:
  - zerotrust.microseg._selection
  - zerotrust.microseg._attributes
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing; with O(dest), the file is written in check mode as well.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing. M(zerotrust.microseg.panos_dag_register) shows the difference that a tag map makes on a firewall.
  idempotent:
    support: full
notes:
  - Runs on the controller, where the artifacts are. It needs no library beside Ansible.
  - Addresses of one workload that are listed twice count once.
  - An option that is blank (an empty text, as a survey sends it where nobody answered, or V(null)) means its default. An empty list means an empty list.
  - Control characters in labels and names are shown as escapes, such as C(\x1b), in messages, warnings and the report. Tags and artifacts hold the data
    as it is.
  - Workloads that are not selected or have no tags take no part in the question whose tags an address gets.
seealso:
  - module: zerotrust.microseg.illumio_workload_facts
  - module: zerotrust.microseg.panos_dag_register
  - name: PAN-OS, register IP addresses and tags dynamically
    description: What a tag may hold and how many an address may have.
    link: https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/policy/register-ip-addresses-and-tags-dynamically
'''

EXAMPLES = r'''
- name: Render the workloads of a run into a file
  zerotrust.microseg.dag_tag_map:
    src: "{{ playbook_dir }}/artifacts/workloads.jsonl"
    dest: "{{ playbook_dir }}/artifacts/tag-map.jsonl"

- name: Only environment and application of production servers in the data centre, with the bare environment as a second tag
  zerotrust.microseg.dag_tag_map:
    src: "{{ playbook_dir }}/artifacts/workloads.jsonl"
    dest: "{{ playbook_dir }}/artifacts/tag-map.jsonl"
    tag_template: "pce1.{key}={value}"
    label_keys: [env, app]
    aliases: [env]
    select:
      any_of: [env=Production, env=Staging]
      none_of: [role=Kiosk]
      online: true
    include_networks: [10.0.0.0/8]
    exclude_networks: [10.99.0.0/16]

- name: Render what the PCE said a moment ago, without files
  zerotrust.microseg.dag_tag_map:
    workloads: "{{ ansible_facts['illumio_workloads'].workloads }}"
    labels: "{{ ansible_facts['illumio_workloads'].labels }}"
    label_dimensions: "{{ ansible_facts['illumio_workloads'].label_keys }}"
    source:
      pce: "{{ ansible_facts['illumio_workloads'].pce }}"
      org_id: "{{ ansible_facts['illumio_workloads'].org_id }}"
      gathered_at: "{{ ansible_facts['illumio_workloads'].gathered_at }}"
      complete: "{{ ansible_facts['illumio_workloads'].complete }}"
  register: rendered

- name: See which tags two workloads get, and stop at any label that PAN-OS cannot carry
  zerotrust.microseg.dag_tag_map:
    workloads:
      - name: web01
        labels: {role: Web, app: Ordering, env: Production, loc: Berlin}
        interfaces: [{name: eth0, address: 10.0.0.1}]
      - name: db01
        labels: {role: Database, app: Ordering, env: Production, loc: Berlin}
        interfaces: [{name: eth0, address: 10.0.0.2}, {name: docker0, address: 172.17.0.1}]
    invalid_tags: fail
    duplicates: fail
'''

RETURN = r'''
tag_map:
  description: The tag map, with what was left out and why.
  returned: success
  type: dict
  contains:
    path:
      description: Absolute path of the artifact.
      returned: with O(dest)
      type: str
      sample: /srv/automation/artifacts/tag-map.jsonl
    registrations:
      description: Each address with its tags, in address order; fit for the option of that name of M(zerotrust.microseg.panos_dag_register).
      returned: without O(dest)
      type: list
      elements: dict
      sample:
        - address: 10.0.0.1
          tags: [illumio.role.Web, illumio.app.Ordering, illumio.env.Production, illumio.loc.Berlin]
        - address: 10.0.0.2
          tags: [illumio.role.Database, illumio.app.Ordering, illumio.env.Production, illumio.loc.Berlin]
    sha256:
      description: Digest of the artifact's body, the same for the same workloads and rules. Time and run are not part of it.
      returned: success
      type: str
      sample: 5f0fd8a0b0ec1f0b1f6d4c3f2f5d6cb0f3f9a3f1a4a5de0c6e1d2c3b4a596877
    counts:
      description: How many C(addresses) and C(registrations) (pairs of address and tag) there are, and how many C(workloads) were looked at.
      returned: success
      type: dict
      sample: {"addresses": 2, "registrations": 8, "workloads": 2}
    report:
      description:
        - What was left out and why. Lists hold the first 20 items; the artifact holds all.
      returned: success
      type: dict
      contains:
        workloads:
          description:
            - How many workloads there are in C(total), how many were C(selected) and C(not_selected), and what became of the selected ones. They were
              C(mapped), or are C(unlabelled), or have C(no_tags) under the rules, or C(no_address) that counts.
          returned: success
          type: dict
          sample: {"total": 2, "selected": 2, "mapped": 2, "not_selected": 0, "unlabelled": 0, "no_tags": 0, "no_address": 0}
        left_out:
          description:
            - How many addresses of selected workloads were left out, by reason. These are C(invalid), C(link_local), C(loopback), C(multicast), C(unspecified),
              C(broadcast), C(claim_address) (192.0.2.1, which holds claims), C(ignored_interface), C(excluded_interface), C(ipv6), C(not_in_networks),
              C(excluded_network), and C(duplicate) (another workload has it).
          returned: success
          type: dict
          sample: {"excluded_interface": 1}
        tags:
          description: How many different tags there are.
          returned: success
          type: int
          sample: 5
        duplicates:
          description:
            - Addresses that several workloads have. C(addresses) counts them, C(decided) says how often they were C(identical) (no conflict), C(preferred),
              C(union) or C(skipped), C(shown) lists those with different tags.
          returned: success
          type: dict
          sample: {"addresses": 0, "decided": {}, "shown": []}
        invalid_tags:
          description: Labels without a plain tag, C(tag) being what stands in its place, V(null) where it is left out.
          returned: success
          type: dict
          sample: {"labels": 0, "shown": []}
        alias_not_possible:
          description: Labels of O(aliases) whose value cannot be a tag.
          returned: success
          type: dict
          sample: {"labels": 0, "shown": []}
    rules:
      description: The rules, in one spelling, and the C(namespace).
      returned: success
      type: dict
      sample:
        tag_template: "illumio.{key}.{value}"
        namespace: "illumio."
        label_keys: null
        aliases: []
        select: {}
        ipv6: false
        exclude_interfaces: ["docker*"]
        include_networks: []
        exclude_networks: []
        duplicates: fail
        invalid_tags: fail
    scope:
      description: Digest of the rules that decide what is in scope, which a claim names.
      returned: success
      type: str
      sample: 0c1f0e1fd5ab
    source:
      description: The PCE, its organisation and release, the C(owner) that a claim names, whether the workloads are complete, and what the key may see.
      returned: success
      type: dict
      sample: {"pce": "pce.example.com", "org_id": 1, "pce_version": "25.2.40-4047", "owner": "pce.example.com/1", "complete": true, "visibility": "all"}
    gathered_at:
      description: When the workloads were gathered, in UTC.
      returned: success
      type: str
      sample: "2026-11-22T17:00:00Z"
    run_id:
      description: The option O(run_id), or that of the workloads.
      returned: success
      type: str
      sample: 3f6c1d6f0a2b4c8e
'''

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import ARGUMENTS, CONSTRAINTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.run import run


def main():
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, **CONSTRAINTS)
    with translated(module.fail_json):
        module.exit_json(**run(module.params, module.warn))


if __name__ == '__main__':
    main()
