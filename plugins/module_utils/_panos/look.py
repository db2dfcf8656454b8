# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at a device without changing it: the use case of panos_dag_info.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import ArtifactWriter, dump, utc_text
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import sort_key
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION, chosen_vsys, connect
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.capacity import UNKNOWN, model_limits
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_groups, read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import canonical, read_count, read_table
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system

#: Format of the artifact: rows C({"vsys": ..., "address": ..., "tags": [...]}), hosts in address order before networks and ranges, per target.
REGISTRATIONS = 'zerotrust.microseg/registrations'

SUBSETS = ('registrations', 'groups', 'system', 'high_availability', 'capacity')


def run(params, now, warn):
    """Connect, look, and return the result of panos_dag_info, its texts in the words of its reader.

    :arg params: module.params. :arg now: aware datetime. :arg warn: callable for warnings.
    :raises MicrosegError: see L(look).
    """
    names = OptionNames(params.get('caller'), CONNECTION, 'panos_')
    with names.errors():
        warning = names.warning(warn)
        client = connect(params, warning)
        return names.result(dict(look(client, params, now, warning), credentials=client.credentials))


def look(client, params, now, warn):
    """Read what C(gather_subset) names and return the result of panos_dag_info.

    :arg client: a PanosClient. :arg params: module.params. :arg now: aware datetime. :arg warn: callable for warnings.
    :raises MicrosegError: the device cannot be read, an option makes no sense, or the artifact cannot be written.
    """
    wanted = set(params['gather_subset'])
    system = read_system(client)
    result = {'changed': False, 'targets': []}
    if 'system' in wanted:
        result['system'] = dict(system._asdict(), version=list(system.version))
    if 'high_availability' in wanted:
        result['high_availability'] = dict(read_ha(client, system.is_panorama)._asdict())
    if not wanted.isdisjoint(('registrations', 'groups', 'capacity')):
        names = chosen_vsys(params, system, known=lambda: read_vsys_names(client))
        tables = {vsys: read_table(client, vsys, warn) for vsys in names} if 'registrations' in wanted else {}
        result['targets'] = [_target(client, params, vsys, tables.get(vsys), 'groups' in wanted) for vsys in names]
        if 'capacity' in wanted:
            result['capacity'] = _capacity(client, system, names, tables)
        if tables and params['dest']:
            result.update(_written(params, system, result['targets'], now))
    result['requests'] = client.http.requests
    return result


def _target(client, params, vsys, table, groups):
    """Return what is told about one target."""
    told = {'vsys': vsys}
    if table is not None:
        counts = collections.Counter()
        for entries in (table.entries, table.opaque):
            for tags in entries.values():
                counts.update(tags)
        told.update(
            registrations=_matching(table, params['addresses'], params['tags']), address_count=len(table.entries), opaque_count=len(table.opaque),
            tag_counts=dict(sorted(counts.items())), complete=table.complete)
        told['matched'] = len(told['registrations'])
    if groups:
        told['groups'] = read_groups(client, vsys)
    return told


def _matching(table, addresses, tags):
    """Return address -> list of all its tags, hosts in address order before the rest, for entries that match both filters; no filter matches all."""
    only = None if addresses is None else {canonical(text) or text.strip() for text in addresses}
    carried = None if tags is None else frozenset(tags)
    found = {}
    for entries, order in ((table.entries, sort_key), (table.opaque, None)):
        chosen = entries if only is None else only.intersection(entries)
        if carried is not None:
            chosen = [address for address in chosen if not carried.isdisjoint(entries[address])]
        for address in sorted(chosen, key=order):
            found[address] = list(entries[address])
    return found


def _capacity(client, system, names, tables):
    """Return limits by model and how much of them the chosen targets use; what is unknown is None."""
    limits = model_limits(system)
    used = [tables[vsys].count if tables.get(vsys) else read_count(client, vsys) for vsys in names]
    used = [tables[vsys].addresses if number is None and vsys in tables else number for vsys, number in zip(names, used)]
    return {
        'addresses': limits.addresses, 'tags_per_address': limits.tags_per_address, 'used': None if None in used else sum(used),
        'source': 'unknown' if limits == UNKNOWN else 'model',
    }


def _written(params, system, targets, now):
    """Move the registrations of O(targets) into an artifact and return its path and digest."""
    header = {
        'gathered_at': utc_text(now), 'source': {'hostname': system.hostname, 'serial': system.serial, 'vsys': [target['vsys'] for target in targets]},
        'filters': {'addresses': params['addresses'], 'tags': params['tags']}, 'complete': all(target['complete'] for target in targets),
    }
    with ArtifactWriter(params['dest'], REGISTRATIONS, header) as artifact:
        for target in targets:
            for address, tags in target.pop('registrations').items():
                artifact.write(dump({'vsys': target['vsys'], 'address': address, 'tags': tags}) + b'\n')
        artifact.counts = {'targets': len(targets), 'addresses': sum(target['matched'] for target in targets)}
    return {'path': artifact.path, 'sha256': artifact.sha256}
