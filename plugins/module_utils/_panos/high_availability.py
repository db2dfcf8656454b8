# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether this member of a high-availability pair is the one to write to.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError

COMMAND = '<show><high-availability><state></state></high-availability></show>'

#: States in which registrations are written (PAN-OS facts 3.6). Whether peers synchronise them is not documented, so only the active member is written to.
WRITABLE = frozenset(('active', 'active-primary', 'primary-active', 'secondary-active'))
STANDALONE = 'standalone'
UNKNOWN = 'unknown'

#: C(enabled) bool; C(mode) C(active-passive), C(active-active) or None; C(state) as the device says it, C(standalone) without high availability;
#: C(peer_state) or None; C(active): registrations may be written here; C(address), C(peer_address): management addresses of the members, or None.
HighAvailability = collections.namedtuple('HighAvailability', 'enabled mode state peer_state active address peer_address', defaults=(None, None))


def read_ha(client, is_panorama):
    """Read the high-availability state of a firewall or a Panorama.

    :arg client: a PanosClient. :arg is_panorama: where the state is found differs (PAN-OS facts 3.6).
    :returns: a HighAvailability; a state that is not known to be writable counts as not active.
    :raises DeviceError, TransportError: see PanosClient.
    """
    try:
        result = client.op(COMMAND)
    except DeviceError as exc:
        if exc.code in ('1', '17'):  # the command does not exist there, so neither does high availability
            return HighAvailability(False, None, STANDALONE, None, True)
        raise
    result = result if isinstance(result, dict) else {}
    enabled = str(result.get('enabled') or '').strip().lower()
    if enabled == 'no':
        return HighAvailability(False, None, STANDALONE, None, True)
    places = [result.get('group'), result]
    if is_panorama:
        places.reverse()
    state = _leaf(places, 'local-info', 'state')
    mode = _leaf(places, 'mode')
    return HighAvailability(True, mode.lower() if mode else None, (state or UNKNOWN).lower(), (_leaf(places, 'peer-info', 'state') or '').lower() or None,
                            (state or '').lower() in WRITABLE, _address(places, 'local-info'), _address(places, 'peer-info'))


def _address(places, node):
    """Return the management address of a member, without its prefix length: by these, the two members of a pair know each other."""
    return (_leaf(places, node, 'mgmt-ip') or '').partition('/')[0] or None


def _leaf(places, *path):
    for node in places:
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, str) and node.strip():
            return node.strip()
    return None
