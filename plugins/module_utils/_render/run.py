# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case of V(dag_tag_map): workloads from a file or from the task, rendered into a tag map in a file or in the result.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib
import datetime

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import parse_utc, utc_text
from ansible_collections.zerotrust.microseg.plugins.module_utils._collector import collector_at_rest
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_list
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules, scope_digest
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import render
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.workloads import compact
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES
from ansible_collections.zerotrust.microseg.plugins.module_utils._tag_map_artifact import (
    LeftOut, WorkloadsArtifact, digest_tag_map, write_tag_map,
)


class InlineWorkloads:
    """Workloads of the task's own options, in the shape of a R(WorkloadsArtifact).

    :arg params: the options of the module. :arg now: aware datetime, taken where the options do not say when they were gathered.
    :raises OptionError: something that is no workload, label or time.
    """

    understood = staticmethod(contextlib.nullcontext)

    def __init__(self, params, now):
        source = params['source'] or {'pce': None, 'org_id': 1, 'pce_version': None, 'gathered_at': None, 'complete': True}
        gathered_at = source['gathered_at'] or utc_text(now)
        try:
            parse_utc(gathered_at)
        except ValueError as exc:
            raise OptionError('O(source).gathered_at: a time such as 2026-11-22T17:00:00Z was expected, not %r.' % gathered_at, option='source') from exc
        self.header = {
            'gathered_at': gathered_at,
            'run_id': None,
            'source': {'pce': source['pce'], 'org_id': source['org_id'], 'pce_version': source['pce_version'], 'complete': source['complete'], 'scope': None},
        }
        self.path = 'workloads'
        self.labels, self._rows = compact(params['workloads'], params['labels'], as_list(params['label_dimensions'], 'label_dimensions'))

    def rows(self):
        """Return the compact rows."""
        return self._rows


@collector_at_rest()
def run(params, warn, now=lambda: datetime.datetime.now(datetime.timezone.utc)):
    """Render a tag map and return the module's result.

    :arg params: the checked options. :arg warn: callable with one text. :arg now: callable without arguments, an aware datetime.
    :raises MicrosegError: see R(render), R(WorkloadsArtifact) and R(write_tag_map).
    """
    names = OptionNames(params.get('caller'))
    with names.errors():
        return _run(params, names.warning(warn), now)


def _run(params, warn, now):
    rules = Rules(**{name: params[name] for name in RULES})
    workloads = WorkloadsArtifact(params['src']) if params['src'] else InlineWorkloads(params, now())
    _require_complete(workloads, params['allow_partial'], params['allow_limited_scope'])
    left_out = LeftOut()
    with workloads.understood():
        rendered = render(workloads.rows(), workloads.labels, rules, left_out)
    head = header(workloads, rules, params['run_id'])
    result = dict(head)
    del result['label_values']
    with workloads.understood():  # names and hrefs are spelt only now
        if params['dest']:
            result['path'], result['sha256'], counts = write_tag_map(params['dest'], head, rendered, left_out)
        else:
            result['sha256'], counts = digest_tag_map(rendered, left_out)
    if not params['dest']:
        result['registrations'] = [{'address': address, 'tags': list(tags)} for address, tags, _workloads in rendered.registrations()]
    result['counts'] = {name: counts[name] for name in ('addresses', 'registrations', 'workloads')}
    result['report'] = rendered.report()
    for sentence in rendered.warnings():
        warn(sentence)
    return {'changed': False, 'tag_map': result}


def header(workloads, rules, run_id):
    """Return the header of the tag map: where the workloads come from, and the rules."""
    source = dict(workloads.header.get('source') or {})
    options = rules.as_options()
    return {
        'run_id': run_id or workloads.header.get('run_id'),
        'gathered_at': workloads.header.get('gathered_at'),
        'source': {
            'pce': source.get('pce'),
            'org_id': source.get('org_id'),
            'pce_version': source.get('pce_version'),
            'owner': '%s/%s' % (source['pce'], source['org_id']) if source.get('pce') else None,
            'complete': source.get('complete'),
            'visibility': source.get('scope'),
        },
        'rules': options,
        'scope': scope_digest(options),
        'label_values': sorted({label.value for label in workloads.labels.labels}),
    }


def _require_complete(workloads, allow_partial, allow_limited_scope):
    """Refuse workloads that were filtered when they were gathered: what is missing from them would be removed from the firewalls."""
    source = workloads.header.get('source') or {}
    if allow_partial:
        return
    if source.get('scope') == 'limited' and not allow_limited_scope:
        raise IncompleteError(
            'The API key that gathered %s sees a part of the organisation only, and what is missing from a tag map is removed from firewalls. Gather with a '
            'key that has the role Global Read Only; or, where that part is all that these firewalls are to know, set O(allow_limited_scope) to '
            'true.' % workloads.path)
    if source.get('complete') is True:
        return
    filters = source.get('filters')
    raise IncompleteError(
        'The workloads in %s are not all workloads of the PCE%s, and what is missing from a tag map is removed from firewalls. Gather them without filters and '
        'use O(select) here; or set O(allow_partial) to true and register with state: present.'
        % (workloads.path, ' (filters: %s)' % printable(filters) if filters else ''))
