# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one reading of a target means for a request: the plan, what claims say, which guards refuse, and how timers are treated.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import claim as claims
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import guard
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.plan import compute_plan, list_plan
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import scope_changes
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.timers import FullRun, RefusedRun, Timers
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import ownership, wanted_claim

#: The ways that a run can go: in full; registering what is new while removals are withheld; renewing, and nothing else.
FULL, ADDITIONS, REFUSED = 'full', 'additions', 'refused'


class View:
    """One reading and what it means.

    table: the Table. elsewhere: addresses in other virtual systems of the device. plan: the whole Plan. standing: Standing of the claims, or None.
    guards: those that refuse. full: the guard that speaks against withholding only the removals, or None. timers_afterwards: what a claim or a record says
    of timers once the plan has been carried out.
    """

    def __init__(self, table, plan, standing, runs, timers_afterwards):
        self.table = table
        self.elsewhere = 0
        self.plan = plan
        self.standing = standing
        self.guards = []
        self.full = None
        self.withholds = False
        self.timers_afterwards = timers_afterwards
        self._full_run, self._refused_run = runs

    def way(self):
        """Return which way the run goes."""
        if not self.guards:
            return FULL
        if self.withholds and self.full is None and all(each.withholdable for each in self.guards):
            return ADDITIONS
        return REFUSED

    def run_of(self, way):
        """Return the FullRun or the RefusedRun that belongs to a way."""
        return self._full_run if way == FULL else self._refused_run

    def told(self, way):
        """Return the plan that the user is told."""
        if way == FULL:
            return self.plan
        if way == ADDITIONS:
            return self.plan.without_removals(self._refused_run, self.standing is not None and self.standing.kind == 'new')
        return self.plan.refused(self._refused_run)

    def sent(self, way):
        """Return the plan that is carried out."""
        return self.told(way).only_renewals() if way == REFUSED else self.told(way)


class Viewer:
    """Makes Views for one target.

    :arg where: the target, for messages. :arg request: a Task. :arg identity: see L(compute_plan). :arg limits: plan.Limits.
    :arg record: the verified record of an earlier run (mapping) or None.
    :arg elsewhere: callable that returns the number of addresses in other virtual systems of the device; asked where it matters.
    """

    def __init__(self, where, request, identity, limits, record=None, elsewhere=lambda: 0):
        self.where = where
        self.request = request
        self.identity = identity
        self.limits = limits
        self.record = record
        self._elsewhere = elsewhere

    def view(self, table):
        """Return the View of a Table.

        :raises OptionError: C(absent) lists a pair that is foreign.
        """
        request = self.request
        there = table.entries.get(CLAIM_ADDRESS, ())
        namespaces = [template.namespace for template in request.templates]
        found = claims.read_claims(there, namespaces)
        owned = ownership(request, found)
        if request.teardown:
            view = self._teardown(table, found, there, namespaces, owned)
        elif request.state == 'synced':
            view = self._synced(table, found, there, namespaces, owned)
        else:
            view = self._listed(table, namespaces, owned)
        desired = request.desired if request.state == 'synced' else None
        if self.limits.addresses is not None and view.plan.entering() + guard.claim_enters(view.plan, view.standing):
            view.elsewhere = self._elsewhere()
        view.guards = guard.check(view.plan, desired, view.standing, request.rules, table.addresses, self.limits.addresses, view.elsewhere)
        if not table.complete and view.plan.removals():
            view.guards.append(guard.Guard(
                'incomplete_reading', 'its registrations could not be read completely (%d of %s), so shares and claims are not certain, and it would '
                'unregister %d' % (table.addresses, table.count, view.plan.removals()), 'running it again when no other program writes to it', True))
        view.withholds = request.on_guard == 'additions'
        if view.guards and view.withholds:
            view.full = guard.capacity_guard(table.addresses, view.told(ADDITIONS).entering(), 0, self.limits.addresses, view.elsewhere)
        return view

    def _teardown(self, table, found, there, namespaces, owned):
        plan = compute_plan(table.entries, {}, owned, self.identity, self.limits)
        plan.claim_unregister = tuple(tag for tag in there if tag.startswith(tuple(namespaces)))
        owners = [claims.owner_part(self.request.owner)] if self.request.owner else [claim.owner for claim in found]
        owners.extend(self.request.earlier_owners)
        others = [claim for claim in found if claim.owner not in owners] + claims.overlapping_claims(there, namespaces, owners)
        standing = claims.Standing('other_owner' if others else 'ours', tuple(others or found), (), ())
        return View(table, plan, standing, _untouched(namespaces), claims.UNTIMED)

    def _listed(self, table, namespaces, owned):
        request = self.request
        if request.state == 'absent':
            self._refuse_foreign(table.entries, owned)
        runs = _untouched(namespaces, request.timeout, request.renewal == 'replace')
        plan = list_plan(table.entries, request.desired, owned, self.identity, self.limits, request.state == 'absent', bool(request.timeout))
        return View(table, plan.renew(runs[0]), None, runs, claims.UNTIMED)

    def _synced(self, table, found, there, namespaces, owned):
        request = self.request
        owner = wanted_claim(request).owner
        others = claims.overlapping_claims(there, namespaces, [owner])
        ours = [claim for claim in found if claim.owner == owner or claim.owner in request.earlier_owners]
        recorded = not request.claim and not found and (self.record or {}).get('timers') == claims.UNTIMED
        timers = Timers([] if others or len(ours) < len(found) else ours, namespaces, recorded)
        replace = request.renewal == 'replace'
        full = FullRun(timers, request.timeout, replace, 'unclaimed' in request.rules.adopt)
        plan = compute_plan(table.entries, request.desired, owned, self.identity, self.limits, request.prune, full.needed).renew(full)
        has_owned = plan.current > sum(len(tags) for address, tags in plan.adopted)
        unadopted = bool(plan.kept and has_owned and 'unclaimed' not in request.rules.adopt and not timers.adopted)
        afterwards = full.claimed_afterwards(bool(plan.kept))
        standing = claims.stand(found, wanted_claim(request, afterwards), has_owned, request.earlier_owners)
        plan.claim_register, plan.claim_unregister = self._claim_changes(plan, standing, ours, afterwards)
        if standing.kind == 'other_scope':
            standing = standing._replace(changes=self._scope_changes(standing))
        if not request.claim and standing.kind == 'unclaimed':
            standing = standing._replace(kind='new')  # whoever keeps no claim is not asked for one
        if others:
            standing = standing._replace(kind='other_owner', claims=tuple(others))
        refused = RefusedRun(timers, request.timeout, replace, request.claim and standing.kind == 'new')
        return View(table, plan, standing, (full, refused), afterwards)

    def _scope_changes(self, standing):
        """Return in words what was changed: from the record of the run that wrote the claim, else from the claim itself."""
        others = [claim for claim in standing.claims if claim.scope != self.request.claim_scope]
        record = self.record or {}
        before = record.get('rules') if record.get('scope') in [claim.scope for claim in others] else None
        mark = next((claim.fingerprint for claim in others if claim.fingerprint), '')
        return scope_changes(self.request.scope_options, before, mark)

    def _claim_changes(self, plan, standing, ours, afterwards):
        """Return the claim tags to register and to unregister.

        Stale registrations that C(prune=false) keeps do not become ours by that: until their removal is permitted, claims go on saying what they are, and
        only what they say of timers follows the run. So it does where no claim is wanted and one is there from before.
        """
        rules = self.request.rules
        register, unregister, stale = standing.register, standing.unregister, ()
        if not self.request.claim:
            register, unregister, stale = (), (), ours
        elif plan.kept and standing.kind == 'unclaimed' and 'unclaimed' not in rules.adopt:
            tag = claims.retimed(wanted_claim(self.request), afterwards, claims.UNADOPTED)
            there = [claim.tag for claim in standing.claims]
            return () if tag in there else (tag,), tuple(each for each in there if each != tag)
        elif plan.kept and standing.kind == 'other_scope' and not rules.accept_scope_change:
            unregister, stale = (), [claim for claim in standing.claims if claim.tag in standing.unregister]
        else:
            return register, unregister
        # What stays in a retired namespace has no timer after a full run.
        says = {claim: afterwards if claim.namespace == self.request.template.namespace else claims.UNTIMED for claim in stale}
        stale = [claim for claim in stale if claim.timers != says[claim]]
        again = [claims.retimed(claim, says[claim]) for claim in stale]
        there = {claim.tag for claim in standing.claims}.union(register)
        return register + tuple(tag for tag in dict.fromkeys(again) if tag not in there), tuple(claim.tag for claim in stale if claim.tag not in again)

    def _refuse_foreign(self, entries, owned):
        for address, tags in self.request.desired.items():
            foreign = owned.split(entries.get(address, ()))[1]
            listed = [tag for tag in tags if tag in foreign]
            if listed:
                raise OptionError('%s: "%s" on %s is foreign (it lies outside the namespace %s), and foreign registrations are never unregistered. Nothing was '
                                  'changed.' % (self.where, listed[0], address, self.request.template.namespace))


def _untouched(namespaces, timeout=None, replace=False):
    """Return the runs of a request that no claim is about: it renews what it lists where it gives it a timeout, and nothing else."""
    timers = Timers([], namespaces, True)
    return FullRun(timers, timeout, replace), RefusedRun(timers, timeout)
