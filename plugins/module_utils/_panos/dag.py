# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dynamic address groups: definitions and members.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import canonical

SHARED = 'shared'
REGISTERED = 'registered-ip'

_COMMAND = '<show><object><dynamic-address-group><all></all></dynamic-address-group></object></show>'


def read_groups(client, vsys):
    """Read the dynamic address groups of a virtual system and the shared ones (PAN-OS facts 3.3).

    A group that no committed rule uses has no members, and Panorama never has any: it does not evaluate groups (PAN-OS facts 8.1, 8.12).

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on; None for all of a firewall, or for Panorama.
    :returns: list of mappings in the order of C(vsys) and C(name): C(name), C(vsys) (C(shared) for a shared group; on Panorama the device group),
        C(filter), C(members): list of mappings with C(type) and C(address) (registered addresses) or C(name) (everything else).
    :raises NotAnApi: a success with something else in it. :raises DeviceError, TransportError: see PanosClient.
    """
    result = client.op(_COMMAND, vsys)
    if result is None:
        return []
    if isinstance(result, dict) and 'device-groups' in result:
        groups = list(_of_panorama(result['device-groups']))
    elif isinstance(result, dict) and 'dyn-addr-grp' in result:
        groups = [group for group in _of_firewall(result['dyn-addr-grp']) if vsys is None or group['vsys'] in (vsys, SHARED)]
    else:
        raise NotAnApi('%s answered the question for its dynamic address groups with something else. Nothing was concluded from it.' % client.where)
    return sorted(groups, key=lambda group: (group['vsys'], group['name']))


def read_vsys_names(client):
    """Return the virtual systems that have groups, sorted; empty where nothing can be learnt, for it is only good for a message."""
    try:
        return sorted({group['vsys'] for group in read_groups(client, None)} - {SHARED})
    except MicrosegError:
        return []


def _of_firewall(node):
    for entry in _items(node, 'entry'):
        yield {
            'name': _text(entry.get('group-name')),
            'vsys': _text(entry.get('vsys')) or SHARED,
            'filter': _text(entry.get('filter')),
            'members': [_member(member) for member in _items(entry.get('member-list'), 'entry')],
        }


def _of_panorama(node):
    for device_group in _items(node, 'entry'):
        for group in _items(device_group, 'address-group'):
            yield {
                'name': _text(group.get('@name')),
                'vsys': _text(device_group.get('@name')),
                'filter': _text(group.get('filter')),
                'members': [_member(member) for member in _items(group.get('member-list'), 'entry')],
            }


def _member(entry):
    name, kind = _text(entry.get('@name')), _text(entry.get('@type'))
    if kind == REGISTERED:
        return {'address': canonical(name) or name, 'type': kind}
    return {'name': name, 'type': kind}


def _items(node, name):
    """Return the mappings under O(name): xmltodict gives one as a mapping and several as a list."""
    found = node.get(name) if isinstance(node, dict) else None
    return [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]


def _text(value):
    if isinstance(value, dict):
        value = value.get('#text')
    return ' '.join(value.split()) if isinstance(value, str) else ''
