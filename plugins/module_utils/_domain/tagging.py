# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a label is spelt as a tag, and back.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import functools
import hashlib
import re
import unicodedata

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

MAX_TAG = 127
"""Characters of a PAN-OS tag (PAN-OS facts 2.7)."""

DEFAULT_TEMPLATE = 'illumio.{key}.{value}'

_MAX_LITERAL = 64  # prefix, separator and suffix together: leaves 50 characters to key and value beside the hash
_HASHED = re.compile(r'~[0-9a-f]{12}\Z')
_ILLEGAL = re.compile(r'[^ !#-&(-~]')  # all but printable ASCII without " and '
_BLANKS = re.compile(' {2,}')
_WORDS = frozenset(('and', 'or', 'not'))

Tag = collections.namedtuple('Tag', ('text', 'why'))
Tag.__doc__ = """A label's tag: C(text), and C(why) it is not the plain spelling of the label (None when it is)."""


@functools.lru_cache(maxsize=1 << 16)  # a tag map names each tag thousands of times
def legal(tag):
    """Return why PAN-OS would not carry O(tag), as a phrase for a message, or None when it would.

    Rules: PAN-OS facts 2.7. The words C(and), C(or), C(not) count in any case, because DAG filters read them so.
    """
    if not tag:
        return 'it is empty'
    if len(tag) > MAX_TAG:
        return 'it has %d characters, %d are allowed' % (len(tag), MAX_TAG)
    found = _ILLEGAL.search(tag)
    if found:
        character = found.group()
        if character in '\'"':
            return 'it contains a quote'
        return 'it contains a control character' if ord(character) < 32 or ord(character) == 127 else 'it contains %s, which is not ASCII' % ascii(character)
    if tag[0] == ' ' or tag[-1] == ' ':
        return 'it begins or ends with a blank'
    if '  ' in tag:
        return 'it contains two blanks in a row'
    if tag.lower() in _WORDS:
        return 'it is a word of the filter language'
    return None


def sanitise(text):
    """Return O(text) in characters that a tag may hold; length and the words of the filter language are left alone.

    Compatibility decomposition (NFKD) turns accented and wide letters into ASCII where there is such a letter; the
    accents go, anything else that a tag cannot hold becomes C(_), and a run of blanks becomes one.
    """
    letters = ''.join(letter for letter in unicodedata.normalize('NFKD', text) if not unicodedata.combining(letter))
    return _BLANKS.sub(' ', _ILLEGAL.sub('_', letters))


class TagTemplate:
    """The spelling of labels as tags: I(prefix){key}I(separator){value}I(suffix).

    A label's tag depends on that label alone. It is the plain text wherever that is a legal tag from which key and
    value can be read again; else it is sanitised, shortened and ends in C(~) and 12 hexadecimal digits of the SHA-256
    of (key, value). So two labels never share a tag, and no label ever changes the tag of another.

    The value cannot come before the key: the first separator would have to end the value, and values, unlike keys, often
    contain it.

    :arg text: for instance C(illumio.{key}.{value}).
    :raises OptionError: naming C(tag_template), what is wrong, and an example.
    """

    def __init__(self, text=DEFAULT_TEMPLATE):
        self.text = text
        parts = re.split(r'(\{key\}|\{value\})', text) if isinstance(text, str) else []
        if parts[1::2] != ['{key}', '{value}']:
            raise self._error('it must contain {key} and, after it, {value}, once each')
        self.namespace, self.separator, self.suffix = parts[::2]
        literals = ''.join(parts[::2])
        if '{' in literals or '}' in literals:
            raise self._error('other braces than {key} and {value} mean nothing')
        if not self.namespace:
            raise self._error('it must begin with a literal text: this namespace is how registrations are told from those of others')
        if not self.separator:
            raise self._error('a literal text must stand between {key} and {value}')
        if _ILLEGAL.search(literals):
            raise self._error('PAN-OS tags hold printable ASCII without quotes')
        if text[0] == ' ' or text[-1] == ' ' or '  ' in text:
            raise self._error('PAN-OS tags neither begin nor end with a blank nor hold two in a row')
        if len(literals) > _MAX_LITERAL:
            raise self._error('its literal text has %d characters, %d are allowed' % (len(literals), _MAX_LITERAL))

    def _error(self, why):
        return OptionError('O(tag_template) %r: %s. Example: %s' % (self.text, why, DEFAULT_TEMPLATE), option='tag_template')

    def tag(self, key, value):
        """Return the R(Tag) of a label; its text is always a legal tag inside the namespace."""
        text = ''.join((self.namespace, key, self.separator, value, self.suffix))
        why = legal(text)
        if why is None and (key + self.separator).find(self.separator) != len(key):
            why = 'the key contains the separator %r' % self.separator
        if why is None and _HASHED.search(text):
            why = 'it ends like a shortened tag'
        if why is None:
            return Tag(text, None)
        # The key's length makes the hashed text unambiguous; surrogates can come out of JSON, so they must not raise.
        spelt = '%d:%s%s' % (len(key), key, value)
        digest = hashlib.sha256(spelt.encode('utf-8', 'surrogatepass')).hexdigest()[:12]
        body = sanitise(text)[:MAX_TAG - 1 - len(digest)].rstrip(' ')
        if not body.startswith(self.namespace):  # only where the namespace itself ends in a blank and nothing follows
            body = self.namespace
        return Tag('%s~%s' % (body, digest), why)

    def label_of(self, tag):
        """Return (key, value) of a plain tag of this template, or None for a hashed or foreign one."""
        if not (tag.startswith(self.namespace) and tag.endswith(self.suffix)):
            return None
        key, separator, value = tag[len(self.namespace):len(tag) - len(self.suffix)].partition(self.separator)
        if not separator or self.tag(key, value) != (tag, None):
            return None
        return key, value

    def alias(self, key, value):
        """Return the bare value as a second tag of a label, or None where that is not possible.

        Possible only where the plain tag spells the value literally, so that L(alias_of) finds it again, and where the
        value is itself a legal tag outside the namespace.
        """
        if self.tag(key, value).why is not None or legal(value) is not None or value.startswith(self.namespace):
            return None
        return value

    def alias_of(self, tag, alias_keys):
        """Return the alias that mirrors a tag of this template on the same address, or None: how ownership of aliases is decided.

        :arg tag: any tag.
        :arg alias_keys: container of the label keys that have aliases.
        """
        label = self.label_of(tag)
        return self.alias(*label) if label is not None and label[0] in alias_keys else None
