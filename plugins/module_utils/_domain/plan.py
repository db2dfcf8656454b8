# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan: what has to be registered and unregistered to make one target's owned registrations equal the tag map.

Pure: no I/O, no clock. Everything that a user is told (changed, diff, counts, report) is a view of one Plan.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import hashlib
import itertools

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS, sort_key
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.timers import Staying, renewals

Change = collections.namedtuple('Change', 'address add remove persistent breaks moves')
Change.__doc__ = """What happens to one address.

add, remove: tuples of tags. persistent: whether the entry's attribute may be sent (no foreign tags there). breaks: the old and the new
tags together exceed what the address may carry, so it is unregistered and registered in one message. moves: 1 where the address enters the
table, -1 where it leaves it, else 0."""

Limits = collections.namedtuple('Limits', 'tags_per_address addresses')
Limits.__doc__ = """What a device can hold: tags of one address (int), addresses of the table (int, or None: not known)."""

_Decision = collections.namedtuple('_Decision', 'add remove dropped taken_over persistent breaks moves kept')


class Plan:
    """The difference between a target and what is desired there; see L(compute_plan).

    changes: list of Change in address order. current: number of owned registrations now. owned_before: dict address -> owned tags now.
    staying: dict address -> Staying, what of it may have to be written again because of timers. renewals: list of Renewal, what is written again.
    kept: registrations that are stale but stay (C(prune=false)).
    dropped: list of (address, tags) that do not fit. taken_over, adopted: lists of (address, tags). claim_register, claim_unregister: claim tags.
    withheld: registrations whose removal a guard withheld.
    """

    def __init__(self, identity):
        self.identity = identity
        self.changes = []
        self.staying = {}
        self.renewals = []
        self.dropped = []
        self.taken_over = []
        self.adopted = []
        self.kept = 0
        self.withheld = 0
        self.current = 0
        self.owned_before = {}
        self.claim_register = ()
        self.claim_unregister = ()
        self._digest = None

    def __bool__(self):
        return bool(self.changes or self.claim_register or self.claim_unregister)

    def note_current(self, address, split):
        """Record what is there now: O(split) is the answer of C(Ownership.split) for the address."""
        owned, _foreign, adopted = split
        if owned:
            self.owned_before[address] = owned
            self.current += len(owned)
        if adopted:
            self.adopted.append((address, adopted))

    def renewed(self):
        """Return the number of registrations that are written again."""
        return sum(len(renewal.tags) for renewal in self.renewals)

    def renew(self, run):
        """Decide what is written again, and return the plan itself. :arg run: a FullRun or a RefusedRun."""
        self.renewals = renewals(self, run)
        return self

    def entering(self):
        """Return how many addresses enter the table (the claim's not counted)."""
        return sum(1 for change in self.changes if change.moves == 1)

    def leaving(self):
        """Return how many addresses leave the table."""
        return sum(1 for change in self.changes if change.moves == -1)

    def removals(self):
        """Return the number of registrations that would be unregistered, claims not counted."""
        return sum(len(change.remove) for change in self.changes)

    def additions(self):
        """Return the number of registrations that would be registered, claims not counted."""
        return sum(len(change.add) for change in self.changes)

    def tags_before(self):
        """Return owned registrations per tag now: dict tag -> addresses."""
        return _per_tag(self.owned_before.values())

    def tags_after(self):
        """Return owned registrations per tag once the plan is carried out."""
        counts = self.tags_before()
        for change in self.changes:
            for tag in change.remove:
                counts[tag] -= 1
            for tag in change.add:
                counts[tag] = counts.get(tag, 0) + 1
        return {tag: number for tag, number in sorted(counts.items()) if number}

    def counts(self):
        """Return the numbers of the plan: a flat dict of int."""
        retagged = sum(1 for change in self.changes if change.add and change.remove)
        return {
            'register': self.additions() + len(self.claim_register),
            'unregister': self.removals() + len(self.claim_unregister),
            'addresses': len(self.changes),
            'addresses_retagged': retagged,
            'addresses_entering': self.entering(),
            'addresses_leaving': self.leaving(),
            'break_first': sum(1 for change in self.changes if change.breaks),
            'owned': self.current,
            'kept': self.kept,
            'withheld': self.withheld,
            'dropped': sum(len(tags) for address, tags in self.dropped),
            'taken_over': sum(len(tags) for address, tags in self.taken_over),
            'adopted': sum(len(tags) for address, tags in self.adopted),
            'renewed': self.renewed(),
        }

    @property
    def digest(self):
        """SHA-256 over device serial, vsys, namespace and the sorted pairs; time and run stay outside (hexadecimal text)."""
        if self._digest is None:
            pieces = ['\x1f'.join(str(part) for part in self.identity)]
            memo = {}
            for change in self.changes:
                for sign, tags in (('-', change.remove), ('+', change.add)):
                    if tags:
                        joined = memo.get(tags)
                        if joined is None:
                            joined = memo[tags] = '\x1f'.join(sorted(tags))
                        pieces.append('%s%s\x1f%s' % (sign, change.address, joined))
            for sign, tags in (('-', self.claim_unregister), ('+', self.claim_register)):
                pieces.extend('%s%s\x1f%s' % (sign, CLAIM_ADDRESS, tag) for tag in sorted(tags))
            self._digest = hashlib.sha256('\n'.join(pieces).encode('utf-8')).hexdigest()
        return self._digest

    def without(self, pairs):
        """Return the plan without some (address, tag) pairs; (address, None) leaves out the whole address."""
        other = self._copy()
        other.changes = []
        for change in self.changes:
            if (change.address, None) not in pairs:
                add = tuple(tag for tag in change.add if (change.address, tag) not in pairs)
                remove = tuple(tag for tag in change.remove if (change.address, tag) not in pairs)
                if add or remove:
                    other.changes.append(change._replace(add=add, remove=remove))
        other.renewals = []
        return other

    def refused(self, run):
        """Return the same plan as a guard leaves it: nothing of it is carried out but renewals. :arg run: a RefusedRun."""
        return self._copy().renew(run)

    def only_renewals(self):
        """Return the plan that changes nothing and writes again what is to be written again."""
        other = self._copy()
        other.changes, other.dropped, other.claim_register, other.claim_unregister = [], [], (), ()
        return other

    def _copy(self):
        other = Plan(self.identity)
        other.__dict__.update(self.__dict__)
        other._digest = None
        return other

    def without_removals(self, run, claim=False):
        """Return the plan that registers what can be registered and withholds every removal.

        :arg run: a RefusedRun. :arg claim: whether the claim is written: only where nothing but what this plan registers can be meant by it.
        """
        other = self._copy()
        other.withheld = self.removals()
        other.changes = [change._replace(remove=(), moves=max(0, change.moves)) for change in self.changes if change.add and not change.breaks]
        other.dropped = self.dropped + [(change.address, change.add) for change in self.changes if change.add and change.breaks]
        other.claim_register = self.claim_register if claim and other.changes else ()
        other.claim_unregister = ()
        return other.renew(run)


_IN_SYNC = _Decision(add=(), remove=(), dropped=(), taken_over=(), persistent=True, breaks=False, moves=0, kept=0)


def _per_tag(rows):
    return dict(sorted(collections.Counter(itertools.chain.from_iterable(rows)).items()))


def _decide(tags, desired, listed, ownership, limit, prune):
    """Decide one address; depends only on its tags, so that addresses with the same tags share the answer. C(_IN_SYNC): nothing to do, and all there is ours.

    :arg tags: all tags now. desired: the wanted ones in order of preference. listed: whether the address is in the tag map.
    """
    if not tags and desired and len(desired) <= limit and not ownership.has_aliases:
        return _Decision(add=desired, remove=(), dropped=(), taken_over=(), persistent=True, breaks=False, moves=1, kept=0)
    wanted = set(desired)
    owned, foreign, adopted = ownership.split(tags)
    if not foreign and not adopted and len(tags) == len(wanted) and wanted.issuperset(tags):
        return _IN_SYNC
    here = set(tags)
    stale = tuple(tag for tag in owned if tag not in wanted)
    remove = stale if listed or prune else ()
    space = limit - (len(tags) - len(remove))
    mirrors = {}
    for tag in desired:
        alias = ownership.alias_of(tag)
        if alias is not None:
            mirrors.setdefault(alias, set()).add(tag)
    present = here.difference(remove)
    add, dropped = [], []
    for tag in desired:
        if tag in here:
            continue
        if len(add) < space and (tag not in mirrors or not mirrors[tag].isdisjoint(present.union(add))):
            add.append(tag)
        else:
            dropped.append(tag)
    moves = 0
    if add and not tags:
        moves = 1
    elif not add and remove and len(remove) == len(tags):
        moves = -1
    after = present.union(add)
    # A bare tag that was there before becomes ours only together with the namespaced tag that it mirrors.
    taken_over = tuple(tag for tag in desired if tag in foreign and tag in mirrors and not mirrors[tag].isdisjoint(after))
    return _Decision(
        add=tuple(add), remove=remove, dropped=tuple(dropped), taken_over=taken_over,
        persistent=all(tag in taken_over for tag in foreign), breaks=bool(add and remove) and len(tags) + len(add) > limit, moves=moves,
        kept=len(stale) - len(remove))


def compute_plan(current, desired, ownership, identity, limits, prune=True, renew=False):
    """Return the Plan that makes the owned registrations of a target equal what is desired.

    Foreign registrations are not in it, whatever they are: only pairs that O(ownership) calls owned are ever removed.

    :arg current: dict address -> tuple of all tags of that address, everybody's; without ranges and networks.
    :arg desired: dict address -> tuple of tags in order of preference (they are dropped from the end where they do not fit), in address order.
    :arg identity: (device serial, vsys, namespace), part of the digest.
    :arg limits: Limits of the device.
    :arg prune: whether owned registrations of addresses that are not desired at all are removed.
    :arg renew: whether timers matter, so that C(staying) is wanted.
    """
    plan = Plan(identity)
    memo = {}  # by identity: tuples of tags that are equal are mostly one object, and hashing them costs more than deciding once too often
    limit = limits.tags_per_address
    split = ownership.split
    nothing = ()
    owned_before = plan.owned_before
    for address in _in_order(current, desired, split):
        tags = current.get(address, nothing)
        wanted = desired.get(address)
        key = (id(tags), id(wanted))
        decision = memo.get(key)
        if decision is None:
            decision = memo[key] = _decide(tags, wanted or nothing, wanted is not None, ownership, limit, prune)
        if decision is _IN_SYNC and not renew:
            if tags:
                owned_before[address] = tags
                plan.current += len(tags)
            continue
        if tags:
            plan.note_current(address, split(tags))
        if decision.add or decision.remove:
            plan.changes.append(Change(address, decision.add, decision.remove, decision.persistent, decision.breaks, decision.moves))
        if decision.dropped:
            plan.dropped.append((address, decision.dropped))
        if decision.taken_over:
            plan.taken_over.append((address, decision.taken_over))
        plan.kept += decision.kept
        if renew and tags:
            _note_staying(plan, address, split(tags), wanted or nothing, decision)
    return plan


def _note_staying(plan, address, split, wanted, decision):
    owned, _foreign, adopted = split
    ours = tuple([tag for tag in owned if tag in wanted and tag not in adopted])
    theirs = decision.taken_over + tuple([tag for tag in adopted if tag in wanted])
    stale = tuple([tag for tag in owned if tag not in wanted and tag not in adopted])
    if ours or theirs or stale:
        plan.staying[address] = Staying(ours, theirs, stale, decision.persistent)


def _in_order(current, desired, split):
    """Return the addresses that a plan can be about, IPv4 before IPv6, each by number: desired ones, and those that hold something owned."""
    extra = [address for address, tags in current.items() if address not in desired and address != CLAIM_ADDRESS and split(tags)[0]]
    addresses = sorted([*desired, *extra], key=sort_key) if extra else list(desired)
    if CLAIM_ADDRESS in desired:
        addresses.remove(CLAIM_ADDRESS)
    return addresses


def list_plan(current, listed, ownership, identity, limits, absent=False, renew=False):
    """Return the Plan that registers (or unregisters) exactly the listed pairs and touches nothing else.

    :arg listed: dict address -> tuple of tags.
    :arg absent: unregister instead of register; the caller has made sure that every listed pair is owned.
    :arg renew: whether timers matter, so that C(staying) is wanted: of the listed registrations.
    """
    plan = Plan(identity)
    for address, tags in current.items():
        if address != CLAIM_ADDRESS:
            plan.note_current(address, ownership.split(tags))
    for address in sorted(listed, key=sort_key):
        tags = current.get(address, ())
        if absent:
            remove = tuple(tag for tag in listed[address] if tag in tags)
            remove += _orphans(tags, remove, ownership)
            if remove:
                plan.changes.append(Change(address, (), remove, True, False, -1 if len(remove) == len(tags) else 0))
            continue
        missing = tuple(tag for tag in listed[address] if tag not in tags)
        space = max(0, limits.tags_per_address - len(tags))
        owned, foreign, _adopted = ownership.split(tags)
        persistent = all(tag in listed[address] for tag in foreign)
        if missing[:space]:
            plan.changes.append(Change(address, missing[:space], (), persistent, False, 0 if tags else 1))
        if missing[space:]:
            plan.dropped.append((address, missing[space:]))
        staying = tuple(tag for tag in listed[address] if tag in owned) if renew else ()
        if staying:
            plan.staying[address] = Staying(staying, (), (), persistent)
    return plan


def _orphans(tags, remove, ownership):
    """Return the aliases whose last namespaced tag goes: left behind, they would be foreign for ever."""
    owned = ownership.split(tags)[0]
    kept = {ownership.alias_of(tag) for tag in owned if tag not in remove}
    gone = {ownership.alias_of(tag) for tag in remove} - kept - {None}
    return tuple(tag for tag in owned if tag in gone and tag not in remove)
