# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong on the way to a host and back, in the words of the exception family.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import socket
import ssl

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import CertificateNotTrusted, NotAnApi, TimedOut, Unreachable, marked
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import requests, urllib3


def translated(exc, method, path, where, names, proxy, connect_timeout, timeout, clean):
    """Return the member of the exception family for what requests raised; its text is not used, it holds whole URLs.

    :arg exc: the exception. :arg method, path: of the request. :arg where: C(host:port). :arg names: what the caller's options are called. :arg proxy: its URL
        without credentials, or None. :arg connect_timeout, timeout: seconds. :arg clean: callable for texts that others wrote.
    """
    causes = list(_causes(exc))
    verification = _first(causes, ssl.SSLCertVerificationError)
    by_proxy = ' through the proxy %s (%s)' % (proxy, names['proxy']) if proxy else ''
    if verification is not None:
        return CertificateNotTrusted(
            'The TLS certificate of %s is not trusted: %s. Name the file of the certificate authority in %s; '
            '%s: false turns verification off, for a test only.'
            % (where, clean(verification.verify_message or 'verification failed'), names['ca'], names['verify']), host=where)
    broke = _first(causes, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) is not None  # the other side went away, which can pass
    if not broke and (isinstance(exc, requests.exceptions.SSLError) or _first(causes, ssl.SSLError) is not None):
        reason = getattr(_first(causes, ssl.SSLError), 'reason', None) or 'handshake failed'
        return NotAnApi('%s does not speak TLS as the %s does (%s). Check %s and %s.'
                        % (where, names['product'], clean(reason).replace('_', ' ').lower(), names['host'], names['port']), host=where)
    if isinstance(exc, requests.exceptions.ProxyError):
        return marked(Unreachable('Cannot reach %s%s: the proxy refused, or is not there (%s).'
                                  % (where, by_proxy, clean(_reason(causes))), host=where), unsent=True)
    if isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidSchema)):
        return Unreachable('Cannot reach %s%s: this is not a usable address. Check %s, %s and %s.'
                           % (where, by_proxy, names['host'], names['port'], names['proxy']), host=where)
    if isinstance(exc, requests.exceptions.ConnectTimeout):
        return marked(Unreachable('Cannot reach %s%s: no connection within %g seconds. Check %s and %s, and whether a firewall is in between.'
                                  % (where, by_proxy, connect_timeout, names['host'], names['port']),
                                  host=where), unsent=True)
    if isinstance(exc, requests.exceptions.Timeout):
        return TimedOut('%s did not answer %s %s within %g seconds. Try again, or raise %s.'
                        % (where, method, path, timeout, names['timeout']), host=where)
    if _first(causes, urllib3.exceptions.NewConnectionError) is not None:
        return marked(Unreachable('Cannot reach %s%s: %s. Check %s and %s.'
                                  % (where, by_proxy, clean(_reason(causes)), names['host'], names['port']), host=where), unsent=True)
    return Unreachable('%s closed the connection without an answer to %s %s%s: %s.'
                       % (where, method, path, by_proxy, clean(_reason(causes))), host=where)


def _causes(exc):
    """Yield the exception and everything that it stands for, outermost first."""
    seen = set()
    todo = [exc]
    while todo:
        item = todo.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        todo += [getattr(item, 'reason', None), item.__cause__, item.__context__]
        todo += [value for value in item.args if isinstance(value, BaseException)]


def _first(causes, kind):
    for item in causes:
        if isinstance(item, kind):
            return item
    return None


def _reason(causes):
    """Return a short reason in the operating system's words."""
    for item in causes:
        if isinstance(item, socket.gaierror):
            return 'the name does not resolve (%s)' % (item.strerror or 'unknown')
    for item in causes:
        if isinstance(item, OSError) and item.strerror and not isinstance(item, ssl.SSLError):
            return item.strerror
    return 'the connection broke'
