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
ACTIVE_SECONDARY = 'active-secondary'  # forwards traffic in an active/active pair, and is not written to in this release
STANDALONE = 'standalone'
UNKNOWN = 'unknown'

#: C(enabled) bool, None where the device does not say; C(mode) C(active-passive), C(active-active) or None; C(state) as the device says it, C(standalone)
#: without high availability, C(unknown) where it does not say; C(peer_state) or None; C(active): registrations may be written here; C(address),
#: C(peer_address), C(serial), C(peer_serial): by these the members of a pair know each other, None where they are not told.
HighAvailability = collections.namedtuple(
    'HighAvailability', 'enabled mode state peer_state active address peer_address serial peer_serial', defaults=(None, None, None, None))


def read_ha(client, is_panorama):
    """Read the high-availability state of a firewall or a Panorama.

    An answer that says nothing is asked for once more: the process behind it may just have started.

    :arg client: a PanosClient. :arg is_panorama: where the state is found differs (PAN-OS facts 3.6).
    :returns: a HighAvailability; a state that is not known to be writable counts as not active, and one that cannot be read is C(unknown).
    :raises DeviceError, TransportError: see PanosClient.
    """
    try:
        found = _understood(client.op(COMMAND), is_panorama)
        return found if found.state != UNKNOWN else _understood(client.op(COMMAND), is_panorama)
    except DeviceError as exc:
        if exc.code in ('1', '17'):  # the command does not exist there, so neither does high availability
            return HighAvailability(False, None, STANDALONE, None, True)
        raise


def _understood(result, is_panorama):
    result = result if isinstance(result, dict) else {}
    enabled = {'yes': True, 'no': False}.get(str(result.get('enabled') or '').strip().lower())
    if enabled is False:
        return HighAvailability(False, None, STANDALONE, None, True)
    places = [result.get('group'), result]
    if is_panorama:
        places.reverse()
    state = (_leaf(places, 'local-info', 'state') or UNKNOWN).lower()
    mode = _leaf(places, 'mode')
    return HighAvailability(
        enabled or (None if state == UNKNOWN else True), mode.lower() if mode else None, state, (_leaf(places, 'peer-info', 'state') or '').lower() or None,
        state in WRITABLE, _address(places, 'local-info'), _address(places, 'peer-info'), _leaf(places, 'local-info', 'serial-num'),
        _leaf(places, 'peer-info', 'serial-num'))


def _address(places, node):
    """Return the management address of a member, without its prefix length."""
    for name in ('mgmt-ip', 'mgmt-ipv6'):
        text = (_leaf(places, node, name) or '').partition('/')[0]
        if text and text.lower() not in ('unknown', 'n/a', 'none'):
            return text
    return None


def _leaf(places, *path):
    for node in places:
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, str) and node.strip():
            return node.strip()
    return None
