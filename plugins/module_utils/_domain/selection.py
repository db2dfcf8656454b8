# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which workloads count: selectors over labels and state.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Label, spelt
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean, as_choice, as_list
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

ENFORCEMENT_MODES = ('idle', 'visibility_only', 'selective', 'full')
"""What a PCE calls the enforcement of a workload (PCE facts 4.11)."""

_LISTS = ('any_of', 'all_of', 'none_of')
_STATES = ('managed', 'online', 'enforcement_modes')


class Selection:
    """A selection of workloads; without conditions it takes all.

    :arg options: mapping with any of C(any_of), C(all_of), C(none_of) (lists of C(key=value), C(key=*) or C(key): any
        value), C(managed), C(online) (booleans), C(enforcement_modes) (list). Conditions of different kinds must all hold.
    :raises OptionError: something else than that.
    """

    def __init__(self, options=None):
        options = dict(options or {})
        surprising = sorted(set(options) - set(_LISTS + _STATES))
        if surprising:
            raise OptionError('O(select): %s is none of its conditions, which are %s.' % (', '.join(map(str, surprising)), ', '.join(_LISTS + _STATES)),
                              option='select')
        self.any_of, self.all_of, self.none_of = ([_selector(text, name) for text in as_list(options.get(name), 'select.' + name)] for name in _LISTS)
        self.managed = as_boolean(options.get('managed'), 'select.managed')
        self.online = as_boolean(options.get('online'), 'select.online')
        modes = as_list(options.get('enforcement_modes'), 'select.enforcement_modes')
        self.enforcement_modes = frozenset(as_choice(mode, ENFORCEMENT_MODES, 'select.enforcement_modes') for mode in modes)
        self.about_labels = bool(self.any_of or self.all_of or self.none_of)
        self.about_state = self.managed is not None or self.online is not None or bool(self.enforcement_modes)

    def unknown(self, labels):
        """Yield (option, sentence or None) for each selector: what R(require_known) wants."""
        for name in _LISTS:
            for key, value in getattr(self, name):
                yield 'select.' + name, labels.unknown_label(key, value)

    def takes_labels(self, labels):
        """Return whether the conditions on labels hold.

        :arg labels: iterable of (key, value), the labels of one workload.
        """
        if not self.about_labels:
            return True
        has = set()
        for key, value in labels:
            has.add((key, value))
            has.add((key, None))
        return ((not self.any_of or any(selector in has for selector in self.any_of))
                and all(selector in has for selector in self.all_of)
                and not any(selector in has for selector in self.none_of))

    def takes_state(self, workload):
        """Return whether the conditions on managed, online and enforcement mode hold.

        :arg workload: compact row or mapping with these keys. A workload that says nothing about C(online) is offline.
        """
        return ((self.managed is None or bool(workload.get('managed')) is self.managed)
                and (self.online is None or bool(workload.get('online')) is self.online)
                and (not self.enforcement_modes or workload.get('enforcement_mode') in self.enforcement_modes))

    def as_options(self):
        """Return the conditions in one spelling, without those that say nothing: equal selections give equal mappings."""
        options = {name: sorted({spelt((key, '*' if value is None else value)) for key, value in getattr(self, name)}) for name in _LISTS}
        options.update(managed=self.managed, online=self.online, enforcement_modes=sorted(self.enforcement_modes))
        return {name: value for name, value in options.items() if value not in (None, [])}


def _selector(text, name):
    key, separator, value = text.partition('=')
    if not key:
        raise OptionError('O(select).%s: %r does not name a label. Say key=value, or key=* for any value.' % (name, text), option='select')
    return Label(key, value if separator and value != '*' else None)
