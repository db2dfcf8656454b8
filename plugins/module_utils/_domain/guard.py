# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: rules that refuse to carry out a plan, with numbers, the reason and the variable that would permit it.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import fnmatch
import math
import re
from urllib.parse import quote, unquote

# A tag with fewer addresses may empty without a question: small groups empty in daily business.
EMPTIED_TAG_FLOOR = 5

EXACTLY = 'exactly:'  # before a tag that a permit spells with percent signs, as in a URL
_PLAIN = re.compile(r'[A-Za-z0-9._~@:/+-]+\Z')

Guard = collections.namedtuple('Guard', 'name reason permit withholdable')
Guard.__doc__ = """One refusal. name: machine-readable. reason: with numbers. permit: the option that would permit it, and how.

withholdable: whether registering while the removals are withheld (C(on_guard=additions)) still makes sense."""

Rules = collections.namedtuple(
    'Rules', 'max_removals_percent max_removals floor allow_empty allow_emptied_tags adopt accept_scope_change confirmed',
    defaults=(20.0, None, 20, False, (), frozenset(), False, False))
Rules.__doc__ = """What the user permits.

max_removals_percent: share of owned registrations (float). max_removals: absolute number or None. floor: the share counts from so many
removals on. allow_empty: a tag map without addresses may empty the target. allow_emptied_tags: shell patterns of tags that may lose all their
addresses. adopt: set of C(unclaimed), C(workloader). accept_scope_change. confirmed: a teardown confirmed by name; replaces share and emptied tags."""


def share_guard(plan, rules):
    """Refuse removing more than a share of the owned registrations."""
    removals = plan.removals()
    if rules.confirmed or removals < rules.floor or not plan.current:
        return None
    share = 100.0 * removals / plan.current
    if share <= rules.max_removals_percent:
        return None
    return Guard('share', 'it would unregister %d of %d owned registrations (%.1f %%); at most %g %% are allowed, counted from %d removals on'
                 % (removals, plan.current, share, rules.max_removals_percent, rules.floor), 'O(max_removals_percent)=%d' % math.ceil(share), True)


def number_guard(plan, rules):
    """Refuse removing more than an absolute number of registrations."""
    removals = plan.removals()
    if rules.max_removals is None or removals <= rules.max_removals:
        return None
    return Guard('number', 'it would unregister %d registrations; at most %d are allowed' % (removals, rules.max_removals), 'O(max_removals)=%d' % removals,
                 True)


def emptied_tags(plan):
    """Return the owned tags with at least five addresses that would lose all of them: dict tag -> addresses now."""
    if not any(change.remove for change in plan.changes):
        return {}
    after = plan.tags_after()
    return {tag: number for tag, number in plan.tags_before().items() if number >= EMPTIED_TAG_FLOOR and tag not in after}


def pattern_of(tag):
    """Return a pattern that permits this tag and no other, and that can be pasted.

    A blank, a comma, a bracket, a brace, a backslash or a percent sign would end or change it on its way through a shell, C(-e), Jinja or the option.
    """
    if _PLAIN.match(tag) and not tag.startswith(EXACTLY):
        return tag
    return EXACTLY + quote(tag, safe='@:/+')


def permits(pattern, tag):
    """Return whether a pattern of C(allow_emptied_tags) permits a tag: a shell pattern, or what L(pattern_of) spells."""
    if pattern.startswith(EXACTLY):
        return unquote(pattern[len(EXACTLY):]) == tag
    return tag == pattern or fnmatch.fnmatchcase(tag, pattern)


def emptied_guard(plan, rules):
    """Refuse emptying a tag, and with it every group that matches on it."""
    if rules.confirmed:
        return None
    tags = {tag: number for tag, number in emptied_tags(plan).items() if not any(permits(pattern, tag) for pattern in rules.allow_emptied_tags)}
    if not tags:
        return None
    shown = ', '.join('%s (%d addresses)' % item for item in sorted(tags.items())[:5])
    more = ' and %d more' % (len(tags) - 5) if len(tags) > 5 else ''
    permit = ','.join(map(pattern_of, sorted(tags))) if len(tags) <= 20 else '*'
    return Guard('emptied_tag', 'it would take its last address from %s%s' % (shown, more), 'O(allow_emptied_tags)=%s' % permit, True)


def empty_guard(desired, rules):
    """Refuse a tag map without any address."""
    if desired or rules.allow_empty or rules.confirmed:
        return None
    return Guard('empty', 'the tag map holds no address: the selection matches nothing', 'O(allow_empty)=true', True)


def capacity_guard(used, entering, leaving, capacity, elsewhere=0):
    """Refuse a plan after which the device would hold more addresses than it can.

    :arg used: distinct addresses, ranges and networks in the table now, everybody's. capacity: of the device, or None: not known.
    :arg elsewhere: what the other virtual systems of the device hold: it counts all together.
    """
    after = used + elsewhere + entering - leaving
    if capacity is None or not entering or after <= capacity:
        return None
    others = ', and %d in its other virtual systems' % elsewhere if elsewhere else ''
    return Guard('capacity', '%s would hold %d addresses and this device holds at most %d (now %d%s; %d would enter, %d would leave)'
                 % ('the device' if elsewhere else 'the table', after, capacity, used, others, entering, leaving),
                 'O(capacity)=%d if the device really holds more, or a narrower selection' % after, False)


def claim_guard(standing, plan, rules):
    """Refuse what the claims found on the target speak against; see L(claim.stand)."""
    if standing is None:
        return None
    if standing.kind == 'other_owner':
        others = ', '.join(sorted({claim.owner for claim in standing.claims}))
        return Guard('other_owner', 'this namespace of the target is claimed by %s (%s)' % (others, standing.claims[0].tag),
                     'O(adopt)=from:%s if that is the same PCE under another name, another namespace in O(tag_template), or the teardown of that one first'
                     % standing.claims[0].owner, False)
    if not plan.removals():
        return None
    if standing.kind == 'other_scope' and not rules.accept_scope_change:
        changes = standing.changes or 'template, label keys, aliases, selection, networks, interfaces or IPv6 were changed'
        return Guard('scope_change', 'it would unregister %d registrations, and what belongs to this target was changed since it was filled: %s (claim %s)'
                     % (plan.removals(), changes, standing.claims[0].tag), 'O(accept_scope_change)=true', True)
    if standing.kind == 'unclaimed' and 'unclaimed' not in rules.adopt:
        return Guard('unclaimed', 'it would unregister %d registrations of this namespace and the target holds no claim that says that they are ours'
                     % plan.removals(), 'O(adopt)=true', True)
    return None


def claim_enters(plan, standing):
    """Return how many addresses the claim adds to the table: 1 where there is none yet."""
    return int(standing is not None and standing.kind in ('new', 'unclaimed') and bool(plan.claim_register) and not standing.claims)


def check(plan, desired, standing, rules, used, capacity, elsewhere=0):
    """Return the list of Guards that refuse the plan; empty: go ahead.

    :arg desired: the tag map's registrations, or None where there is no tag map (C(present), C(absent)).
    :arg standing: from L(claim.stand), or None where claims do not matter. :arg used, capacity, elsewhere: see L(capacity_guard).
    """
    guards = [claim_guard(standing, plan, rules)]
    if desired is not None:
        guards.append(empty_guard(desired, rules))
    guards += [
        share_guard(plan, rules), number_guard(plan, rules), emptied_guard(plan, rules),
        capacity_guard(used, plan.entering() + claim_enters(plan, standing), plan.leaving(), capacity, elsewhere)]
    return [guard for guard in guards if guard is not None]
