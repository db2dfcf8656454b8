# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user is told about a run: every word and number here is a view of the Plan and of the Outcome.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import hashlib

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import PLAN, ArtifactWriter
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.view import ADDITIONS

NAMES = 3  # of the workloads of one address in a diff
SHOWN = 20  # entries of a list in a result; the plan artifact holds all
ORDER = ('failed', 'refused', 'incomplete', 'passive', 'panorama', 'changed', 'in_sync')  # the worst first


def target_result(outcome, system, check_mode):
    """Return what the module returns about one target: JSON-like, bounded in size.

    :arg outcome: an Outcome. :arg system: its System.
    """
    result = {
        'vsys': outcome.vsys, 'serial': system.serial, 'hostname': system.hostname, 'state': outcome.state, 'changed': changed(outcome),
        'verified': outcome.verified, 'failures': [_failure(failure) for failure in outcome.failures[:SHOWN]], 'failures_count': len(outcome.failures),
        'guards': [{'name': each.name, 'reason': each.reason, 'permit': each.permit} for each in outcome.guards], 'lost_table': outcome.lost_table,
        'reads': outcome.reads, 'message': message(outcome, system, check_mode)}
    plan = outcome.plan
    if plan is not None:
        result['plan'] = dict(plan.counts(), digest=plan.digest)
        result['before'] = plan.tags_before()
        result['after'] = _after(outcome)
        for name in ('taken_over', 'adopted', 'dropped'):
            entries = getattr(plan, name)
            if entries:
                result[name] = [{'address': address, 'tags': list(tags)} for address, tags in entries[:SHOWN]]
    if outcome.standing is not None:
        result['claim'] = {'kind': outcome.standing.kind, 'found': [claim.tag for claim in outcome.standing.claims]}
    if outcome.remaining is not None:
        result['remaining'] = outcome.remaining.counts()
    if outcome.error is not None:
        result['error'] = {'kind': outcome.error.kind}
    return result


def _after(outcome):
    if outcome.remaining is not None:
        return outcome.remaining.tags_before()  # what reading the target back showed
    return outcome.plan.tags_after() if changed(outcome) else outcome.plan.tags_before()


def changed(outcome):
    """Return whether the target was changed (or, in check mode, would be)."""
    if outcome.error is not None:
        return bool(outcome.taken)
    return outcome.changed


def message(outcome, system, check_mode):
    """Return one line about a target, for the summary and for error messages: what happened, numbers, the way out."""
    plan = outcome.plan
    if outcome.error is not None:
        return _broken(outcome)
    if outcome.state == 'refused':
        return _refused(outcome, check_mode)
    if outcome.state == 'failed':
        return _failed(outcome)
    counts = plan.counts()
    parts = []
    if outcome.lost_table:
        parts.append('lost its table since the last run that is kept, or was torn down' + ('' if check_mode else ': refilled'))
    if plan:
        verb = 'would register %d, unregister %d on %d addresses' if check_mode else 'registered %d, unregistered %d on %d addresses'
        parts.append(verb % (plan.additions(), plan.removals(), counts['addresses']))
        if plan.claim_register or plan.claim_unregister:
            parts.append('and the claim')
    else:
        parts.append('in sync: %d registrations on %d addresses' % (plan.current, len(plan.owned_before)))
    for name, words in (('renewed', '%d renewed'), ('kept', '%d stale ones kept'), ('break_first', '%d addresses were broken before made'),
                        ('dropped', '%d do not fit and are left out'), ('taken_over', '%d bare tags taken over'), ('adopted', '%d adopted')):
        if counts[name]:
            parts.append(words % counts[name])
    return ', '.join(parts)


def _broken(outcome):
    words = outcome.error.message
    if outcome.taken:
        done = '%d registrations had been written or removed' % outcome.written
        left = []
        if outcome.remaining is not None and outcome.remaining:
            left.append('%d are left to do' % (outcome.remaining.additions() + outcome.remaining.removals()))
        if outcome.renewed or outcome.left:
            done += ' and %d renewed' % outcome.renewed
        if outcome.left:
            left.append('%d are left to renew' % outcome.left)
        words += ' %s by then%s. Run it again: it goes on where this one stopped.' % (done, ''.join(', ' + each for each in left))
    elif 'othing' not in words:
        words += ' Nothing was changed.'
    return words


def _refused(outcome, check_mode):
    plan = outcome.plan
    reasons = '; '.join(each.reason for each in outcome.guards)
    permits = ' '.join(('O(-e) ' if permit.startswith('O(') else '') + permit for permit in sorted({each.permit for each in outcome.guards}))
    again = _written_again(plan, check_mode)
    if outcome.way == ADDITIONS and outcome.changed:
        head = ('Would register %d and withhold %d removals' if check_mode else 'Registered %d and withheld %d removals') % (plan.additions(), plan.withheld)
        head += ''.join(', ' + each for each in again)
    elif again:
        head = 'Refused; %s, and nothing else %s' % (', '.join(again), 'would be changed' if check_mode else 'was changed')
    else:
        head = 'Refused; nothing was changed'
    return '%s: %s. To permit it: %s' % (head, reasons, permits)  # no full stop: what is told is copied


def _written_again(plan, check_mode):
    """Return in words what a refused run writes all the same, so that nothing ends meanwhile: timers begin anew, or go."""
    counts = collections.Counter()
    for renewal in plan.renewals:
        counts[bool(renewal.timeout)] += len(renewal.tags)
    verb = 'would be' if check_mode else 'were'
    words = ((True, '%d registrations that have timers %s renewed'), (False, '%d that may have timers %s registered again without one'))
    return [text % (counts[timed], verb) for timed, text in words if counts[timed]]


def _failed(outcome):
    plan = outcome.plan
    first = outcome.failures[0] if outcome.failures else None
    left = outcome.remaining.additions() + outcome.remaining.removals() if outcome.remaining else 0
    words = '%d registrations are not as planned after writing %d' % (left, plan.additions() + plan.removals())
    if outcome.left:
        words = '%d registrations were not renewed%s' % (outcome.left, ', and ' + words if left else '')
    if first:
        words += '; the device says of %s%s: "%s"' % (first.address, ' "%s"' % first.tag if first.tag else '', first.message)
    return words + '. Run it again; if it stays so, something else writes the same registrations, or the device does not take them.'


def diff_text(outcome, where, names=None):
    """Return the plan as a readable diff: one line per address and direction.

    :arg names: mapping of addresses to the names of their workloads.
    """
    plan = outcome.plan
    lines = ['%s: +%d -%d%s' % (where, plan.additions(), plan.removals(), ', and the claim' if plan.claim_register or plan.claim_unregister else '')]
    for change in plan.changes:
        for sign, tags in (('-', change.remove), ('+', change.add)):
            if tags:
                lines.append('%s %s  %s%s' % (sign, change.address, ', '.join(sorted(tags)), _named((names or {}).get(change.address))))
    lines.extend('- claim  %s' % tag for tag in sorted(plan.claim_unregister))
    lines.extend('+ claim  %s' % tag for tag in sorted(plan.claim_register))
    lines.extend('~ %s  %s  (renewed)' % (renewal.address, ', '.join(sorted(renewal.tags))) for renewal in plan.renewals)
    return '\n'.join(lines) + '\n'


def _named(names):
    """Return the names of the workloads of an address for the end of a line: text of others, which must not steer a terminal."""
    if not names:
        return ''
    shown = ', '.join(printable(name) for name in names[:NAMES])
    return '  (%s%s)' % (shown, ' and %d more' % (len(names) - NAMES) if len(names) > NAMES else '')


def write_plan(path, outcome, header):
    """Write a plan as an artifact: one line per address, in address order.

    :raises ArtifactError: see ArtifactWriter.
    """
    plan = outcome.plan
    with ArtifactWriter(path, PLAN, dict(header, digest=plan.digest, identity=list(plan.identity))) as artifact:
        for change in plan.changes:
            artifact.row({'address': change.address, 'register': change.add, 'unregister': change.remove})
        for name, tags in (('register', plan.claim_register), ('unregister', plan.claim_unregister)):
            if tags:
                artifact.row({'claim': name, 'tags': tags})
        artifact.counts = plan.counts()
    return artifact.path


def combined(results):
    """Return the top of a module's result for one or several targets."""
    top = {'changed': any(each['changed'] for each in results), 'state': worst(each['state'] for each in results), 'targets': results}
    if len(results) == 1:
        top.update((name, value) for name, value in results[0].items() if name not in ('error',))
        return top
    plans = [each['plan'] for each in results if 'plan' in each]
    top['plan'] = {name: sum(plan[name] for plan in plans) for name in (plans[0] if plans else ()) if name not in ('digest', 'path')}
    top['plan']['digest'] = hashlib.sha256('\n'.join(plan['digest'] for plan in plans).encode('ascii')).hexdigest()
    top['verified'] = None if any(each['verified'] is None for each in results) else all(each['verified'] for each in results)
    top['guards'] = [dict(each, vsys=result['vsys']) for result in results for each in result['guards']]
    top['lost_table'] = any(each['lost_table'] for each in results)
    top['failures'] = [failure for each in results for failure in each['failures']][:SHOWN]
    top['message'] = '; '.join('%s: %s' % (each['vsys'], each['message']) for each in results)
    for name in ('before', 'after'):
        top[name] = {}
        for each in results:
            for tag, number in each.get(name, {}).items():
                top[name][tag] = top[name].get(tag, 0) + number
    return top


def worst(states):
    """Return the state that needs most attention."""
    states = set(states)
    return next((state for state in ORDER if state in states), 'failed')


def _failure(failure):
    return {'section': failure.section, 'address': failure.address, 'tag': failure.tag, 'message': failure.message}
