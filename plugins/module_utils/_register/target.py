# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Register on one target: read it, compute the plan, guard it, write it, and read it again.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import functools
import traceback

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import guard
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.claim import PERHAPS, read_claims, retimed
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, IncompleteError, MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import UNKNOWN
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import read_table
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import owner_pattern, wanted_claim
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.view import ADDITIONS, FULL, REFUSED, Viewer
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.writing import Order, Writing, lost

DEFAULT_MAX_TAGS = 32  # the smaller of the two limits that PAN-OS models have (PAN-OS facts 5)
ROUNDS = 2  # writing is tried once more for what is missing although nobody complained about it


class Outcome:
    """What happened on one target; L(report.result) turns it into what the module returns.

    plan: what is told. way: V(FULL), V(ADDITIONS), V(REFUSED). written, renewed: registrations sent and taken. not_renewed: Failures of renewals. left:
    renewals that a broken run still owed. timers: what a record says of timers after this run.
    """

    def __init__(self, vsys):
        self.vsys = vsys
        self.state = 'failed'
        self.way = FULL
        self.plan = None
        self.guards = []
        self.failures = []
        self.verified = None
        self.changed = False
        self.written = 0
        self.renewed = 0
        self.not_renewed = []
        self.left = 0
        self.error = None
        self.standing = None
        self.remaining = None
        self.lost_table = False
        self.reads = 0
        self.taken = None
        self.timers = None


class Target:
    """One registered-ip table and a request for it.

    :arg client: a PanosClient. :arg system: its System. :arg vsys: C(vsys1) and so on, or None for Panorama's own table.
    :arg request: a Task. :arg limits: capacity.Limits of the model. :arg warn: callable for warnings.
    :arg progress: callable that gets (addresses written, addresses to write).
    :arg siblings: the VirtualSystems of the device.
    :arg still_active: callable that returns the HighAvailability of this moment, or None without high availability.
    :arg host: the name that the reader knows the device by, or None.
    """

    def __init__(self, client, system, vsys, request, limits, warn, siblings, progress=None, still_active=None, host=None):
        self.client = client
        self.system = system
        self.vsys = vsys
        self.request = request
        self.warn = warn
        self.siblings = siblings
        self.progress = progress or (lambda done, total: None)
        self.still_active = still_active
        self.limits = Limits(request.max_tags or limits.tags_per_address or DEFAULT_MAX_TAGS, request.capacity or limits.addresses)
        self.identity = (system.serial, vsys or '', request.template.namespace)
        known = host is not None and not client.where.startswith(host + ':')
        self.device = '%s (%s)' % (host, client.where) if known else client.where
        self.where = '%s %s' % (self.device, vsys) if vsys else self.device

    def run(self, check_mode, record=None, before_timers=lambda: None):
        """Carry the request out and return the Outcome; what went wrong on the target is in it, nothing is raised.

        :arg check_mode: compute and guard the plan, write nothing.
        :arg record: the verified record of an earlier run (mapping) or None; only it can tell a lost table from a first fill.
        :arg before_timers: callable, called before anything is written that sets a timer; what it raises stops the run.
        """
        outcome = Outcome(self.vsys)
        try:
            self._run(outcome, check_mode, record, before_timers)
        except Exception as exc:  # pylint: disable=broad-except
            outcome.state = 'failed'
            outcome.error = self._of_the_family(exc)
        return outcome

    def _of_the_family(self, exc):
        """Return O(exc) as an error that tells beside it what was applied. Its own text stays out of the message: it may hold anything."""
        if isinstance(exc, MicrosegError):
            return exc
        place = traceback.extract_tb(exc.__traceback__)[-1]
        place = '%s:%d' % (place.filename.replace('\\', '/').rpartition('/')[2], place.lineno)
        error = MicrosegError('%s: an error in this collection stopped the run (%s at %s). Please report it with these words.'
                              % (self.where, type(exc).__name__, place), exception=type(exc).__name__, place=place)
        error.kind = 'internal'
        error.__cause__ = exc
        return error

    def _run(self, outcome, check_mode, record, before_timers):
        viewer = Viewer(self.where, self.request, self.identity, self.limits, record, functools.lru_cache(None)(self._elsewhere))
        view = viewer.view(self._read(outcome))
        outcome.standing, outcome.guards = view.standing, view.guards
        outcome.way = view.way()
        if outcome.way == REFUSED and self.request.on_guard == 'additions' and all(each.withholdable for each in view.guards):
            outcome.guards = view.guards + [view.full]  # without the removals there is no room for what is new
        outcome.plan = view.told(outcome.way)
        outcome.lost_table = bool(record and view.standing and view.standing.kind == 'new' and not view.plan.owned_before)
        outcome.timers = view.timers_afterwards if outcome.way == FULL else None
        self._notice(view, record)
        plan = view.sent(outcome.way)
        if outcome.way != FULL:
            outcome.state = 'refused'
        writes = bool(plan) or bool(plan.renewals)
        outcome.changed = bool(plan)
        self.siblings.note(self.vsys, view.table.addresses + plan.entering() - plan.leaving() + guard.claim_enters(plan, view.standing))
        if not writes or check_mode:
            if outcome.way == FULL:
                outcome.state = 'incomplete' if plan.dropped else 'changed' if plan else 'in_sync'
                outcome.verified = None if writes else True
            return
        if view.run_of(outcome.way).additions or any(renewal.timeout for renewal in plan.renewals):
            before_timers()
        self._write_and_verify(outcome, viewer, view, plan)

    def _notice(self, view, record):
        """Warn about what a user can act on."""
        request = self.request
        if self.limits.addresses is None and view.plan.entering():
            self.warn('How many addresses the table of %s (%s) holds is not known for its model. Set O(capacity), so that a run refuses to fill it up.'
                      % (self.where, self.system.model))
        if request.state == 'synced' and not request.claim and not request.timeout and not view.standing.claims and record is None and view.plan.renewals:
            self.warn('Neither a claim on %s nor a record says that its registrations have no timer, so each run unregisters and registers all that stay '
                      '(%d now) in case an earlier run gave them one. Set O(claim)=true, or keep records in O(record_dir), to do that once.'
                      % (self.where, view.plan.renewed()))
        wanted = wanted_claim(request)
        if wanted:
            pattern = owner_pattern([template.namespace for template in request.templates], wanted.owner)
            earlier = sorted({match.group('namespace') for match in map(pattern.match, view.table.entries.get(CLAIM_ADDRESS, ())) if match})
            if earlier:
                self.warn('%s was also filled by this PCE in the namespace %s; those registrations are foreign to this run and stay. If they are earlier ones '
                          'of yours, list their template in O(retired_templates) to clean them up.' % (self.where, ', '.join(earlier)))

    def _read(self, outcome):
        try:
            table = read_table(self.client, self.vsys, self.warn)
        except DeviceError as exc:
            self._require_vsys(outcome, exc)
            raise
        outcome.reads += 1
        return table

    def _require_vsys(self, outcome, exc):
        """Say which virtual systems there are, where a first reading was refused because this is none of them."""
        if not self.vsys or outcome.reads:
            return
        names = self.siblings.names
        if names and self.vsys not in names:
            raise DeviceError('The virtual system %s does not exist on %s: it has %s. Name one of them in O(vsys).'
                              % (self.vsys, self.client.where, ', '.join(names)), code=exc.code) from exc
        if not names:
            exc.message += ' If there is no virtual system %s: which ones there are could not be read; the firewall lists them under Device > Virtual ' \
                           'Systems. Name one of them in O(vsys).' % self.vsys

    def _elsewhere(self):
        found = self.siblings.elsewhere(self.vsys)
        if found is None:
            self.warn('How many addresses the other virtual systems of %s hold could not be read, so the limit of %d, which the device applies to all of them '
                      'together, was compared with those of %s alone.' % (self.client.where, self.limits.addresses, self.vsys))
        return found or 0

    def _write_and_verify(self, outcome, viewer, view, plan):
        writing = Writing(self.client, self.vsys, self.where, self.request, outcome, self.progress)
        owed = plan.renewed()
        try:
            for attempt in range(ROUNDS):
                writing.carry_out(self._order(view, plan, outcome.way))
                sent = plan
                view = viewer.view(self._read(outcome))
                self.siblings.note(self.vsys, view.table.addresses)
                rest = view.sent(outcome.way)
                blamed = {(failure.address, failure.tag or None) for failure in outcome.failures}
                gone = lost(sent, view.table)
                plan = rest.without(blamed)
                plan.renewals = gone
                if view.way() != outcome.way:
                    plan = plan.only_renewals()  # what guards say now was not asked for
                if not (plan or gone):
                    break
            self._require_active()
            if not view.table.complete:
                raise IncompleteError('%s: the registrations could not be read back completely (%d of %s), so what was written is not verified. Run it again '
                                      'when no other program writes to it.' % (self.where, view.table.addresses, view.table.count))
        except Exception as exc:  # pylint: disable=broad-except
            self._broken(outcome, viewer, self._of_the_family(exc), owed)
            return
        self._conclude(outcome, rest, gone)

    def _order(self, view, plan, way):
        """Return the Order for a plan: claims and timeouts are those of the way that the run goes."""
        free = None
        if self.limits.addresses is not None:
            free = self.limits.addresses - view.elsewhere - view.table.addresses - bool(plan.claim_register)
        interim = None
        if way == FULL and plan.renewals and plan.claim_register and not view.standing.claims:
            claim = read_claims(plan.claim_register, [self.request.template.namespace])[0]
            interim = None if claim.timers == PERHAPS else retimed(claim, PERHAPS)
        return Order(plan, view.run_of(way).additions, interim, free, view.table)

    def _broken(self, outcome, viewer, exc, owed):
        """Note what a run that ended in O(exc) leaves. :arg owed: registrations that were to be renewed."""
        outcome.error = exc
        outcome.state = 'failed'
        outcome.verified = False
        outcome.left = max(0, owed - outcome.renewed)
        if outcome.written or outcome.taken:
            try:
                view = viewer.view(self._read(outcome))
                self.siblings.note(self.vsys, view.table.addresses)
                outcome.remaining = view.plan
            except Exception:  # pylint: disable=broad-except
                pass  # the device does not answer any more, or what broke the run does so again: what was sent is told all the same
        if outcome.taken and not owed:
            # Where reading it back shows the same plan, nothing was done.
            outcome.taken = outcome.remaining is None or outcome.remaining.digest != outcome.plan.digest

    @staticmethod
    def _conclude(outcome, rest, gone):
        """Note what reading back shows: the device's answers are hints, its state decides. Only whether a timer was renewed does not show there."""
        outcome.remaining = rest if rest else None
        outcome.left = sum(len(renewal.tags) for renewal in gone) + len(outcome.not_renewed)
        outcome.verified = not rest and not outcome.left
        missing = {(change.address, tag) for change in rest.changes for tag in change.add + change.remove}
        missing.update((renewal.address, tag) for renewal in gone for tag in renewal.tags)
        outcome.failures = [failure for failure in outcome.failures if failure in outcome.not_renewed or (failure.address, failure.tag) in missing
                            or failure.tag is None and any(address == failure.address for address, tag in missing)]
        if outcome.left:
            outcome.state = 'failed'
        elif outcome.way != FULL:
            outcome.state = 'refused'
        elif rest:
            outcome.state = 'failed'
        elif outcome.plan.dropped:
            outcome.state = 'incomplete'
        else:
            outcome.state = 'changed' if outcome.changed else 'in_sync'

    def _require_active(self):
        """Refuse to call it done where the member failed over while it was written: its peer, which is active now, may not know any of it."""
        member = self.still_active() if self.still_active is not None else None
        if member is not None and member.state == UNKNOWN:
            raise DeviceError('%s does not say any more in which state of high availability it is, so what was written may not be on the member that is active '
                              'now. Run it again over both members.' % self.where)
        if member is not None and not member.active:
            raise DeviceError('%s is not the active member of its high-availability pair any more: it failed over during this run, and what was written may '
                              'not be on its peer. Run it again over both members.' % self.where)


__all__ = ('ADDITIONS', 'FULL', 'Outcome', 'REFUSED', 'Target')
