# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Register on one target: read it, compute the plan, guard it, write it, and read it again.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import itertools

from ansible_collections.zerotrust.microseg.plugins.module_utils._calls import Call
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import claim as claims
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import guard
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import Limits, compute_plan, list_plan, phases
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, IncompleteError, MicrosegError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Message, chunk, read_table, send
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import owner_pattern, ownership, wanted_claim

DEFAULT_MAX_TAGS = 32  # the smaller of the two limits that PAN-OS models have (PAN-OS facts 5)
IN_FLIGHT = 2  # messages on their way to one device: it is not idle while the next is built, and never sees more than that
PAIRS_PER_MESSAGE = 40  # of two addresses each, which have to travel together: 80 addresses of 64 tags stay below 1 MB
ROUNDS = 2  # writing is tried once more for what is missing although nobody complained about it

View = collections.namedtuple('View', 'table plan standing guards replace')
View.__doc__ = """What one reading of a target means: its Table, the Plan, the Standing of claims (or None), the Guards that refuse.

replace: whether renewals unregister and register."""


class Outcome:
    """What happened on one target; L(report.result) turns it into what the module returns."""

    def __init__(self, vsys):
        self.vsys = vsys
        self.state = 'failed'
        self.plan = None
        self.guards = []
        self.failures = []
        self.verified = None
        self.changed = False
        self.written = 0
        self.error = None
        self.standing = None
        self.remaining = None
        self.lost_table = False
        self.reads = 0
        self.taken = None


class Target:
    """One registered-ip table and a request for it.

    :arg client: a PanosClient. :arg system: its System. :arg vsys: C(vsys1) and so on, or None for Panorama's own table.
    :arg request: a Task. :arg limits: capacity.Limits of the model. :arg warn: callable for warnings.
    :arg progress: callable that gets (addresses written, addresses to write).
    :arg still_active: callable that tells whether the device is still the active member, or None without high availability.
    """

    def __init__(self, client, system, vsys, request, limits, warn, progress=None, still_active=None):
        self.client = client
        self.system = system
        self.vsys = vsys
        self.request = request
        self.warn = warn
        self.progress = progress or (lambda done, total: None)
        self.still_active = still_active
        self.limits = Limits(request.max_tags or limits.tags_per_address or DEFAULT_MAX_TAGS, request.capacity or limits.addresses)
        self.identity = (system.serial, vsys or '', request.template.namespace)
        self.where = '%s %s' % (client.where, vsys) if vsys else client.where

    def run(self, check_mode, record=None):
        """Carry the request out and return the Outcome; what went wrong on the target is in it, nothing is raised.

        :arg check_mode: compute and guard the plan, write nothing.
        :arg record: the verified record of an earlier run (mapping) or None; only it can tell a lost table from a first fill.
        """
        outcome = Outcome(self.vsys)
        try:
            self._run(outcome, check_mode, record)
        except MicrosegError as exc:
            outcome.state = 'failed'
            outcome.error = exc
        return outcome

    def _run(self, outcome, check_mode, record):
        view = self.view(self._read(outcome))
        outcome.plan, outcome.standing, outcome.guards = view.plan, view.standing, view.guards
        outcome.lost_table = bool(record and view.standing and view.standing.kind == 'new')
        self._notice(view)
        plan = view.plan
        if view.guards:
            outcome.state = 'refused'
            withholdable = all(each.withholdable for each in view.guards)
            if withholdable and plan.renewable and self.request.on_guard != 'additions' and not check_mode:
                self._write_and_verify(outcome, view, plan.only_renewals())
            if self.request.on_guard != 'additions' or not withholdable:
                return
            plan = plan.without_removals()
            full = guard.capacity_guard(view.table.addresses, plan.entering(), 0, self.limits.addresses)
            if full:  # without the removals there is no room for what is new
                outcome.guards = view.guards + [full]
                return
            outcome.plan = plan
        writes = bool(plan) or bool(plan.renewals)
        outcome.changed = bool(plan)
        if not writes or check_mode:
            if outcome.state != 'refused':
                outcome.state = 'incomplete' if plan.dropped else 'changed' if plan else 'in_sync'
            outcome.verified = None if writes else True
            return
        self._write_and_verify(outcome, view, plan)

    def view(self, table):
        """Return what a Table means for the request.

        :raises OptionError: C(absent) lists a pair that is foreign.
        """
        request = self.request
        there = table.entries.get(CLAIM_ADDRESS, ())
        namespaces = [template.namespace for template in request.templates]
        found = claims.read_claims(there, namespaces)
        owned = ownership(request, found)
        standing = None
        if request.teardown:
            plan = compute_plan(table.entries, {}, owned, self.identity, self.limits)
            plan.claim_unregister = tuple(tag for tag in there if tag.startswith(tuple(namespaces)))
            standing = self._teardown_standing(found, there, namespaces)
        elif request.state == 'synced':
            plan = compute_plan(table.entries, request.desired, owned, self.identity, self.limits, request.prune, self._renews(found))
            wanted = wanted_claim(request)
            if wanted:
                standing = claims.stand(found, wanted, plan.current > sum(len(tags) for address, tags in plan.adopted), request.earlier_owners)
                if request.claim:
                    plan.claim_register, plan.claim_unregister = self._claim_changes(plan, standing)
                elif standing.kind == 'unclaimed':
                    standing = standing._replace(kind='new')  # whoever keeps no claim is not asked for one
                others = claims.overlapping_claims(there, namespaces, [wanted.owner])
                if others:
                    standing = standing._replace(kind='other_owner', claims=tuple(others))
        else:
            if request.state == 'absent':
                self._refuse_foreign(table.entries, owned)
            plan = list_plan(table.entries, request.desired, owned, self.identity, self.limits, request.state == 'absent', bool(request.timeout))
        desired = request.desired if request.state == 'synced' else None
        guards = guard.check(plan, desired, standing, request.rules, table.addresses, self.limits.addresses)
        if not table.complete and plan.removals():
            guards.append(guard.Guard(
                'incomplete_reading', 'its registrations could not be read completely (%d of %s), so shares and claims are not certain, and it would '
                'unregister %d' % (table.addresses, table.count, plan.removals()), 'running it again when no other program writes to it', True))
        return View(table, plan, standing, guards, request.renewal == 'replace' or self._replaces_timeout(found))

    def _claim_changes(self, plan, standing):
        """Return the claim tags to register and to unregister.

        Stale registrations that C(prune=false) keeps do not become ours by that: until their removal is permitted, the claim goes on saying what they are.
        """
        rules = self.request.rules
        if plan.kept and standing.kind == 'unclaimed' and 'unclaimed' not in rules.adopt:
            return (), ()
        if plan.kept and standing.kind == 'other_scope' and not rules.accept_scope_change:
            return standing.register, tuple(claim.tag for claim in standing.claims if claim.tag in standing.unregister and claim.timeout)
        return standing.register, standing.unregister

    def _teardown_standing(self, found, tags, namespaces):
        owners = [claims.owner_part(self.request.owner)] if self.request.owner else [claim.owner for claim in found]
        others = [claim for claim in found if claim.owner not in owners] + claims.overlapping_claims(tags, namespaces, owners)
        return claims.Standing('other_owner' if others else 'ours', tuple(others or found), (), ())

    def _renews(self, found):
        """Return whether what is there is renewed: with a timeout always; without one where the claim says that there was one."""
        return bool(self.request.timeout) or self._replaces_timeout(found)

    def _replaces_timeout(self, found):
        return not self.request.timeout and any(claim.timeout for claim in found)

    def _refuse_foreign(self, entries, owned):
        for address, tags in self.request.desired.items():
            foreign = owned.split(entries.get(address, ()))[1]
            listed = [tag for tag in tags if tag in foreign]
            if listed:
                raise OptionError('%s: "%s" on %s is foreign (it lies outside the namespace %s), and foreign registrations are never unregistered. Nothing was '
                                  'changed.' % (self.where, listed[0], address, self.request.template.namespace))

    def _notice(self, view):
        """Warn about what a user can act on."""
        if self.limits.addresses is None and view.plan.entering():
            self.warn('How many addresses the table of %s (%s) holds is not known for its model. Set capacity (variable dag_sync_capacity), so that a run '
                      'refuses to fill it up.' % (self.where, self.system.model))
        wanted = wanted_claim(self.request)
        if wanted:
            pattern = owner_pattern([template.namespace for template in self.request.templates], wanted.owner)
            earlier = sorted({match.group('namespace') for match in map(pattern.match, view.table.entries.get(CLAIM_ADDRESS, ())) if match})
            if earlier:
                self.warn('%s was also filled by this PCE in the namespace %s; those registrations are foreign to this run and stay. If they are earlier ones '
                          'of yours, list their template in retired_templates (variable dag_sync_retired_templates) to clean them up.'
                          % (self.where, ', '.join(earlier)))

    def _read(self, outcome):
        table = read_table(self.client, self.vsys, self.warn)
        outcome.reads += 1
        return table

    def _write_and_verify(self, outcome, view, plan):
        withheld = outcome.state == 'refused'
        try:
            for attempt in range(ROUNDS):
                self._write(outcome, view, plan)
                view = self.view(self._read(outcome))
                rest = view.plan
                if withheld:
                    rest = view.plan.without_removals() if self.request.on_guard == 'additions' else view.plan.only_renewals()
                blamed = {(failure.address, failure.tag or None) for failure in outcome.failures}
                plan = rest.without(blamed)
                if not plan or view.guards and not (withheld and all(each.withholdable for each in view.guards)):
                    break
            self._require_active()
            if not view.table.complete:
                raise IncompleteError('%s: the registrations could not be read back completely (%d of %s), so what was written is not verified. Run it again '
                                      'when no other program writes to it.' % (self.where, view.table.addresses, view.table.count))
        except MicrosegError as exc:
            outcome.error = exc
            outcome.state = 'failed'
            outcome.verified = False
            outcome.remaining = self._what_remains(outcome, exc)
            if outcome.taken and not plan.renewable:
                # Where reading it back shows the same plan, nothing was done.
                outcome.taken = outcome.remaining is None or outcome.remaining.digest != outcome.plan.digest
            return
        outcome.remaining = rest if rest else None
        outcome.verified = not rest
        # Only what is still not so counts as a failure: the device's answers are hints, its state decides.
        missing = {(change.address, tag) for change in rest.changes for tag in change.add + change.remove}
        outcome.failures = [failure for failure in outcome.failures if (failure.address, failure.tag) in missing
                            or failure.tag is None and any(address == failure.address for address, tag in missing)]
        if withheld:
            outcome.state = 'refused'
        elif rest:
            outcome.state = 'failed'
        elif outcome.plan.dropped:
            outcome.state = 'incomplete'
        else:
            outcome.state = 'changed' if outcome.changed else 'in_sync'

    def _require_active(self):
        """Refuse to call it done where the member failed over while it was written: its peer, which is active now, may not know any of it."""
        if self.still_active is not None and not self.still_active():
            raise DeviceError('%s is not the active member of its high-availability pair any more: it failed over during this run, and what was written may '
                              'not be on its peer. Run it again over both members.' % self.where)

    def _what_remains(self, outcome, exc):
        """Return the Plan that is left after a broken run, or None where the device does not answer any more."""
        if outcome.written == 0 and not outcome.taken:
            return None
        try:
            return self.view(self._read(outcome)).plan
        except MicrosegError:
            return None

    def _write(self, outcome, view, plan):
        """Send the plan's messages; the claim goes first, so that a run that dies half way is still known as ours."""
        request = self.request
        free = None
        if self.limits.addresses is not None:
            free = self.limits.addresses - view.table.addresses - bool(plan.claim_register)
        steps = phases(plan, request.order, free, view.replace)
        total = sum(max(len(step.register), len(step.unregister)) for step in steps)
        if plan.claim_register:
            namespaces = tuple(template.namespace for template in request.templates)
            others = [tag for tag in view.table.entries.get(CLAIM_ADDRESS, ()) if not tag.startswith(namespaces)]
            self._send(outcome, Message([], [(CLAIM_ADDRESS, plan.claim_register, None if others else True)]), None)
            refused = [failure for failure in outcome.failures if failure.address == CLAIM_ADDRESS]
            if refused:
                raise DeviceError('%s does not take the claim %s on %s: "%s". Nothing else was written. Remedy that, or set claim=false (variable '
                                  'dag_sync_claim) to fill this target without one.' % (self.where, plan.claim_register[0], CLAIM_ADDRESS, refused[0].message))
        done = 0
        for step in steps:
            # Within a step the order of messages means nothing; the next step begins when the last of this one has been answered.
            for message in self._send_all(outcome, _messages(step, request), request.timeout):
                done += max(len(message.register), len(message.unregister))
                self.progress(done, total)
        if plan.claim_unregister:
            self._send(outcome, Message([(CLAIM_ADDRESS, plan.claim_unregister)], []), None)

    def _send(self, outcome, message, timeout):
        outcome.taken = True
        self._note_sent(outcome, message, send(self.client, self.vsys, message, timeout=timeout))

    def _send_all(self, outcome, messages, timeout):
        """Send Messages, yielding each when it has been answered: while the device works on one, the next one is built and travels.

        Where one fails, no further one begins, those on their way are waited for and counted, and then the error is raised.
        """
        waiting = collections.deque()
        try:
            for message in messages:
                if len(waiting) == IN_FLIGHT:
                    yield self._answered(outcome, *waiting.popleft())
                outcome.taken = True
                waiting.append((message, Call(send, self.client, self.vsys, message, None, timeout)))
            while waiting:
                yield self._answered(outcome, *waiting.popleft())
        except MicrosegError:
            for message, call in waiting:
                try:
                    self._answered(outcome, message, call)
                except MicrosegError:
                    pass  # the first error is the one to tell
            raise

    def _answered(self, outcome, message, call):
        self._note_sent(outcome, message, call.answer())
        return message

    @staticmethod
    def _note_sent(outcome, message, failures):
        outcome.failures.extend(failures)
        outcome.written += sum(len(entry[1]) for entry in message.register) + sum(len(entry[1]) for entry in message.unregister) - len(failures)


def _messages(step, request):
    """Yield the Messages of one phase, each at most 500 addresses and 1 MB."""
    register = ((address, tags, request.persistent if may else None) for address, tags, may in step.register)
    if not step.together:
        yield from chunk(step.unregister, register, timeout=request.timeout)
        return
    pairs = itertools.zip_longest(step.unregister, register)
    while True:
        some = list(itertools.islice(pairs, PAIRS_PER_MESSAGE))
        if not some:
            return
        yield Message([out for out, new in some if out], [new for out, new in some if new])
