# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one family of exceptions, and the one place where it becomes a module's answer.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib


class MicrosegError(Exception):
    """Anything that stops a use case. C(kind) is the machine-readable name that a module returns as C(error.kind).

    :arg message: one sentence or two for the user: what failed, on what, and the way out. Never holds a secret.
    :arg partial: what the module already knows (part of its normal result), returned beside the message.
    :arg details: small JSON-like values for C(error), for instance C(status=403).
    """

    kind = 'error'

    def __init__(self, message, partial=None, **details):
        super().__init__(message)
        self.message = message
        self.partial = dict(partial or {})
        self.details = details


class OptionError(MicrosegError):
    """An option, or a combination of options, makes no sense. Nothing was asked of anybody."""

    kind = 'option'


class UnknownLabelError(OptionError):
    """A label key or value was named that the PCE does not know: a typing slip must not become a removal."""

    kind = 'unknown_label'


class TransportError(MicrosegError):
    """No usable answer came back."""

    kind = 'transport'


class Unreachable(TransportError):
    """Name resolution, connection or proxy failed, or the connection broke."""

    kind = 'unreachable'


class TimedOut(TransportError):
    """No answer in the time that the user allows."""

    kind = 'timeout'


class Busy(TransportError):
    """Nothing was sent: other calls of this controller kept all places of the device taken."""

    kind = 'busy'


class CertificateNotTrusted(TransportError):
    """TLS verification failed."""

    kind = 'certificate'


class NotAnApi(TransportError):
    """Something answered, but not the API: a redirect, an HTML page, text that does not parse."""

    kind = 'not_an_api'


class HttpStatus(TransportError):
    """The API answered with a status that the caller did not ask for. C(status) and a bounded C(body) are attributes."""

    kind = 'http_status'

    def __init__(self, message, status, body=b'', **details):
        super().__init__(message, status=status, **details)
        self.status = status
        self.body = body


class AuthenticationError(MicrosegError):
    """HTTP 401 or 403: the message lists all that it can mean, because the answer does not tell."""

    kind = 'authentication'


class IncompleteError(MicrosegError):
    """An answer that is empty, cut off, shorter than announced, or from a job that failed. Never leads to a removal."""

    kind = 'incomplete'


class ArtifactError(MicrosegError):
    """A file that travels between the stages is missing, cut off, changed, too old, or cannot be written."""

    kind = 'artifact'


class DeviceError(MicrosegError):
    """A PAN-OS device refused a whole request. C(code) is the XML API's code where it gave one."""

    kind = 'device'

    def __init__(self, message, code=None, **details):
        super().__init__(message, code=code, **details)
        self.code = code


class ApplyError(MicrosegError):
    """Writing stopped or verification disagrees: C(partial) says what was applied and what was not."""

    kind = 'apply'


class Refused(MicrosegError):
    """A guard refused a plan before the first write. C(partial) holds the plan; C(guards) the reasons."""

    kind = 'refused'


def marked(exc, **marks):
    """Return the exception with attributes that steer repeating and that no user needs to see."""
    for name, value in marks.items():
        setattr(exc, name, value)
    return exc


@contextlib.contextmanager
def translated(fail):
    """Turn the exception family into one call of O(fail), a module's C(fail_json).

    Returned beside C(msg): C(error) with C(kind) and the details, and whatever part of the result already exists.

    :arg fail: callable that takes keyword arguments and does not return.
    """
    try:
        yield
    except MicrosegError as exc:
        error = {'kind': exc.kind}
        error.update((name, value) for name, value in exc.details.items() if value is not None)
        result = dict(exc.partial)
        result.update(msg=exc.message, error=error)
        fail(**result)
