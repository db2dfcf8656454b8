# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which device this is.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import NotAnApi

COMMAND = '<show><system><info></info></system></show>'

#: C(version) is C((major, feature, maintenance, hotfix)); C(multi_vsys) and C(is_panorama) are bool.
System = collections.namedtuple('System', 'hostname model serial sw_version version multi_vsys is_panorama')


def read_system(client):
    """Read hostname, model, serial number and version (C(show system info), PAN-OS facts 3.5); works with C(target) too.

    :arg client: a PanosClient. :returns: a System.
    :raises NotAnApi: a success without the system element. :raises DeviceError, TransportError: see PanosClient.
    """
    result = client.op(COMMAND)
    system = result.get('system') if isinstance(result, dict) else None
    if not isinstance(system, dict) or not system.get('sw-version'):
        raise NotAnApi('%s answered "show system info" without saying what it is. Check O(ip_address) and O(port).' % client.where)
    model = _text(system, 'model')
    sw_version = _text(system, 'sw-version')
    return System(
        hostname=_text(system, 'hostname'), model=model, serial=_text(system, 'serial'), sw_version=sw_version, version=version_tuple(sw_version),
        multi_vsys=_text(system, 'multi-vsys').lower() in ('on', 'yes'),
        # PAN-OS facts 3.5: by model, or by an element that only Panorama has
        is_panorama=model.lower().startswith(('panorama', 'm-')) or 'system-mode' in system)


def version_tuple(text):
    """Return C((10, 2, 9, 1)) for C(10.2.9-h1); parts that are missing are 0, so tuples compare as versions do."""
    match = re.match(r'(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-h(\d{1,9}))?', text)
    return tuple(int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)


def _text(system, name):
    value = system.get(name)
    return value.strip() if isinstance(value, str) else ''
