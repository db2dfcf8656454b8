# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the labels of a workload to its tags.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import itertools

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import spelt
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

_SHOWN = 10


class InvalidTagError(MicrosegError):
    """Labels cannot be spelt as tags, and the user wants to stop then."""

    kind = 'invalid_tag'


UnusualTag = collections.namedtuple('UnusualTag', ('label', 'tag', 'why'))
UnusualTag.__doc__ = """A label whose tag is not its plain spelling: C(tag) is the tag used instead, or None where it is left out."""


class LabelTags:
    """Render labels into tags under the rules; each label and each combination of labels is rendered once.

    :arg labels: R(Labels). :arg rules: R(Rules), found to be known to these labels.
    """

    def __init__(self, labels, rules):
        self._labels = labels.labels
        self._template = rules.template
        self._policy = rules.invalid_tags
        keys = labels.keys if rules.label_keys is None else rules.label_keys
        self._position = {key: position for position, key in enumerate(keys)}
        self._alias_keys = frozenset(rules.aliases)
        # Where a tag and an alias stand, as plain numbers, which sort in half the time. Two keys may have a value in common: the alias stands where the first
        # of them puts it, whichever is rendered first.
        counting = [label for label in self._labels if label.key in self._position]
        counting.sort(key=lambda label: (self._position[label.key], label.value))
        self._place = {label: place for place, label in enumerate(counting)}
        self._alias_place = {}
        for label in counting:
            if label.key in self._alias_keys:
                self._alias_place.setdefault(label.value, len(counting) + len(self._alias_place))
        self._rendered = {}
        self._rank = {}
        self.unusual = []
        self.without_alias = []

    def of(self, indexes):
        """Return the tags of the labels with these indexes as a tuple: in the order of the label keys, aliases after all others."""
        known = self._rendered
        try:
            rendered = [known[index] for index in indexes]
        except KeyError:
            known.update((index, self._render(self._labels[index])) for index in indexes if index not in known)
            rendered = [known[index] for index in indexes]
        return tuple(sorted(set(itertools.chain.from_iterable(rendered)), key=self._rank.__getitem__))

    def in_order(self, tags):
        """Return rendered tags in the same order, whichever workloads they come from."""
        return tuple(sorted(tags, key=self._rank.__getitem__))

    @property
    def distinct(self):
        """How many different tags were rendered."""
        return len(self._rank)

    def _render(self, label):
        if label.key not in self._position:
            return ()
        tag, why = self._template.tag(*label)
        if why is not None:
            self.unusual.append(UnusualTag(label, tag if self._policy == 'sanitize' else None, why))
            if self._policy != 'sanitize':
                return ()
        self._rank[tag] = self._place[label]
        if label.key not in self._alias_keys:
            return (tag,)
        alias = self._template.alias(*label)
        if alias is None:
            self.without_alias.append(UnusualTag(label, None, why or 'the value alone is no legal tag outside the namespace'))
            return (tag,)
        self._rank[alias] = self._alias_place[alias]
        return (tag, alias)

    def require_valid(self):
        """Raise when the rules say V(fail) and a label that counts has no plain tag or no alias.

        :raises InvalidTagError: naming the labels; all of them are in its details.
        """
        found = self.unusual + self.without_alias
        if self._policy != 'fail' or not found:
            return
        raise InvalidTagError(
            'Labels cannot be spelt as tags (%d): %s. Rename them in the PCE, or set O(invalid_tags) to sanitize or skip.' % (len(found), listed(found)),
            labels=[{'label': printable(spelt(item.label)), 'why': item.why} for item in found])


def listed(items):
    """Return unusual tags as text for a message, bounded."""
    text = ', '.join('%s (%s)' % (printable(spelt(item.label)), item.why) for item in items[:_SHOWN])
    return text + (' and %d more' % (len(items) - _SHOWN) if len(items) > _SHOWN else '')
