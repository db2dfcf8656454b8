# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workloads of a PCE as compact lines, and the filters on them.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quote

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import IncompleteError, NotAnApi, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

ENFORCEMENT_MODES = ('idle', 'visibility_only', 'selective', 'full')
_OLD_MODES = {'illuminated': 'visibility_only', 'enforced': 'full'}  # agent.config.mode of PCEs before 20.2 (PCE facts 9)
MAX_LABEL_QUERY = 8000  # characters of the labels parameter; longer ones meet limits on URLs, so only our side filters then
_BOOLEAN = {True: 'true', False: 'false'}
_PREFIX = '{"href":'


class Compactor:
    """Turn workload objects of the PCE into lines of the workloads artifact.

    A line begins with its href, so sorted lines are in the order of href.

    :arg catalogue: the L(Catalogue) of labels. :arg accept: callable (row, label indexes) for filters, or None for all.
    """

    def __init__(self, catalogue, accept=None):
        self.lines = []      # bytes, unsorted until finish()
        self.rows = 0        # objects seen, deleted ones and filtered ones included
        self.deleted = 0
        self._index = catalogue.index
        self._labels = catalogue.labels
        self._accept = accept
        self._unlabelled = 0

    def take(self, rows):
        """Consume an iterable of workload objects.

        :raises IncompleteError: a label that the label list does not hold. :raises NotAnApi: an object that is no workload.
        """
        lines = self.lines
        accept = self._accept
        index = self._index
        numbers = [str(number) for number in range(len(self._labels))]
        names = {}           # interface name -> its JSON text
        heads = {}           # (managed, online, enforcement mode) -> JSON text
        seen = deleted = unlabelled = 0
        for row in rows:
            seen += 1
            try:
                href = row['href']
                if row.get('deleted'):
                    deleted += 1
                    continue
                labels = row.get('labels')
                if labels is None:
                    unlabelled += 1
                    labels = ()
                try:
                    carried = sorted({index[label['href']] for label in labels})
                except KeyError:
                    raise self._unknown_label(href, labels) from None
                if accept is not None and not accept(row, carried):
                    continue
                agent = row.get('agent') or {}
                managed = row.get('managed')
                if managed is None:
                    managed = bool((row.get('ven') or {}).get('href') or agent.get('href') or row.get('service_principal_name'))
                mode = row.get('enforcement_mode') or enforcement_mode(row)
                state = (bool(managed), bool(row.get('online')), mode)
                head = heads.get(state)
                if head is None:
                    head = heads[state] = ',"managed":%s,"online":%s,"enforcement_mode":%s,"last_seen":' % (_BOOLEAN[state[0]], _BOOLEAN[state[1]], quote(mode))
                created_at = quote(row.get('created_at') or '')
                heartbeat = (agent.get('status') or {}).get('last_heartbeat_on') if managed else None
                last_seen = quote(heartbeat) if heartbeat else created_at
                interfaces = []
                for interface in row.get('interfaces') or ():
                    address = interface.get('address')
                    if address:
                        name = interface.get('name') or ''
                        text = names.get(name)
                        if text is None:
                            text = names[name] = '[%s,' % quote(name)
                        interfaces.append(f'{text}{quote(address)}]')
                ignored = row.get('ignored_interface_names')
                tail = ']}\n' if not ignored else '],"ignored_interface_names":[%s]}\n' % ','.join([quote(name) for name in ignored])
                line = (f'{_PREFIX}{quote(href)},"name":{quote(row.get("name") or row.get("hostname") or "")}{head}{last_seen}'
                        f',"created_at":{created_at},"labels":[{",".join([numbers[number] for number in carried])}],"interfaces":[{",".join(interfaces)}{tail}')
                lines.append(line.encode('ascii'))
            except (KeyError, TypeError, AttributeError):
                raise NotAnApi('The PCE sent a workload that does not look like one (object %d%s). Is this the API of a PCE?'
                               % (seen, ', ' + printable(row['href']) if isinstance(row.get('href'), str) else '')) from None
        self.rows += seen
        self.deleted += deleted
        self._unlabelled += unlabelled

    def state(self):
        """Return what this one has taken so far, for L(merge) of another one: JSON-like, lines sorted."""
        self.lines.sort()
        return {'lines': self.lines, 'rows': self.rows, 'deleted': self.deleted, 'unlabelled': self._unlabelled}

    def merge(self, state):
        """Add what another one has taken."""
        self.lines += state['lines']
        self.rows += state['rows']
        self.deleted += state['deleted']
        self._unlabelled += state['unlabelled']

    def _unknown_label(self, workload, labels):
        missing = [label['href'] for label in labels if label['href'] not in self._index]
        return IncompleteError('The workload %s carries the label %s, which the list of labels does not hold. Try again; nothing was concluded from it.'
                               % (printable(workload), printable(missing[0])))

    def finish(self):
        """Sort the lines and return them.

        :raises IncompleteError: one href twice, or no object has a C(labels) attribute, so these are not whole workloads.
        """
        lines = self.lines
        lines.sort()
        start = len(_PREFIX) + 1
        before = None
        for line in lines:
            href = line[start:line.index(b'"', start)]
            if href == before:
                raise IncompleteError('The PCE sent the workload %s twice. Try again; nothing was concluded from it.' % printable(href.decode('ascii')))
            before = href
        if self._unlabelled and self._unlabelled == self.rows - self.deleted:
            raise IncompleteError('None of %d workloads has the attribute "labels": this PCE sends another representation. Nothing was concluded from it.'
                                  % self.rows)
        return lines


def enforcement_mode(row):
    """Return the enforcement mode of a workload of any release, C('') if it tells none."""
    mode = row.get('enforcement_mode') or ((row.get('agent') or {}).get('config') or {}).get('mode') or ''
    return _OLD_MODES.get(mode, mode)


def inline(line, catalogue):
    """Return an artifact line in the form of the fact C(workloads): labels by key, interfaces as mappings."""
    row = json.loads(line)
    labels = [catalogue.labels[number] for number in row['labels']]
    row['labels'] = {label.key: label.value for label in labels}
    row['interfaces'] = [{'name': name, 'address': address} for name, address in row['interfaces']]
    row.setdefault('ignored_interface_names', [])
    return row


class Filters:
    """Filters of the module: asked of the PCE where it can, and applied exactly on our side (the PCE matches parts of texts, PCE facts 4.1).

    :arg params: mapping that may hold C(labels) (key -> one value or a list of values, any of them), C(managed), C(online), C(enforcement_modes),
        C(hostname), C(name), C(ip_address).
    :raises OptionError: C(ip_address) is no address, or a label value is no text.
    """

    NAMES = ('labels', 'managed', 'online', 'enforcement_modes', 'hostname', 'name', 'ip_address')

    def __init__(self, params):
        self.wanted = {name: params[name] for name in self.NAMES if params.get(name) not in (None, [], {}, '')}
        if 'labels' in self.wanted:
            self.wanted['labels'] = {str(key): _texts(key, values) for key, values in self.wanted['labels'].items()}
        self._address = None
        if 'ip_address' in self.wanted:
            self._address = _address(self.wanted['ip_address'])
            if self._address is None:
                raise OptionError('O(ip_address) must be one IPv4 or IPv6 address without a prefix length, got "%s".' % printable(self.wanted['ip_address']),
                                  option='ip_address')
            self.wanted['ip_address'] = str(self._address)

    def __bool__(self):
        return bool(self.wanted)

    @property
    def needs_labels(self):
        """Whether the query cannot be built before the labels are known."""
        return 'labels' in self.wanted

    def _label_sets(self, catalogue):
        return [catalogue.find(key, values) for key, values in sorted(self.wanted.get('labels', {}).items())]

    def query(self, catalogue):
        """Return the query parameters for the PCE. :raises UnknownLabelError: see Catalogue.find."""
        wanted = self.wanted
        params = {name: wanted[name] for name in ('hostname', 'name', 'ip_address') if name in wanted}
        params.update((name, _BOOLEAN[wanted[name]]) for name in ('managed', 'online') if name in wanted)
        modes = wanted.get('enforcement_modes')
        if modes and len(modes) == 1:
            params['enforcement_mode'] = modes[0]
        elif modes:
            params['enforcement_modes'] = json.dumps(modes)
        if 'labels' in wanted:
            combinations = [[]]
            for indexes in self._label_sets(catalogue):
                combinations = [chosen + [catalogue.labels[number].href] for chosen in combinations for number in indexes]
                if len(combinations) > MAX_LABEL_QUERY // 20:
                    break
            text = json.dumps(combinations, separators=(',', ':'))
            if len(text) <= MAX_LABEL_QUERY and len(combinations[0]) == len(wanted['labels']):
                params['labels'] = text
        return params

    def accept(self, catalogue):
        """Return a callable (workload object, label indexes) -> bool, or None if everything is wanted."""
        wanted = self.wanted
        if not wanted:
            return None
        tests = []
        for indexes in self._label_sets(catalogue):
            tests.append(lambda row, labels, any_of=frozenset(indexes): not any_of.isdisjoint(labels))
        for name in ('hostname', 'name', 'managed', 'online'):
            if name in wanted:
                tests.append(lambda row, labels, name=name, value=wanted[name]: row.get(name) == value)
        if 'enforcement_modes' in wanted:
            tests.append(lambda row, labels, modes=frozenset(wanted['enforcement_modes']): enforcement_mode(row) in modes)
        if self._address is not None:
            tests.append(lambda row, labels: any(_address(interface.get('address')) == self._address for interface in row.get('interfaces') or ()))
        return lambda row, labels: all(test(row, labels) for test in tests)


def _texts(key, values):
    values = values if isinstance(values, list) else [values]
    if not values or any(isinstance(value, (bool, dict, list, type(None))) for value in values):
        raise OptionError('O(labels): the key "%s" needs a value or a list of values, each a text (quote it in YAML).' % printable(key), option='labels')
    return [str(value) for value in values]


def _address(text):
    import ipaddress  # only a filter needs it
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
