# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of a rendering: every choice of the user that decides what the tag map holds.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import hashlib
import json

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.interfaces import DEFAULT_EXCLUDE_INTERFACES, InterfaceRules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import require_known
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import as_boolean, as_choice, as_list, given
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.selection import Selection
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import DEFAULT_TEMPLATE, TagTemplate
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

DUPLICATES = ('prefer', 'union', 'skip', 'fail')
INVALID_TAGS = ('sanitize', 'skip', 'fail')

# Which rules decide the scope: another value of one of these makes registrations appear or vanish on purpose, which is
# what a claim guards. The policies for duplicates and invalid tags treat data that is wrong and are left out.
_SCOPE = ('tag_template', 'label_keys', 'aliases', 'select', 'ipv6', 'exclude_interfaces', 'include_networks', 'exclude_networks')
_SETS = ('label_keys', 'aliases', 'exclude_interfaces')  # lists whose order does not change what is in scope


class Rules:
    """Validated rules; the arguments are the options of V(dag_tag_map) with the same names. One that is blank means its default.

    :raises OptionError: naming the option and what it expects.
    """

    def __init__(self, tag_template=DEFAULT_TEMPLATE, label_keys=None, aliases=None, select=None, ipv6=False, exclude_interfaces=DEFAULT_EXCLUDE_INTERFACES,
                 include_networks=None, exclude_networks=None, duplicates='prefer', invalid_tags='sanitize'):
        self.template = TagTemplate(given(tag_template, DEFAULT_TEMPLATE))
        self.label_keys = as_list(label_keys, 'label_keys') or None
        self.aliases = as_list(aliases, 'aliases')
        self.selection = Selection(given(select, None))
        self.interfaces = InterfaceRules(
            bool(as_boolean(ipv6, 'ipv6')),
            as_list(given(exclude_interfaces, DEFAULT_EXCLUDE_INTERFACES), 'exclude_interfaces'),
            as_list(include_networks, 'include_networks'), as_list(exclude_networks, 'exclude_networks'))
        self.duplicates = as_choice(given(duplicates, 'prefer'), DUPLICATES, 'duplicates')
        self.invalid_tags = as_choice(given(invalid_tags, 'sanitize'), INVALID_TAGS, 'invalid_tags')
        without_tag = [key for key in self.aliases if self.label_keys is not None and key not in self.label_keys]
        if without_tag:
            raise OptionError('O(aliases) names %s, which O(label_keys) leaves out: an alias is registered beside the tag that it mirrors. Add it to '
                              'O(label_keys).' % ', '.join(without_tag), option='aliases')

    def require_known(self, labels):
        """Compare every label key and value that the rules name with what the PCE knows.

        :arg labels: R(Labels).
        :raises UnknownLabelError: naming all that it does not know, with close matches.
        """
        named = [('label_keys', labels.unknown_key(key)) for key in self.label_keys or ()]
        named += [('aliases', labels.unknown_key(key)) for key in self.aliases]
        require_known(named + list(self.selection.unknown(labels)))

    def as_options(self):
        """Return the rules as they stand in the header of a tag map."""
        return {
            'tag_template': self.template.text,
            'namespace': self.template.namespace,
            'label_keys': None if self.label_keys is None else list(self.label_keys),
            'aliases': list(self.aliases),
            'select': self.selection.as_options(),
            'ipv6': self.interfaces.ipv6,
            'exclude_interfaces': list(self.interfaces.exclude_interfaces),
            'include_networks': list(self.interfaces.include_networks.texts),
            'exclude_networks': list(self.interfaces.exclude_networks.texts),
            'duplicates': self.duplicates,
            'invalid_tags': self.invalid_tags,
        }


def scope_digest(options):
    """Return the digest of a scope: 12 hexadecimal digits over canonical JSON of the rules that decide it.

    The order of lists does not matter: the order of C(label_keys) only says what goes first where room is short.

    :arg options: what R(Rules.as_options) returns.
    """
    content = {name: _content(name, options[name]) for name in _SCOPE}
    return hashlib.sha256(_canonical(content)).hexdigest()[:12]


def _content(name, value):
    return sorted(value) if name in _SETS and value is not None else value


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'), ensure_ascii=True).encode('ascii')


def scope_options(options):
    """Return the rules that decide the scope, as a record keeps them, or None where they are not all there."""
    return {name: options[name] for name in _SCOPE} if all(name in options for name in _SCOPE) else None


def fingerprint(options):
    """Return two hexadecimal digits for each rule that decides the scope, or an empty text where they are not all there.

    It names the rules that were changed where their former values are not known; whether two scopes are equal is decided by the digest alone.

    :arg options: what L(scope_options) returns.
    """
    return '' if options is None else ''.join(hashlib.sha256(_canonical(_content(name, options[name]))).hexdigest()[:2] for name in _SCOPE)


def scope_changes(options, before=None, mark=''):
    """Return in words what was changed in a scope, or an empty text where that cannot be told.

    :arg options: L(scope_options) of now, or None. :arg before: those of then, where a record holds them. :arg mark: else the L(fingerprint) of then.
    """
    if options is None:
        return ''
    if before:
        changed = [name for name in _SCOPE if name in before and _canonical(_content(name, before[name])) != _canonical(_content(name, options[name]))]
        return '; '.join('O(%s) was %s, is %s' % (name, _shown(name, before[name]), _shown(name, options[name])) for name in changed)
    now = fingerprint(options)
    if len(mark) != len(now):
        return ''
    changed = [name for number, name in enumerate(_SCOPE) if mark[2 * number:2 * number + 2] != now[2 * number:2 * number + 2]]
    return '; '.join('O(%s) was changed and is %s now' % (name, _shown(name, options[name])) for name in changed)


def _shown(name, value):
    if value is None and name == 'label_keys':
        return 'all'
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return text if len(text) <= 120 else text[:117] + '...'
