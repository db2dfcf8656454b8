# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One address on several workloads: NAT, clones, virtual addresses, managed and unmanaged twins.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import datetime
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError


class DuplicateAddressError(MicrosegError):
    """Several workloads with different tags have one address, and the user wants to stop then."""

    kind = 'duplicate_address'


Candidate = collections.namedtuple('Candidate', ('href', 'name', 'tags', 'online', 'managed', 'created_at'))
Candidate.__doc__ = """A workload that an address could stand for: C(tags) is a tuple, C(created_at) an RFC 3339 time; None or empty where it is not known."""

Decision = collections.namedtuple('Decision', ('decided', 'tags', 'candidates', 'counting'))
Decision.__doc__ = """What was decided about an address.

decided: C(identical) (no conflict), C(preferred) (the tags of one workload), C(union), C(skipped), C(failed). tags: tuple, empty where the address is
left out. candidates: all workloads that have the address, in the order of href. counting: those whose tags the address has."""

_TIME = re.compile(r'(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)?\Z', re.ASCII)
_UNKNOWN = (datetime.datetime.min, '')


def decide(policy, candidates, in_order):
    """Return the R(Decision) about one address that several workloads have.

    Under V(prefer) online goes before offline, managed before unmanaged, then the younger by creation, then the first by href: one workload in any case. Never
    by heartbeat, which would flip between two clones that are both online; C(updated_at) would say nothing about addresses (PCE facts 4.6).

    :arg policy: C(prefer), C(union), C(skip) or C(fail).
    :arg candidates: iterable of two or more R(Candidate); their order does not matter.
    :arg in_order: callable that makes a tuple of a set of tags.
    """
    candidates = sorted(candidates, key=_identity)
    distinct = {frozenset(candidate.tags) for candidate in candidates}
    if len(distinct) == 1:
        return Decision('identical', candidates[0].tags, candidates, candidates)
    if policy == 'union':
        return Decision('union', in_order(frozenset().union(*distinct)), candidates, candidates)
    if policy == 'skip':
        return Decision('skipped', (), candidates, [])
    if policy == 'fail':
        return Decision('failed', (), candidates, [])
    best = max(candidates, key=_preference)  # the first of several that are equally good
    tags = frozenset(best.tags)
    return Decision('preferred', best.tags, candidates, [candidate for candidate in candidates if frozenset(candidate.tags) == tags])


def _identity(candidate):
    # A user's own list may name two workloads alike.
    return candidate.href, str(candidate.name), sorted(candidate.tags)


def _preference(candidate):
    try:
        created = moment(candidate.created_at)
    except ValueError:
        created = _UNKNOWN
    return bool(candidate.online), bool(candidate.managed), created


def moment(text):
    """Return an RFC 3339 time in a form that compares as time: (datetime in UTC, digits of the fraction). An unknown time (None or empty) is before all others.

    The PCE tells microseconds, users write whole seconds, and both may say C(Z), an offset, or nothing, which is UTC (what YAML makes of a time).

    :raises ValueError: no such time.
    """
    if not text:
        return _UNKNOWN
    try:
        day, time, fraction, zone = _TIME.match(text).groups()
        whole = datetime.datetime.strptime('%s %s' % (day, time), '%Y-%m-%d %H:%M:%S')
        if zone and zone not in 'Zz':
            offset = datetime.timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
            whole = whole - offset if zone[0] == '+' else whole + offset
    except (AttributeError, TypeError, ValueError, OverflowError) as exc:
        raise ValueError('%r is not a time such as 2026-11-22T17:00:00Z' % (text,)) from exc
    return whole, (fraction or '').rstrip('0')
