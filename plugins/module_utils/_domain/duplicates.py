# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One address on several workloads: NAT, clones, virtual addresses, managed and unmanaged twins.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError


class DuplicateAddressError(MicrosegError):
    """Several workloads with different tags have one address, and the user wants to stop then."""

    kind = 'duplicate_address'


Candidate = collections.namedtuple('Candidate', ('href', 'name', 'tags', 'online', 'managed', 'last_seen'))
Candidate.__doc__ = """A workload that an address could stand for: C(tags) is a tuple, C(last_seen) an RFC 3339 time in UTC (the last heartbeat
of a managed workload, the creation of an unmanaged one) or None."""

Decision = collections.namedtuple('Decision', ('decided', 'tags', 'candidates', 'counting'))
Decision.__doc__ = """What was decided about an address.

decided: C(identical) (no conflict), C(preferred) (one workload, or several alike, was better than the others), C(common) (equally good
ones: their common tags), C(union), C(skipped), C(failed). tags: tuple, empty where the address is left out. candidates: all workloads that
have the address. counting: those whose tags were looked at."""


def decide(policy, candidates, in_order):
    """Return the R(Decision) about one address that several workloads have.

    Under V(prefer) online goes before offline, managed before unmanaged, then the latest heartbeat or creation;
    C(updated_at) would say nothing about addresses (PCE facts 4.6).

    :arg policy: C(prefer), C(union), C(skip) or C(fail).
    :arg candidates: list of two or more R(Candidate).
    :arg in_order: callable that makes a tuple of a set of tags.
    """
    distinct = {frozenset(candidate.tags) for candidate in candidates}
    if len(distinct) == 1:
        return Decision('identical', candidates[0].tags, candidates, candidates)
    if policy == 'union':
        return Decision('union', in_order(frozenset().union(*distinct)), candidates, candidates)
    if policy == 'skip':
        return Decision('skipped', (), candidates, [])
    if policy == 'fail':
        return Decision('failed', (), candidates, [])
    best = max(map(_preference, candidates))
    counting = [candidate for candidate in candidates if _preference(candidate) == best]
    shared = frozenset(counting[0].tags).intersection(*(candidate.tags for candidate in counting[1:]))
    alike = all(len(candidate.tags) == len(shared) for candidate in counting)
    return Decision('preferred' if alike else 'common', in_order(shared), candidates, counting)


def _preference(candidate):
    # Without the Z, text compares as time also where one has fractions of a second and the other has none.
    return bool(candidate.online), bool(candidate.managed), (candidate.last_seen or '').rstrip('Z')
