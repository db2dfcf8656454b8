# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Timers: which registrations that stay are written again, and with how many seconds.

PAN-OS does not tell which registrations have a timer, nor how much of it is left (PAN-OS facts 2.5). What is known of them is what our own claim says; without
one, each may have a timer. Two rules follow. Only a run that is carried out in full decides about timers; one that a guard refuses lets things go on as the
claim says, so that what it protects neither ends earlier nor gets an end that it did not have. And nothing gets a timer but what the user desires.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.claim import PERHAPS, UNADOPTED, UNTIMED, halves

Renewal = collections.namedtuple('Renewal', 'address tags persistent timeout replace')
Renewal.__doc__ = """Registrations of one address that are there, stay, and are written again.

persistent: whether the entry's attribute may be sent. timeout: seconds, 0 for never. replace: they are unregistered and registered in one message,
which is the one way to change a timer that is sure (PAN-OS facts 2.5)."""

Staying = collections.namedtuple('Staying', 'ours theirs stale persistent')
Staying.__doc__ = """What one address holds before a plan, as far as timers matter: tuples of tags.

ours: owned and desired. theirs: desired, but not registered by us: taken over or adopted. stale: owned and not desired. persistent: as in Renewal."""


class Timers:
    """What is known of the timers of one target.

    :arg claims: our own Claims that were found there. :arg namespaces: the current one first, then retired ones.
    :arg untimed: whether a record, or the kind of request, says that registrations without a claim have no timer.
    """

    def __init__(self, claims, namespaces, untimed=False):
        self._said = {}  # of what is desired
        self._said_of_stale = {}
        self._current = namespaces[0]
        #: Whether a claim covers what is stale in the current namespace, so that it is ours.
        self.adopted = any(claim.namespace == self._current and claim.scope != UNADOPTED for claim in claims)
        for claim in claims:
            desired, stale = halves(claim.timers)
            self._said.setdefault(claim.namespace, set()).add(desired)
            if claim.scope != UNADOPTED:
                self._said_of_stale.setdefault(claim.namespace, set()).add(stale)
            elif stale != UNTIMED:  # what was desired, and so got a timer from us, may be stale by now
                self._said_of_stale.setdefault(claim.namespace, set()).add(PERHAPS)
        self._namespaces = sorted(namespaces, key=len, reverse=True)  # of nested ones, the innermost decides
        self.untimed = untimed

    def of(self, tag=None, desired=True):
        """Return what our claim says of a tag's timer (of tags in the current namespace by default), or None where no claim of ours covers it."""
        everything = self._said if desired else self._said_of_stale
        said = everything.get(self._namespace_of(tag))
        if said is None and tag is not None and not tag.startswith(tuple(self._namespaces)):
            said = set().union(*everything.values())  # an alias, of a tag in a retired namespace perhaps
        if not said:
            return None
        if len(said) == 1:
            return next(iter(said))
        return PERHAPS if said & {UNTIMED, PERHAPS} else max(said, key=int)

    def _namespace_of(self, tag):
        return next((each for each in self._namespaces if tag is not None and tag.startswith(each)), self._current)

    def retired(self, tag):
        """Return whether a tag lies in a retired namespace: its claim goes with the next full run, and nothing says then that it has a timer."""
        return self._namespace_of(tag) != self._current

    @property
    def perhaps(self):
        """Whether any registrations may have a timer."""
        if any(said != {UNTIMED} for said in [*self._said.values(), *self._said_of_stale.values()]):
            return True
        return self.of() is None and not self.untimed


class _Run:
    """What the two ways have in common.

    :arg timers: Timers. :arg timeout: seconds that the user asks for, or None. :arg replace: whether the user wants renewals to replace.
    """

    def __init__(self, timers, timeout, replace=False):
        self.timers = timers
        self.timeout = timeout or 0
        self.replace = replace


class FullRun(_Run):
    """How timers are treated by a run that is carried out in full.

    :arg adopted: whether registrations without a claim are ours, because the user says so.
    """

    full = True

    def __init__(self, timers, timeout, replace=False, adopted=False):
        super().__init__(timers, timeout, replace)
        self._adopted = adopted

    @property
    def needed(self):
        """Whether anything can have to be written again."""
        return bool(self.timeout) or self.timers.perhaps

    def how(self, tag, desired):
        """Return (timeout, replace) for a registration that stays, or None where it is left alone."""
        said = self.timers.of(tag, desired)
        if desired:
            if self.timeout:
                return self.timeout, self.replace
            return (0, True) if (not self.timers.untimed if said is None else said != UNTIMED) else None
        if said is None and self._adopted:
            said = PERHAPS
        if said is None or said == UNTIMED:
            return None
        if said == PERHAPS or not self.timeout or self.timers.retired(tag):
            return 0, True
        return max(int(said), self.timeout), self.replace

    def claimed_afterwards(self, kept):
        """Return what the claim has to say once the run is over. :arg kept: whether stale registrations stay."""
        if not self.timeout:
            return UNTIMED
        if not kept:
            return str(self.timeout)
        said = self.timers.of(desired=False)
        return '%d%s' % (self.timeout, PERHAPS) if said in (None, UNTIMED, PERHAPS) else str(max(int(said), self.timeout))

    @property
    def additions(self):
        """Seconds that new registrations get, or None."""
        return self.timeout or None


class RefusedRun(_Run):
    """How timers are treated by a run that a guard refuses, or whose removals it withholds: as the claim says.

    :arg fresh: whether the run claims a target that held nothing of ours, so that its own timeout is what the claim says.
    """

    full = False

    def __init__(self, timers, timeout, replace=False, fresh=False):
        super().__init__(timers, timeout, replace)
        self._fresh = fresh

    def how(self, tag, desired):
        """As L(FullRun.how).

        Where a claim says that only what is desired has a timer, what is desired or stale now need not have been so when that was written. What has become
        stale since would end although its removal is refused, and what has become desired would get an end that nobody asks for: both go without a timer.
        """
        said = self.timers.of(tag, desired)
        other = self.timers.of(tag, not desired)
        unknown = (None, UNTIMED, PERHAPS)
        if said == PERHAPS and not desired and other not in unknown:
            return 0, True
        if said in unknown:
            return None  # what is not known to have a timer must not get one, nor lose one
        if desired and other == PERHAPS and not self.timeout:
            return 0, True
        return int(said), self.replace

    @property
    def additions(self):
        """As L(FullRun.additions)."""
        said = self.timers.of()
        if said == PERHAPS or (said is None and self._fresh):
            return self.timeout or None
        return int(said) if said else None


def renewals(plan, run):
    """Return the Renewals of a plan. :arg plan: a Plan. :arg run: a FullRun or a RefusedRun."""
    removed = {change.address: change.remove for change in plan.changes if change.remove} if run.full else {}
    known = {}

    def how(tag, desired):
        key = tag, desired
        if key not in known:
            known[key] = run.how(tag, desired)
        return known[key]

    rows = []
    for address, staying in plan.staying.items():
        groups = {}
        for tag in staying.ours + staying.theirs if run.full else staying.ours:
            groups.setdefault(how(tag, True), []).append(tag)
        for tag in staying.stale:
            if tag not in removed.get(address, ()):
                groups.setdefault(how(tag, False), []).append(tag)
        may = staying.persistent and (run.full or not staying.theirs)
        rows.extend(Renewal(address, tuple(tags), may, *found) for found, tags in groups.items() if found)
    return rows
