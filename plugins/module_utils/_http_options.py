# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a connection, checked before anything is sent.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import os
import ssl
import warnings

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import requests, urllib3


def checked_host(host, name):
    """Return a host name or an address without brackets. :arg name: what the option is called. :raises OptionError: it is something else."""
    text = (host or '').strip()
    if text.startswith('[') and text.endswith(']'):
        text = text[1:-1]
    if not text or any(char in text for char in '/@?#\\ ') or (':' in text and text.count(':') < 2):
        raise OptionError('%s must be a host name or an address without https://, port or path, got "%s".' % (name, host))
    return text


def checked_port(port, name):
    """Return a TCP port as a number. :raises OptionError: it is none."""
    number = int(port)
    if not 0 < number < 65536:
        raise OptionError('%s must be a TCP port from 1 to 65535, got %s.' % (name, port))
    return number


def checked_verify(verify, name):
    """Return True, False, or the path of a file or folder that holds certificates.

    :raises OptionError: it does not.
    """
    if verify is True or verify is False:
        if verify is False:
            warnings.simplefilter('ignore', urllib3.exceptions.InsecureRequestWarning)
        return verify
    path = os.path.expanduser(str(verify))
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if os.path.isdir(path):
            os.listdir(path)
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as exc:
        why = exc.strerror if isinstance(exc, OSError) and not isinstance(exc, ssl.SSLError) else 'it holds no certificate in PEM form'
        raise OptionError('Cannot use the CA file %s: %s. %s takes a file with certificates in PEM form, or a folder that OpenSSL has prepared.'
                          % (path, why or exc, name)) from exc
    return path


def checked_proxy(proxy, base, name):
    """Return (proxies for requests, URL without credentials or None, secrets in it).

    :arg proxy: URL, None for the environment, C(none) or an empty text for none. :arg base: the URL that is asked.
    :raises OptionError: it is no URL.
    """
    if proxy is None:
        chosen = requests.utils.select_proxy(base, requests.utils.get_environ_proxies(base))
    else:
        chosen = proxy.strip()
    if chosen is None or chosen.lower() in ('', 'none'):
        return {}, None, []
    if '://' not in chosen:
        chosen = 'http://' + chosen
    try:
        parts = urllib3.util.parse_url(chosen)
        user, dummy, password = (parts.auth or '').partition(':')
        plain = [requests.utils.unquote(password), requests.utils.unquote(user) if not password else '']
        shown = '%s://%s%s' % (parts.scheme, parts.host, ':%d' % parts.port if parts.port else '')
    except (urllib3.exceptions.LocationParseError, ValueError):
        raise OptionError('%s is not the URL of a proxy, such as http://proxy.example.com:3128.' % name) from None
    return {'http': chosen, 'https': chosen}, shown, [text for text in (parts.auth, password, *plain) if text]
