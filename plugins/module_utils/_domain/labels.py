# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The labels that a PCE knows, and the questions that a name in an option has to pass.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import difflib

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_option
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import UnknownLabelError
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

FIRST_KEYS = ('role', 'app', 'env', 'loc')
"""The four dimensions that every PCE has, in the order in which Illumio names them (PCE facts 5)."""

Label = collections.namedtuple('Label', ('key', 'value'))
Label.__doc__ = """One label: C(key) (its dimension) and C(value); both are case-sensitive."""


def spelt(label):
    """Return a label, or a selector, as users write it: C(key=value)."""
    return '%s=%s' % tuple(label)


class Labels:
    """Every label that the PCE knows; the position of a label is its index in compact workload rows.

    :arg labels: iterable of (key, value).
    :arg dimensions: label keys that the PCE knows, used or not.
    """

    def __init__(self, labels, dimensions=()):
        self.labels = [Label(key, value) for key, value in labels]
        self._values = {key: set() for key in dimensions}
        for label in self.labels:
            self._values.setdefault(label.key, set()).add(label.value)

    @property
    def keys(self):
        """Known label keys as a tuple: role, app, env, loc where known, then the others by name."""
        return tuple(sorted(self._values, key=lambda key: (FIRST_KEYS.index(key) if key in FIRST_KEYS else len(FIRST_KEYS), key)))

    def unknown_key(self, key):
        """Return a sentence about a label key that the PCE does not know, or None when it knows it."""
        if key in self._values:
            return None
        return printable('the PCE has no label key %r.%s Label keys are case-sensitive; it has: %s.'
                         % (key, _close(key, self._values), ', '.join(self.keys) or 'none'))

    def unknown_label(self, key, value):
        """Return a sentence about a label that the PCE does not know, or None when it knows it.

        :arg value: None stands for any value of the key.
        """
        sentence = self.unknown_key(key)
        if sentence is not None or value is None or value in self._values[key]:
            return sentence
        return printable('the PCE has no label %s.%s' % (spelt((key, value)), _close(value, self._values[key], key + '=')))


def require_known(sentences):
    """Raise one error for all names that the PCE does not know.

    :arg sentences: pairs of an option's name and what L(Labels.unknown_key) or L(Labels.unknown_label) said.
    :raises UnknownLabelError: any sentence is not None.
    """
    found = [(option, sentence) for option, sentence in sentences if sentence is not None]
    if found:
        raise UnknownLabelError(
            '%s Nothing was rendered, because a typing slip must not become a removal.'
            % ' '.join('%s: %s' % (as_option(option), sentence) for option, sentence in found),
            options=sorted({option for option, _sentence in found}),
        )


def _close(name, names, prefix=''):
    folded = {}
    for known in sorted(names):
        folded.setdefault(known.lower(), known)
    matches = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)]
    return ' Did you mean %s?' % ' or '.join(prefix + match for match in matches) if matches else ''
