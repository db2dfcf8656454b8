# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent again, and after how long.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import email.utils
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import HttpStatus, IncompleteError, TimedOut, Unreachable

MAX_WAIT = 60.0  # seconds that a Retry-After may ask for
_SECONDS = re.compile('[0-9]{1,18}')  # not isdigit(), which also knows superscripts
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0)

RETRIED_ALWAYS = frozenset((
    429,  # rate limit: the request was refused unread, so even a POST may be repeated; a window of a minute wants longer pauses
))
RETRIED_IF_REPEATABLE = frozenset((
    500,  # a PCE gives it during failover
    502,  # a proxy before a PCE whose node restarts
    503,  # service restarts; PAN-OS gives it while its management plane starts
    504,  # a proxy before a slow node
))


def pause(attempt, failure):
    """Return the seconds to wait after an attempt, the first of which is 0, that ended with O(failure)."""
    return _BACK_OFF[min(attempt, len(_BACK_OFF) - 1)] * (4 if getattr(failure, 'status', None) == 429 else 1)


def repeated_statuses(repeatable):
    """Return the statuses after which a request is sent again. :arg repeatable: sending it twice is harmless."""
    return RETRIED_ALWAYS | RETRIED_IF_REPEATABLE if repeatable else RETRIED_ALWAYS


def again(failure, repeatable):
    """Whether sending it once more is harmless and can help."""
    if isinstance(failure, HttpStatus):
        return failure.status in repeated_statuses(repeatable)
    if isinstance(failure, IncompleteError):
        return repeatable and not getattr(failure, 'too_large', False)
    return isinstance(failure, (Unreachable, TimedOut)) and getattr(failure, 'again', True) and (repeatable or getattr(failure, 'unsent', False))


def retry_after(headers, default, now):
    """Return the seconds that a C(Retry-After) header asks for (a number or an HTTP date), bounded to 60, else O(default).

    :arg headers: case-insensitive mapping. :arg now: epoch seconds.
    """
    text = (headers.get('Retry-After') or '').strip()
    if not text:
        return default
    if _SECONDS.fullmatch(text):
        return min(float(text), MAX_WAIT)
    try:
        return min(max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0), MAX_WAIT)
    except Exception:  # pylint: disable=broad-except
        return default  # the parser of dates raises whatever it stumbles over
