# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection options of every module that talks to PAN-OS, and the client that they make.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import os
import time

from ansible.module_utils.basic import env_fallback

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import require
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.client import KEY_HEADER, PanosClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

#: For AnsibleModule(argument_spec=...); documented by the fragment zerotrust.microseg._panos, names of the design's section 5.
CONNECTION = {
    'ip_address': {'type': 'str', 'fallback': (env_fallback, ['PANOS_HOSTNAME'])},
    'port': {'type': 'int', 'default': 443, 'fallback': (env_fallback, ['PANOS_PORT'])},
    'api_key': {'type': 'str', 'no_log': True},  # these three come from the environment where none of them is set: see _credentials
    'username': {'type': 'str'},
    'password': {'type': 'str', 'no_log': True},
    'serial_number': {'type': 'str', 'fallback': (env_fallback, ['PANOS_SERIAL_NUMBER'])},
    'validate_certs': {'type': 'bool', 'default': True, 'fallback': (env_fallback, ['PANOS_VALIDATE_CERTS'])},
    'ca_path': {'type': 'path', 'fallback': (env_fallback, ['PANOS_CA_PATH'])},
    'vsys': {'type': 'list', 'elements': 'str', 'fallback': (env_fallback, ['PANOS_VSYS'])},
    'timeout_seconds': {'type': 'int', 'default': 60},
    'retries': {'type': 'int', 'default': 3},
    'proxy': {'type': 'str', 'no_log': True},  # its URL may hold a password
}

_NAMES = {'product': 'PAN-OS device', 'host': 'O(ip_address)', 'port': 'O(port)', 'verify': 'O(validate_certs)', 'ca': 'O(ca_path)',
          'timeout': 'O(timeout_seconds)', 'retries': 'O(retries)', 'proxy': 'O(proxy)'}

_Credentials = collections.namedtuple('_Credentials', 'key username password names')  # names: where they come from


def connect(params, warn, sleep=time.sleep, environ=None):
    """Return a PanosClient for a module's parameters; nothing is sent yet.

    The API key travels in the header X-PAN-KEY (PAN-OS 9.0), with older devices in the body, never in a URL; username and password as HTTP
    Basic (PAN-OS 9.1+), so that no run makes a
    new key: that would end the other sessions of the account (PAN-OS facts 1.1, 1.2).

    :arg params: module.params with the keys of L(CONNECTION). :arg warn: callable for warnings. :arg sleep: callable that takes seconds.
    :arg environ: mapping of environment variables, by default those of this process.
    :raises OptionError: no address, no credentials, or an option that makes no sense. :raises MissingLibrary: requests or xmltodict is not installed.
    """
    require('requests', 'xmltodict')
    if not (params.get('ip_address') or '').strip():
        raise OptionError('Which firewall or Panorama? Set O(ip_address) or the environment variable PANOS_HOSTNAME.')
    found = _credentials(params, os.environ if environ is None else environ)
    headers, auth = {}, None
    if found.key:
        if not all(' ' < char <= '~' for char in found.key):
            raise OptionError('The API key (%s) holds a blank, a line feed or a character outside ASCII; an API key of PAN-OS has none. Copy it again.'
                              % ' and '.join(found.names))
        headers[KEY_HEADER] = found.key
    else:
        if ':' in found.username:
            raise OptionError('The user name (%s) holds a colon, which HTTP Basic authentication cannot carry. Use O(api_key).' % ' and '.join(found.names))
        auth = (found.username, found.password)
    http = Http(
        params['ip_address'], params['port'], verify=params['validate_certs'] and (params.get('ca_path') or True), timeout=params['timeout_seconds'],
        retries=params['retries'], proxy=params.get('proxy'), headers=headers, auth=auth,
        secrets={found.names[-1]: found.key or found.password}, names=_NAMES, warn=warn, sleep=sleep, bounded=True)
    return PanosClient(http, target=(params.get('serial_number') or '').strip() or None, warn=warn, sleep=sleep, patient=params['retries'] > 0,
                       key=found.key or None, credentials=' and '.join(found.names))


def _credentials(params, environ):
    """Return what is sent, and where it comes from: a key or a pair from the options, then from the environment.

    The options are taken together: a key in the environment of the controller must not win over the user name and password that the inventory gives a firewall.

    :raises OptionError: there are none.
    """
    def option(name):
        return (params.get(name) or '') if name == 'password' else (params.get(name) or '').strip()

    def variable(name):
        return environ.get(name) or '' if name == 'PANOS_PASSWORD' else (environ.get(name) or '').strip()

    key, username, password = option('api_key'), option('username'), option('password')
    if key:
        return _Credentials(key, None, None, ('O(api_key)',))
    if username or password:  # half a pair is completed, not passed over
        names = ('O(username)' if username else 'PANOS_USERNAME of the environment', 'O(password)' if password else 'PANOS_PASSWORD of the environment')
        username, password = username or variable('PANOS_USERNAME'), password or variable('PANOS_PASSWORD')
        if username and password:
            return _Credentials(None, username, password, names)
    if variable('PANOS_API_KEY'):
        return _Credentials(variable('PANOS_API_KEY'), None, None, ('PANOS_API_KEY of the environment',))
    username, password = variable('PANOS_USERNAME'), variable('PANOS_PASSWORD')
    if username and password:
        return _Credentials(None, username, password, ('PANOS_USERNAME', 'PANOS_PASSWORD of the environment'))
    raise OptionError(
        'No credentials for %s. Set O(api_key), or O(username) and O(password) (PAN-OS 9.1 or later); where none of them is set, the environment variables '
        'PANOS_API_KEY, or PANOS_USERNAME and PANOS_PASSWORD, are used. An administrator makes an API key with a call of the XML API: '
        'POST https://%s/api/ with type=keygen, user and password in the body.' % (params['ip_address'], params['ip_address']))


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
            raise OptionError('O(vsys) takes names such as vsys1, not display names; got "%s".' % name)
    if names:
        return names
    if system.multi_vsys:
        found = ', '.join(known() if known else ())
        raise OptionError('%s (%s) has several virtual systems, and each has its own registrations. Name one or more in O(vsys)%s.'
                          % (printable(system.hostname), printable(system.serial), ': it has groups in ' + found if found else ''))
    return ['vsys1']
