# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of every module that talks to PAN-OS, and the client that they make.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import time

from ansible.module_utils.basic import env_fallback

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import require
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.client import PanosClient

#: For AnsibleModule(argument_spec=...); documented by the fragment zerotrust.microseg._panos, names of the design's section 5.
CONNECTION = {
    'ip_address': {'type': 'str', 'fallback': (env_fallback, ['PANOS_HOSTNAME'])},
    'port': {'type': 'int', 'default': 443, 'fallback': (env_fallback, ['PANOS_PORT'])},
    'api_key': {'type': 'str', 'no_log': True, 'fallback': (env_fallback, ['PANOS_API_KEY'])},
    'username': {'type': 'str', 'fallback': (env_fallback, ['PANOS_USERNAME'])},
    'password': {'type': 'str', 'no_log': True, 'fallback': (env_fallback, ['PANOS_PASSWORD'])},
    'serial_number': {'type': 'str', 'fallback': (env_fallback, ['PANOS_SERIAL_NUMBER'])},
    'validate_certs': {'type': 'bool', 'default': True, 'fallback': (env_fallback, ['PANOS_VALIDATE_CERTS'])},
    'ca_path': {'type': 'path', 'fallback': (env_fallback, ['PANOS_CA_PATH'])},
    'vsys': {'type': 'list', 'elements': 'str', 'fallback': (env_fallback, ['PANOS_VSYS'])},
    'timeout_seconds': {'type': 'int', 'default': 60},
    'retries': {'type': 'int', 'default': 3},
    'proxy': {'type': 'str', 'no_log': True},  # its URL may hold a password
}

_NAMES = {'product': 'PAN-OS device', 'host': 'ip_address', 'port': 'port', 'verify': 'validate_certs', 'ca': 'ca_path', 'timeout': 'timeout_seconds',
          'retries': 'retries', 'proxy': 'proxy'}


def connect(params, warn, sleep=time.sleep):
    """Return a PanosClient for a module's parameters; nothing is sent yet.

    The API key travels in the header X-PAN-KEY (PAN-OS 9.0), with older devices in the body, never in a URL; username and password as HTTP
    Basic (PAN-OS 9.1+), so that no run makes a
    new key: that would end the other sessions of the account (PAN-OS facts 1.1, 1.2).

    :arg params: module.params with the keys of L(CONNECTION). :arg warn: callable for warnings. :arg sleep: callable that takes seconds.
    :raises OptionError: no address, no credentials, or an option that makes no sense. :raises MissingLibrary: requests or xmltodict is not installed.
    """
    require('requests', 'xmltodict')
    if not (params.get('ip_address') or '').strip():
        raise OptionError('Which firewall or Panorama? Set ip_address or the environment variable PANOS_HOSTNAME.')
    key = (params.get('api_key') or '').strip()
    username, password = params.get('username'), params.get('password')
    headers, auth = {}, None
    if key:
        if not all(' ' < char <= '~' for char in key):
            raise OptionError('api_key holds a blank, a line feed or a character outside ASCII; an API key of PAN-OS has none. Copy it again.')
        headers['X-PAN-KEY'] = key
    elif username and password:
        if ':' in username:
            raise OptionError('username holds a colon, which HTTP Basic authentication cannot carry. Use api_key.')
        auth = (username, password)
    else:
        raise OptionError('No credentials for %s: set api_key (PANOS_API_KEY), or username and password (PANOS_USERNAME, PANOS_PASSWORD; PAN-OS 9.1 or later).'
                          % params['ip_address'])
    http = Http(
        params['ip_address'], params['port'], verify=params['validate_certs'] and (params.get('ca_path') or True), timeout=params['timeout_seconds'],
        retries=params['retries'], proxy=params.get('proxy'), headers=headers, auth=auth, secrets=(key, password), names=_NAMES, warn=warn, sleep=sleep)
    return PanosClient(http, target=(params.get('serial_number') or '').strip() or None, warn=warn, sleep=sleep, patient=params['retries'] > 0, key=key or None)


def chosen_vsys(params, system, known=None):
    """Return the virtual systems whose tables are meant: a list of names, or C([None]) for Panorama's own table.

    :arg params: module.params. :arg system: a System. :arg known: callable that returns the names that the device knows; asked only for the message.
    :raises OptionError: a multi-vsys device and no choice: registering in the default one would leave the groups of the others empty (PAN-OS facts 8.5).
    """
    if system.is_panorama:
        return [None]
    names = []
    for name in params.get('vsys') or ():
        name = name.strip()
        if name and name not in names:
            names.append(name)
    for name in names:
        if not name.startswith('vsys') or not name[4:].isdigit():
            raise OptionError('vsys takes names such as vsys1, not display names; got "%s".' % name)
    if names:
        return names
    if system.multi_vsys:
        found = ', '.join(known() if known else ())
        raise OptionError('%s (%s) has several virtual systems, and each has its own registrations. Name one or more in vsys (variable panos_vsys)%s.'
                          % (system.hostname, system.serial, ': it has groups in ' + found if found else ''))
    return ['vsys1']
