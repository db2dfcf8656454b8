# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option values as users write them: real lists and booleans, or the strings that C(-e) and AWX surveys make of them.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import json

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

_TRUE = frozenset(('true', 'yes', 'on', '1', 'y', 't'))
_FALSE = frozenset(('false', 'no', 'off', '0', 'n', 'f'))


def blank(value):
    """Return whether a value says nothing: None, text without anything but blanks and commas, or the list that Ansible makes of such a text.

    So the answer of a survey that nobody filled in means the default. An empty list says something: none.
    """
    if isinstance(value, (list, tuple, set, frozenset)):
        return bool(value) and all(isinstance(item, str) and blank(item) for item in value)
    return value is None or isinstance(value, str) and not value.replace(',', ' ').strip()


def given(value, default):
    """Return a value, or the default where it is L(blank)."""
    return default if blank(value) else value


def without_blanks(values, spec):
    """Return the options of a module without those that are L(blank), so that Ansible puts in their defaults, before it looks for booleans and choices.

    :arg values: mapping of options as a user gave them. :arg spec: the argument spec of the module; what it does not know is left for Ansible to refuse.
    """
    kept = {}
    for name, value in values.items():
        about = spec.get(name)
        if about is not None and blank(value):
            continue
        if about is not None and 'options' in about and isinstance(value, dict):
            value = without_blanks(value, about['options'])
        kept[name] = value
    return kept


def as_option(option):
    """Return how a message names an option or a part of one: C(select.any_of) as C(O(select).any_of)."""
    name, dot, part = option.partition('.')
    return 'O(%s)%s%s' % (name, dot, part)


def as_list(value, option):
    """Return a tuple of non-empty strings, each once, in their order.

    :arg value: None, a list, text with items between commas or on lines of their own, or text that is a JSON list of
        strings. A list of strings that Ansible made by cutting a JSON list at its commas is put together again.
    :arg option: the option's name, for the message.
    :raises OptionError: anything else.
    """
    if value is None:
        return ()
    if isinstance(value, str):
        text = value
    elif isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(item, str) for item in value):
        text = ','.join(value)
    else:
        raise OptionError('%s: a list of strings was expected, not %r.' % (as_option(option), value), option=option)
    items = _json_list(text)
    if items is None:
        items = text.replace('\n', ',').split(',') if isinstance(value, str) else [line for item in value for line in item.split('\n')]
    stripped = (item.strip() for item in items)
    return tuple(dict.fromkeys(item for item in stripped if item))


def _json_list(text):
    text = text.strip()
    if not (text.startswith('[') and text.endswith(']')):
        return None
    try:
        items = json.loads(text)
    except ValueError:
        inner = text[1:-1]
        if ',' not in inner or '[' in inner or ']' in inner:
            return None  # a shell pattern such as [0-9]
        items = [item.strip().strip('"\'') for item in inner.split(',')]  # as YAML writes it, without quotes
    return items if all(isinstance(item, str) for item in items) else None


def as_boolean(value, option):
    """Return True, False, or None for what is L(blank); the text V(false) is false.

    :raises OptionError: neither.
    """
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    if blank(value) or text == 'none':
        return None
    raise OptionError('%s: true or false was expected, not %r.' % (as_option(option), value), option=option)


def as_choice(value, choices, option):
    """Return O(value) when it is one of O(choices).

    :raises OptionError: another value.
    """
    if value not in choices:
        raise OptionError('%s: one of %s was expected, not %r.' % (as_option(option), ', '.join(choices), value), option=option)
    return value
