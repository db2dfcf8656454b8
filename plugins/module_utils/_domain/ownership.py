# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which registrations of a target are ours: decided per (address, tag), never per address.

PAN-OS keeps no reference count: the first unregister of a pair removes it for everybody (PAN-OS facts 2.7).

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import re

# The mark that Illumio's command-line tool leaves on every address that it registered.
_WORKLOADER_MARK = re.compile(r'/orgs/[0-9]+/workloads/[0-9A-Fa-f-]{36}\Z')


class Ownership:
    """Split the tags of one address into owned and foreign ones.

    Owned is a tag in the namespace of the template or of a retired one; an alias where the same address carries the
    namespaced tag that it mirrors; and, only on request, what Illumio workloader registered on an address that carries
    its mark: the mark itself, and bare tags that are label values the PCE knows.

    :arg templates: objects with C(namespace) and C(alias_of(tag, keys)); the first is the current one, the rest are retired.
    :arg alias_keys: container of the label keys whose bare values are (or, by the claim, were) registered beside the namespaced tag.
    :arg workloader_values: label values that the PCE knows, or None: do not adopt.
    """

    def __init__(self, templates, alias_keys=(), workloader_values=None):
        self.templates = tuple(templates)
        self.namespaces = tuple(template.namespace for template in self.templates)
        self._alias_keys = alias_keys
        self._workloader_values = None if workloader_values is None else frozenset(workloader_values)
        self._memo = {}
        self._ours = set()  # tags found to lie in a namespace
        self._aliases = {}

    def split(self, tags):
        """Return (owned, foreign, adopted): tuples of the tags of one address, in their order. Adopted ones are owned too.

        :arg tags: tuple of str, all tags of one address.
        """
        known = self._memo.get(tags)
        if known is None:
            known = self._memo[tags] = self._split(tags)
        return known

    def _split(self, tags):
        if self._ours.issuperset(tags):
            return tags, (), ()
        ours = tuple([tag for tag in tags if tag.startswith(self.namespaces)])
        self._ours.update(ours)
        if len(ours) == len(tags) or not (ours or self._workloader_values is not None):
            return (ours, tags if not ours else (), ())  # nothing for an alias or a mark to decide
        owned = set(ours)
        if self._alias_keys:
            for tag in ours:
                alias = self.alias_of(tag)
                if alias is not None and alias in tags:
                    owned.add(alias)
        adopted = set()
        if self._workloader_values is not None and any(_WORKLOADER_MARK.match(tag) for tag in tags):
            adopted = {tag for tag in tags if tag not in owned and (_WORKLOADER_MARK.match(tag) or tag in self._workloader_values)}
            owned |= adopted
        return (tuple(tag for tag in tags if tag in owned), tuple(tag for tag in tags if tag not in owned), tuple(tag for tag in tags if tag in adopted))

    @property
    def has_aliases(self):
        """Whether bare values can be ours at all."""
        return bool(self._alias_keys)

    def alias_of(self, tag):
        """Return the bare value that mirrors a namespaced tag, or None where there is none."""
        if not self._alias_keys:
            return None
        if tag not in self._aliases:
            found = (template.alias_of(tag, self._alias_keys) for template in self.templates)
            self._aliases[tag] = next((alias for alias in found if alias is not None), None)
        return self._aliases[tag]

    def in_namespace(self, tag):
        """Return whether the tag lies in the namespace or a retired one."""
        return tag.startswith(self.namespaces)
