# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection options of a PCE, the same for every module of the action group C(illumio).

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import os
import time

from ansible.module_utils.basic import env_fallback

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._http import Http
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.client import PceClient
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import require

CONNECTION = {
    'pce_hostname': {'type': 'str', 'fallback': (env_fallback, ['ILLUMIO_PCE_HOST'])},
    'pce_port': {'type': 'int', 'default': 443, 'fallback': (env_fallback, ['ILLUMIO_PCE_PORT'])},
    'pce_org_id': {'type': 'int', 'default': 1, 'fallback': (env_fallback, ['ILLUMIO_PCE_ORG_ID'])},
    'api_key_username': {'type': 'str', 'no_log': False},
    'api_key_secret': {'type': 'str', 'no_log': True},
    'pce_tls_verify': {'type': 'bool', 'default': True, 'fallback': (env_fallback, ['ILLUMIO_PCE_TLS_VERIFY'])},
    'pce_tls_ca': {'type': 'path', 'fallback': (env_fallback, ['ILLUMIO_PCE_TLS_CA'])},
    'pce_timeout': {'type': 'float', 'default': 30},
    'pce_retries': {'type': 'int', 'default': 3},
    'pce_proxy': {'type': 'str', 'no_log': True},  # its URL may hold a password
}

NAMES = {'product': 'PCE', 'host': 'O(pce_hostname)', 'port': 'O(pce_port)', 'verify': 'O(pce_tls_verify)', 'ca': 'O(pce_tls_ca)',
         'timeout': 'O(pce_timeout)', 'retries': 'O(pce_retries)', 'proxy': 'O(pce_proxy)'}

_WAY_TO_A_KEY = ' A key is made in the web console of the PCE: in the menu of a user under My API Keys, or under Access Management, Service Accounts.'
_OF_ENVIRONMENT = ' of the environment'
_NEEDED = (
    ('pce_hostname', 'ILLUMIO_PCE_HOST', 'The address of the PCE', ''),
    ('api_key_username', 'ILLUMIO_API_KEY_USERNAME', 'The name of the API key', _WAY_TO_A_KEY),
    ('api_key_secret', 'ILLUMIO_API_KEY_SECRET', 'The secret of the API key', _WAY_TO_A_KEY),
)


def address(params):
    """Return C(host) or C(host:port) of a PCE as it appears in artifacts and claims: lower case, the port only when it is not 443."""
    host = params['pce_hostname'].strip().lower()
    if ':' in host and not host.startswith('['):
        host = '[%s]' % host
    return host if params['pce_port'] == 443 else '%s:%d' % (host, params['pce_port'])


def owner(params):
    """Return C(host[:port]/organisation), which is how a claim names who fills a target (design word "owner")."""
    return '%s/%d' % (address(params), params['pce_org_id'])


def connect(params, warn=None, sleep=time.sleep, clock=time.monotonic, environ=None):
    """Return a L(PceClient) for a module's parameters. Nothing is asked of the PCE yet.

    :arg warn: callable that takes a warning's text. :arg sleep: takes seconds. :arg clock: returns monotonic seconds.
    :arg environ: mapping of environment variables, by default those of this process.
    :raises OptionError: an option is missing or makes no sense. :raises MissingLibrary: requests is not installed.
    """
    require('requests')
    environ = os.environ if environ is None else environ
    found = {}
    sources = []
    for name, variable, what, way in _NEEDED:
        found[name] = params[name] or ''
        sources.append('O(%s)' % name)
        if name != 'pce_hostname' and not found[name].strip():
            found[name] = environ.get(variable) or ''
            sources[-1] = variable + _OF_ENVIRONMENT
        if not found[name].strip():
            raise OptionError('%s is missing: set O(%s) or the environment variable %s.%s' % (what, name, variable, way), option=name)
    if sources[1].endswith(_OF_ENVIRONMENT) and sources[2].endswith(_OF_ENVIRONMENT):
        sources[1] = sources[1][:-len(_OF_ENVIRONMENT)]
    http = Http(
        params['pce_hostname'], params['pce_port'],
        verify=(params['pce_tls_ca'] or True) if params['pce_tls_verify'] else False,
        timeout=params['pce_timeout'], retries=params['pce_retries'], proxy=params['pce_proxy'],
        auth=(found['api_key_username'], found['api_key_secret']), secrets={sources[-1]: found['api_key_secret']},
        headers={'Accept': 'application/json'}, names=NAMES, warn=warn, sleep=sleep)
    return PceClient(http, params['pce_org_id'], timeout=params['pce_timeout'], warn=warn, sleep=sleep, clock=clock, credentials=' and '.join(sources[1:]))
