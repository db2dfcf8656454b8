# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of panos_dag_register: a device, its virtual systems, and the result.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import VERIFIED, ArtifactReader, ArtifactWriter, utc_text
from ansible_collections.zerotrust.microseg.plugins.module_utils._collector import collector_at_rest
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.claim import PERHAPS, UNTIMED
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ApplyError, ArtifactError, DeviceError, Refused
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION, chosen_vsys, connect
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.capacity import model_limits
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import ACTIVE_SECONDARY, UNKNOWN, read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.virtual_systems import VirtualSystems
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import report
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.target import Target
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import task
from ansible_collections.zerotrust.microseg.plugins.module_utils._tag_map_artifact import names_of


@collector_at_rest()
def run(params, check_mode, diff, warn, progress=None, now=None, host=None):
    """Do what the options of panos_dag_register ask for and return the module's result.

    :arg params: module.params. :arg check_mode, diff: bool. :arg warn: callable for warnings.
    :arg progress: callable (done, total) or None. :arg now: aware datetime; by default the clock's.
    :arg host: the name that the reader knows the device by, or None: its address only.
    :raises MicrosegError: with the partial result, where a target failed or a guard refused.
    """
    names = OptionNames(params.get('caller'), CONNECTION, 'panos_')
    with names.errors():
        return names.result(_run(params, check_mode, diff, names.warning(warn), progress, now or datetime.datetime.now(datetime.timezone.utc), host))


def _run(params, check_mode, diff, warn, progress, now, host):
    request = task(dict(params, _check_mode=check_mode), now)
    client = connect(params, warn)
    system = read_system(client)
    base = {'serial': system.serial, 'hostname': system.hostname, 'model': system.model, 'sw_version': system.sw_version,
            'credentials': client.credentials}
    if system.is_panorama and not params['own_table']:
        return _skipped(client, base, 'panorama', 'is a Panorama: its own table reaches no firewall by itself. Name a firewall behind it in '
                        'O(serial_number), or set O(own_table)=true to fill its own table')
    high_availability = read_ha(client, system.is_panorama)
    base['ha'] = dict(high_availability._asdict())
    if high_availability.state == UNKNOWN:
        raise DeviceError('%s does not say in which state of high availability it is: its answer came twice without one. It was not written to, because only '
                          'the active member of a pair may be. Nothing was changed. Run it again; if it stays so, look at "show high-availability state" there.'
                          % client.where, partial=_skipped(client, base, 'failed', 'does not say in which state of high availability it is'))
    if not high_availability.active:
        return _not_active(client, base, high_availability, warn)
    _warn_timeout(request, params, warn)
    outcomes = []
    still_active = (lambda: read_ha(client, system.is_panorama)) if high_availability.enabled else None
    siblings = VirtualSystems(client, system)
    for vsys in chosen_vsys(params, system, known=lambda: read_vsys_names(client)):
        target = Target(client, system, vsys, request, model_limits(system), warn, siblings, progress, still_active, host)
        outcome = target.run(check_mode, _read_record(params, target), lambda target=target: _doubt_record(params, target))
        outcomes.append((vsys, target, outcome))
    return _result(params, check_mode, diff, now, client, system, base, request, outcomes)


def _not_active(client, base, high_availability, warn):
    """Return the result of a member that is not written to."""
    if high_availability.state != ACTIVE_SECONDARY:
        return _skipped(client, base, 'passive', 'is %s in its high-availability pair: nothing was written, its active peer is the one to fill'
                        % high_availability.state)
    words = ('is active-secondary: in an active/active pair it forwards traffic too, but this release fills only its active-primary peer. Nothing was written, '
             'and its groups hold what its peer hands over, which may be nothing')
    warn('%s %s. Compare its groups with those of its peer.' % (client.where, words))
    return _skipped(client, base, 'passive', words)


def _result(params, check_mode, diff, now, client, system, base, request, outcomes):
    results = []
    problem = None
    for vsys, target, outcome in outcomes:
        result = report.target_result(outcome, system, check_mode)
        if outcome.plan is not None:
            problem = _keep(params, check_mode, now, request, target, outcome, result) or problem
        results.append(result)
    top = dict(report.combined(results), **base)
    top['requests'] = _requests(client)
    top['source'] = request.source
    if diff:
        planned = [(target, outcome) for vsys, target, outcome in outcomes if outcome.plan]
        names = _names(params, [outcome.plan for target, outcome in planned])
        top['diff'] = [{'prepared': report.diff_text(outcome, target.where, names)} for target, outcome in planned]
    for (vsys, target, outcome), result in zip(outcomes, results):
        if outcome.state in ('failed', 'refused'):
            raise _failed(outcome, target, result, top, len(outcomes) > 1)
    if problem is not None:
        problem.partial = top
        raise problem
    return top


def _names(params, plans):
    """Return the names of the workloads behind the addresses of some plans: address -> names; only a tag map knows them."""
    return names_of(params['src'], {change.address for plan in plans for change in plan.changes}) if params['src'] else {}


def _failed(outcome, target, result, top, several):
    words = '%s: %s' % (target.device, top['message']) if several else '%s: %s' % (target.where, result['message'])
    if outcome.state == 'refused':
        return Refused(words, partial=top, guards=[each.name for each in outcome.guards])
    if outcome.error is not None:
        error = ApplyError(words, partial=top, **outcome.error.details)
        error.kind = outcome.error.kind
        return error
    return ApplyError(words, partial=top, device=[failure.message for failure in outcome.failures[:5]])


def _keep(params, check_mode, now, request, target, outcome, result):
    """Write the plan artifact and the verified record where folders are given; return an ArtifactError instead of raising it."""
    try:
        if params['dest']:
            result['plan']['path'] = report.write_plan(_plan_path(params, outcome.vsys), outcome, {'created_at': utc_text(now), 'source': request.source})
        if params['record_dir'] and outcome.verified and not check_mode and request.teardown:
            _forget_records(params, request, target)
        elif params['record_dir'] and outcome.verified and not check_mode and request.state == 'synced':
            header = {'verified_at': utc_text(now), 'source': request.source, 'timers': outcome.timers, 'scope': request.claim_scope,
                      'rules': request.scope_options}
            with ArtifactWriter(_record_path(params, target), VERIFIED, header, option='record_dir') as artifact:
                artifact.row({'tags': outcome.plan.tags_after() if outcome.plan else outcome.plan.tags_before()})
    except ArtifactError as exc:
        if not outcome.taken:
            return exc
        reason = getattr(exc.__cause__, 'strerror', None) or 'unknown reason'
        return ArtifactError('%s: %s; but %s could not be written or removed: %s. Make room there, or name another folder in O(dest) or O(record_dir).'
                             % (target.where, result['message'], exc.details.get('path'), reason), **exc.details)
    return None


def _plan_path(params, vsys):
    """Return where a target's plan goes: C({vsys}) stands for the virtual system; of several, each gets a file of its own in any case."""
    path = params['dest']
    if '{vsys}' in path:
        return path.replace('{vsys}', vsys or 'own')
    if len(set(filter(None, map(str.strip, params['vsys'] or ())))) < 2 or vsys is None:
        return path
    stem, suffix = os.path.splitext(path)
    return '%s-%s%s' % (stem, vsys, suffix)


def _forget_records(params, request, target):
    """Take the records along with what they were about: the next run fills a target that is new, and finds no lost table."""
    for template in request.templates:
        path = _record_path(params, target, template.namespace)
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as exc:
            raise ArtifactError('Cannot remove the record %s: %s.' % (path, exc.strerror or exc), path=path) from exc


def _record_path(params, target, namespace=None):
    identity = target.identity if namespace is None else target.identity[:2] + (namespace,)
    name = hashlib.sha256(json.dumps(identity).encode('ascii')).hexdigest()[:12]
    return os.path.join(params['record_dir'], 'verified-%s-%s-%s.jsonl' % (target.system.serial or 'unknown', target.vsys or 'own', name))


def _read_record(params, target):
    """Return the header of the record of the last verified run, or None: a broken one is as good as none."""
    if not params['record_dir']:
        return None
    try:
        reader = ArtifactReader(_record_path(params, target), VERIFIED)
        for dummy in reader.blocks():
            pass  # to its trailer: one that was cut off or changed says nothing
        return reader.header
    except ArtifactError:
        return None


def _doubt_record(params, target):
    """Take back what the record says of timers, before a run sets any: only a run that is verified says it anew.

    :raises ArtifactError: it cannot be rewritten; timers that it denies must not be set.
    """
    header = _read_record(params, target)
    if header is None or header.get('timers') != UNTIMED:
        return
    path = _record_path(params, target)
    with ArtifactWriter(path, VERIFIED, dict(header, timers=PERHAPS), option='record_dir') as artifact:
        for lines in ArtifactReader(path, VERIFIED).blocks():
            artifact.write(lines)


def _skipped(client, base, state, words):
    return dict(base, changed=False, state=state, verified=None, failures=[], targets=[], plan={}, before={}, after={}, message=words,
                requests=_requests(client))


def _requests(client):
    http = client.http
    return {'total': http.requests, 'writes': http.writes, 'bytes_sent': http.bytes_sent, 'bytes_received': http.bytes_received}


def _warn_timeout(request, params, warn):
    interval = params['sync_interval']
    if request.timeout and interval and request.timeout < 3 * interval:
        warn('O(timeout) is %d seconds and a sync runs every %d: below three intervals, two missed runs in a row empty the groups. Raise it to %d or more.'
             % (request.timeout, interval, 3 * interval))
