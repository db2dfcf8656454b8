# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:

    # The rules that turn workloads into a tag map: the dictionary RULES of module_utils/_render/argspec.py
    DOCUMENTATION = r'''
options:
  tag_template:
    description:
      - How a label is spelt as a tag. It holds C({key}) and after it C({value}), once each, with literal text before and between them.
      - The literal text before C({key}) is the I(namespace). A registration whose tag lies in it belongs to this collection; choose one that nobody else uses.
      - A tag is the plain text wherever PAN-OS can carry it and key and value can be read from it again. Elsewhere it is sanitised, shortened to 127
        characters, and ends in C(~) and 12 hexadecimal digits that stand for the label, so that two labels never become one tag and no label changes
        the tag of another. See O(invalid_tags).
    type: str
    default: illumio.{key}.{value}
  label_keys:
    description:
      - Label keys that become tags, in the order in which tags are kept where a firewall has no room for all of them.
      - Not set or empty means all keys that the PCE knows, role, app, env and loc first.
      - Keys are case-sensitive. A key that the PCE does not know is an error.
    type: list
    elements: str
  aliases:
    description:
      - Label keys whose bare value (C(Production)) is registered as a second tag beside the namespaced one, for groups that already match it.
      - An alias comes and goes with the tag that it mirrors. A value that cannot be a tag as it is, or that begins with the namespace, has no alias;
        that is reported, and is an error with O(invalid_tags=fail).
    type: list
    elements: str
    default: []
  select:
    description:
      - Which workloads count. All conditions must hold; without conditions all workloads count.
      - Labels are named as C(key=value); C(key=*), or C(key) alone, means any value of that key. The first C(=) separates the two.
      - A key or value that the PCE does not know is an error, because a typing slip must not become a removal.
    type: dict
    default: {}
    suboptions:
      any_of:
        description: The workload has at least one of these labels.
        type: list
        elements: str
      all_of:
        description: The workload has all of these labels.
        type: list
        elements: str
      none_of:
        description: The workload has none of these labels.
        type: list
        elements: str
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
  ipv6:
    description:
      - Include IPv6 addresses. An IPv4 address that an interface lists in its IPv6-mapped form (C(::ffff:10.0.0.1)) counts as the IPv4 address in any case.
    type: bool
    default: false
  exclude_interfaces:
    description:
      - Shell patterns, case-sensitive, of names of interfaces whose addresses do not count. The default names those that never leave their host.
      - Give an empty list to exclude none; a blank value means the default. Interfaces that the PCE ignores are left out in any case, as are link-local,
        loopback, multicast and unspecified addresses.
    type: list
    elements: str
    default:
      - docker*
      - br-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]
      - veth*
      - cali*
      - cni*
      - flannel*
      - vxlan.calico
      - virbr*
      - podman*
      - lxcbr*
      - lxdbr*
  include_networks:
    description: Networks, such as C(10.0.0.0/8); where any is given, only addresses inside them count.
    type: list
    elements: str
    default: []
  exclude_networks:
    description: Networks whose addresses do not count.
    type: list
    elements: str
    default: []
  duplicates:
    description:
      - What to do about an address that several workloads with different tags have. Workloads with the same tags are no conflict.
      - V(prefer) takes the tags of one workload, the online before the offline, the managed before the unmanaged, then the one that was created last, then
        the first by C(href). Heartbeats do not count, so that two clones that are both online never take turns.
      - V(union) takes the tags of all of them. This widens access, because each gets what the others may do.
      - V(skip) leaves such addresses out, and V(fail) stops.
    type: str
    default: prefer
    choices: [prefer, union, skip, fail]
  invalid_tags:
    description:
      - What to do about a label that has no plain tag, because PAN-OS could not carry it (more than 127 characters, quotes, characters that are not ASCII,
        blanks at the ends or two in a row) or because its key holds the template's separator.
      - V(sanitize) uses the sanitised tag with its hash, V(skip) leaves the tag out and warns, V(fail) stops and names all such labels.
    type: str
    default: sanitize
    choices: [sanitize, skip, fail]
'''
