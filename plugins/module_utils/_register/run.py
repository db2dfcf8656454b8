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
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ApplyError, ArtifactError, Refused
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION, chosen_vsys, connect
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.capacity import model_limits
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import report
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.target import Target
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import task


@collector_at_rest()
def run(params, check_mode, diff, warn, progress=None, now=None):
    """Do what the options of panos_dag_register ask for and return the module's result.

    :arg params: module.params. :arg check_mode, diff: bool. :arg warn: callable for warnings.
    :arg progress: callable (done, total) or None. :arg now: aware datetime; by default the clock's.
    :raises MicrosegError: with the partial result, where a target failed or a guard refused.
    """
    names = OptionNames(params.get('caller'), CONNECTION, 'panos_')
    with names.errors():
        return names.result(_run(params, check_mode, diff, names.warning(warn), progress, now or datetime.datetime.now(datetime.timezone.utc)))


def _run(params, check_mode, diff, warn, progress, now):
    request = task(dict(params, _check_mode=check_mode), now)
    client = connect(params, warn)
    system = read_system(client)
    base = {'serial': system.serial, 'hostname': system.hostname, 'model': system.model, 'sw_version': system.sw_version,
            'credentials': client.credentials}
    if system.is_panorama and not params['own_table']:
        return _skipped(client, base, 'panorama', 'is a Panorama: its own table reaches no firewall by itself. Name a firewall behind it in serial_number '
                        '(variable panos_serial_number), or set own_table=true (variable panos_own_table) to fill its own table')
    high_availability = read_ha(client, system.is_panorama)
    base['ha'] = dict(high_availability._asdict())
    if not high_availability.active:
        return _skipped(client, base, 'passive', 'is %s in its high-availability pair: nothing was written, its active peer is the one to fill'
                        % high_availability.state)
    _warn_timeout(request, params, warn)
    outcomes = []
    still_active = (lambda: read_ha(client, system.is_panorama).active) if high_availability.enabled else None
    names = chosen_vsys(params, system, known=lambda: read_vsys_names(client))
    for vsys in names:
        target = Target(client, system, vsys, request, model_limits(system), warn, progress, still_active)
        outcome = target.run(check_mode, _read_record(params, target))
        outcomes.append((vsys, target, outcome))
    return _result(params, check_mode, diff, now, client, system, base, request, outcomes)


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
        top['diff'] = [{'prepared': report.diff_text(outcome, target.where)} for vsys, target, outcome in outcomes if outcome.plan]
    for (vsys, target, outcome), result in zip(outcomes, results):
        if outcome.state in ('failed', 'refused'):
            raise _failed(outcome, target, result, top, len(outcomes) > 1)
    if problem is not None:
        problem.partial = top
        raise problem
    return top


def _failed(outcome, target, result, top, several):
    words = '%s: %s' % (target.client.where, top['message']) if several else '%s: %s' % (target.where, result['message'])
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
            path = params['dest'] if len(params['vsys'] or ()) < 2 else '%s.%s' % (params['dest'], outcome.vsys)
            result['plan']['path'] = report.write_plan(path, outcome, {'created_at': utc_text(now), 'source': request.source})
        if params['record_dir'] and outcome.verified and not check_mode and request.state == 'synced':
            with ArtifactWriter(_record_path(params, target), VERIFIED, {'verified_at': utc_text(now), 'source': request.source}) as artifact:
                artifact.row({'tags': outcome.plan.tags_after() if outcome.plan else outcome.plan.tags_before()})
    except ArtifactError as exc:
        if not outcome.taken:
            return exc
        reason = getattr(exc.__cause__, 'strerror', None) or 'unknown reason'
        return ArtifactError('%s: %s; but the artifact %s could not be written: %s. Free some space there or name another folder.'
                             % (target.where, result['message'], exc.details.get('path'), reason), **exc.details)
    return None


def _record_path(params, target):
    name = hashlib.sha256(json.dumps(target.identity).encode('ascii')).hexdigest()[:12]
    return os.path.join(params['record_dir'], 'verified-%s-%s-%s.jsonl' % (target.system.serial or 'unknown', target.vsys or 'own', name))


def _read_record(params, target):
    """Return the record of the last verified run, or None: it only ever adds a word to the report, so that a broken one does no harm."""
    if not params['record_dir']:
        return None
    try:
        reader = ArtifactReader(_record_path(params, target), VERIFIED)
        return {'header': reader.header, 'rows': list(reader.rows())}
    except ArtifactError:
        return None


def _skipped(client, base, state, words):
    return dict(base, changed=False, state=state, verified=None, failures=[], targets=[], plan={}, before={}, after={}, message=words,
                requests=_requests(client))


def _requests(client):
    http = client.http
    return {'total': http.requests, 'writes': http.writes, 'bytes_sent': http.bytes_sent, 'bytes_received': http.bytes_received}


def _warn_timeout(request, params, warn):
    interval = params['sync_interval']
    if request.timeout and interval and request.timeout < 3 * interval:
        warn('timeout is %d seconds and a sync runs every %d: below three intervals, two missed runs in a row empty the groups. Raise it to %d or more.'
             % (request.timeout, interval, 3 * interval))
