#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: panos_dag_register
short_description: Make a firewall's registrations equal a tag map
version_added: 0.1.0
description:
  - Reads the registered-ip table of one PAN-OS target, computes a plan, guards it, writes it, and reads the table again.
  - Only owned registrations are ever unregistered. Owned is a tag in the namespace, which is the literal prefix of O(tag_template); everything else is
    foreign,
    belongs to somebody else, and is never touched, whatever the table holds and whatever fails half way.
  - Success is what reading the target back shows, not what the device answers. A run without change reads once and writes nothing.
  - Registrations are run-time state. Nothing is committed, and the candidate configuration is not touched.
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
      - Writes nothing to the device and returns the same plan, with the same digest, that the run would carry out.
  diff_mode:
    support: full
    details:
      - One line per address and direction, owned tags only, with the names of the workloads where the tag map knows them.
  idempotent:
    support: partial
    details:
      - With O(timeout) each run renews what is there, because PAN-OS does not tell how much time is left. That is counted as C(renewed) and does not make
        C(changed) true.
options:
  state:
    description:
      - V(synced) makes the owned registrations equal the tag map.
      - V(present) registers what is listed and removes nothing.
      - V(absent) unregisters exactly the listed pairs. A listed foreign pair is an error. With neither O(src) nor O(registrations) it removes everything
        in the
        namespace, and the claim, once O(teardown_confirm) says so.
    type: str
    choices: [present, absent, synced]
    default: synced
  src:
    description:
      - Path of a tag map artifact that M(zerotrust.microseg.dag_tag_map) wrote. Its rules decide about the namespace.
      - One that was changed, cut off, or gathered more than O(max_age) seconds ago is refused.
    type: path
  sha256:
    description:
      - The digest that M(zerotrust.microseg.dag_tag_map) returned for O(src). Another one is refused, because then another run wrote the same file.
    type: str
  registrations:
    description:
      - The desired registrations, for small cases. Mutually exclusive with O(src).
    type: list
    elements: dict
    suboptions:
      address:
        description: An IPv4 or IPv6 host address.
        type: str
        required: true
      tags:
        description: Tags of this address.
        type: list
        elements: str
        required: true
  tag_template:
    description:
      - How a label is spelt as a tag. Its literal prefix is the namespace.
      - The default is C(illumio.{key}.{value}), or what the tag map was rendered with.
    type: str
  retired_templates:
    description:
      - Earlier templates whose namespaces stay owned, so that what is left in them is removed.
    type: list
    elements: str
  aliases:
    description:
      - Label keys whose bare values are registered beside the namespaced tag. Only needed with O(registrations) or without desired registrations; a tag
        map knows its own.
    type: list
    elements: str
  owner:
    description:
      - Who fills this target, for instance C(pce.example.com/1); a tag map knows its own. With O(registrations) the default is V(inline), so that a list
        by hand never
        displaces what a sync filled; without desired registrations (teardown) the claim's owner is compared only where this is set.
    type: str
  claim:
    description:
      - With O(state=synced), keep a registration in the namespace on the documentation address 192.0.2.1 that says who fills this target and with which
        scope.
      - A target claimed by somebody else is refused; after a change of scope, removals need O(accept_scope_change).
    type: bool
    default: true
  adopt:
    description:
      - V(true) permits removing registrations of the namespace on a target that holds no claim.
      - V(workloader) takes over what Illumio workloader registered. That is its C(/orgs/N/workloads/UUID) marks and, on addresses that carry one, bare
        tags that are label values of the PCE. Needs O(src). They are listed in RV(adopted) and are removed under the guards.
      - V(from:OWNER) takes over what another owner claims, spelt as its claim spells it, for instance after the PCE got another name.
    type: list
    elements: str
    default: []
  accept_scope_change:
    description:
      - Permit removals although template, label keys, aliases, selection, networks, interfaces or IPv6 were changed since the target was filled.
    type: bool
    default: false
  prune:
    description:
      - Unregister what is owned and no longer desired.
      - With V(false), stale tags of desired addresses still go, while addresses that are no longer desired keep theirs. They are counted as C(kept), and get no
        timer that they did not have.
    type: bool
    default: true
  max_removals_percent:
    description: Refuse to remove more than this share of the owned registrations, in percent.
    type: float
    default: 20
  max_removals:
    description: Refuse to remove more than this number of registrations.
    type: int
  guard_floor:
    description: The share counts from this number of removals on.
    type: int
    default: 20
  allow_empty:
    description: Permit a tag map without any address, which a selection that matches nothing gives.
    type: bool
    default: false
  allow_emptied_tags:
    description:
      - Tags, as shell patterns, that may lose all their addresses. Any other owned tag with five addresses or more is guarded against it.
      - V(exactly:TAG) means one tag, in which C(%) and two hexadecimal digits stand for a character, as in a URL. A refusal spells tags in this way where
        a shell or a pattern would change them.
    type: list
    elements: str
    default: []
  on_guard:
    description:
      - V(refuse) writes nothing when a guard refuses, except that registrations of which the claim says that they have a timer are renewed for as long as
        before.
      - V(additions) registers what is new, withholds the removals, and fails at the end. What is new gets a timer only where the claim says that the rest
        has one.
    type: str
    choices: [refuse, additions]
    default: refuse
  teardown_confirm:
    description:
      - The namespace, typed out, to confirm that everything in it is to be removed. Goes with O(state=absent) without desired registrations.
    type: str
  order:
    description:
      - V(make_before_break) sends all registers before all unregisters, so that a relabel opens no gap. Where the old and the new tags of an address, or
        the table, exceed what
        the device holds, that address breaks first, and is counted.
    type: str
    choices: [make_before_break, break_before_make]
    default: make_before_break
  timeout:
    description:
      - Seconds after which the device drops each registration by itself, 0 for never. PAN-OS 9.0 or later; at most 2592000.
      - Each run renews them. A PCE that is out of reach for that long therefore empties the groups.
      - PAN-OS does not tell which registrations have a timer. The claim does, so going back to V(0) replaces them once. Without a claim each may have one,
        and each run without a timeout replaces all that stay, unless a record in O(record_dir) says that none has.
    type: int
    default: 0
  sync_interval:
    description: Seconds between two runs, where they are known. Warns when O(timeout) is below three of them.
    type: int
  renewal:
    description:
      - How registrations are renewed. V(register) sends them again; V(replace) unregisters and registers them in one message.
      - Going back from a timeout to none always replaces them.
    type: str
    choices: [register, replace]
    default: register
  persistent:
    description:
      - Whether registrations survive a reboot of the device. An address that also carries foreign tags keeps what it has.
    type: bool
    default: true
  max_tags:
    description: Tags that one address can carry, foreign ones counted. By default from the model, else 32.
    type: int
  capacity:
    description:
      - Addresses that the device can hold in all its virtual systems together. By default from the model; where that is not known, filling it up is not
        guarded against.
    type: int
  own_table:
    description: Fill the own table of a Panorama. Without it a Panorama is left alone.
    type: bool
    default: false
  max_age:
    description: Seconds after which a tag map is too old to act on.
    type: int
    default: 3600
  dest:
    description:
      - Write the plan to this file as an artifact. C({vsys}) in it stands for the virtual system. Without that, and with several of them, each plan gets a file
        of its own, for instance C(plan-vsys1.jsonl) for C(plan.jsonl).
    type: path
  record_dir:
    description:
      - Folder for a small record of each verified run. It tells a lost table from a first fill, the former values of options after a change of scope, and,
        where no claim is kept, that registrations have no timer. A teardown removes it.
    type: path
  caller:
    description:
      - Name of the role that runs this module, so that messages name the variables of that role. The roles of this collection set it.
    type: str
  progress:
    description:
      - File that says, as JSON with C(done) and C(total) addresses, how far a long run is. On the controller it is set by itself, and a line per
        firewall tells it every ten seconds.
    type: path
seealso:
  - module: zerotrust.microseg.dag_tag_map
  - module: zerotrust.microseg.panos_dag_info
  - name: Dynamic address groups
    description: What a registration does on a firewall.
    link: https://docs.paloaltonetworks.com/pan-os/11-1/pan-os-admin/policy/monitor-changes-in-the-virtual-environment/use-dynamic-address-groups-in-policy
"""

EXAMPLES = r"""
- name: Make the registrations of one firewall equal the tag map
  zerotrust.microseg.panos_dag_register:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    src: /var/lib/microseg/tag-map.jsonl

- name: Register two addresses and remove nothing
  zerotrust.microseg.panos_dag_register:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    state: present
    registrations:
      - address: 10.0.0.1
        tags: [illumio.env.Development, illumio.role.Web]
      - address: 10.0.0.2
        tags: [illumio.env.Development]

- name: Take one tag from one address
  zerotrust.microseg.panos_dag_register:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    state: absent
    registrations:
      - address: 10.0.0.2
        tags: [illumio.env.Development]

- name: Show what a sync would do on two virtual systems of a firewall behind Panorama
  zerotrust.microseg.panos_dag_register:
    ip_address: panorama.example.com
    api_key: "{{ panos_api_key }}"
    serial_number: "007051000012345"
    vsys: [vsys1, vsys2]
    src: /var/lib/microseg/tag-map.jsonl
  check_mode: true
  diff: true

- name: Remove everything that this collection registered
  zerotrust.microseg.panos_dag_register:
    ip_address: fw1.example.com
    api_key: "{{ panos_api_key }}"
    state: absent
    teardown_confirm: illumio.
"""

RETURN = r"""
state:
  description:
    - What state the target is in. V(in_sync), V(changed), V(incomplete) (some tags do not fit), V(passive) (not the active member of a pair; nothing was
      written), V(panorama) (a Panorama
      whose own table was not asked for), V(refused) (by a guard), V(failed). With several virtual systems, the one that needs most attention.
  returned: always
  type: str
  sample: changed
message:
  description: The same in a sentence, with numbers and the way out.
  returned: always
  type: str
  sample: registered 5, unregistered 0 on 3 addresses
plan:
  description: Numbers of the plan, its digest over device serial, virtual system, namespace and pairs, and its path with O(dest).
  returned: when the table could be read
  type: dict
  sample: {"register": 5, "unregister": 0, "addresses": 3, "addresses_entering": 3, "addresses_leaving": 0, "addresses_retagged": 0, "owned": 0, "kept": 0,
           "withheld": 0, "dropped": 0, "renewed": 0, "taken_over": 0, "adopted": 0, "break_first": 0,
           "digest": "f2ca1bb6c7e907d06dafe4687e579fce76b37e4e93b7605022da52e6ccc26fd2"}
before:
  description: Owned registrations per tag, before.
  returned: when the table could be read
  type: dict
  sample: {}
after:
  description: Owned registrations per tag, afterwards; in check mode as the run would leave them.
  returned: when the table could be read
  type: dict
  sample: {"illumio.env.Development": 2, "illumio.role.Web": 1}
verified:
  description: Whether reading the target showed what is desired; V(null) where nothing of it can be said, as in check mode or when a guard refused.
  returned: always
  type: bool
  sample: true
lost_table:
  description: Whether the record in O(record_dir) says that this target was filled, and it holds nothing of that any more.
  returned: when the table could be read
  type: bool
  sample: false
failures:
  description: Pairs that the device did not take, with its own words; at most 20.
  returned: always
  type: list
  elements: dict
  sample: []
guards:
  description: Guards that refused, each with C(name), C(reason) and C(permit), the option that would permit it.
  returned: when the table could be read
  type: list
  elements: dict
  sample: []
claim:
  description: What the claims on the target said before the run, as C(kind) (V(new), V(ours), V(unclaimed), V(other_scope), V(other_owner)) and the tags
    C(found).
  returned: with O(state=synced) and O(claim)
  type: dict
  sample: {"kind": "new", "found": []}
adopted:
  description: Registrations of Illumio workloader that count as owned; at most 20 addresses.
  returned: with O(adopt=workloader), where there are any
  type: list
  elements: dict
taken_over:
  description: Bare tags that were there before and are aliases from now on; at most 20 addresses.
  returned: where there are any
  type: list
  elements: dict
dropped:
  description: Tags that do not fit on their address; at most 20 addresses.
  returned: where there are any
  type: list
  elements: dict
remaining:
  description: Numbers of what is left to do after a failure; renewals are told in RV(message).
  returned: on failure, where the device still answers
  type: dict
targets:
  description: All of this for each virtual system.
  returned: always
  type: list
  elements: dict
ha:
  description: High-availability state of the device.
  returned: always
  type: dict
  sample: {"enabled": false, "mode": null, "state": "standalone", "peer_state": null, "active": true, "address": null, "peer_address": null, "serial": null,
           "peer_serial": null}
credentials:
  description: Where the credentials came from, that is which options or environment variables. Never the credentials themselves.
  returned: when the device answered
  type: str
  sample: api_key
requests:
  description: Requests made, and bytes on the wire.
  returned: always
  type: dict
  sample: {"total": 7, "writes": 2, "bytes_sent": 2514, "bytes_received": 4211}
error:
  description: Machine-readable C(kind) of an error, with details. V(internal) is a fault of this collection.
  returned: on failure
  type: dict
  sample: {"kind": "refused", "guards": ["share"]}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import translated
from ansible_collections.zerotrust.microseg.plugins.module_utils._progress import ProgressFile
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.argspec import ARGUMENTS, CONSTRAINTS
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.run import run


def main():
    """Run the module."""
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True, **CONSTRAINTS)
    with translated(module.fail_json):
        progress = ProgressFile(module.params['progress']) if module.params['progress'] else None
        module.exit_json(**run(module.params, module.check_mode, module._diff, module.warn, progress))


if __name__ == '__main__':
    main()
