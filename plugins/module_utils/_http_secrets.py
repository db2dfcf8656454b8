# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes secrets out of text that comes from outside, in whatever spelling a server repeats them.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import base64

from ansible_collections.zerotrust.microseg.plugins.module_utils._http_escapes import Reading
from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

MASK = '***'
PART = 6            # characters of a secret in a row that give something away; shorter secrets count as a whole
MAX_TEXT = 8 << 10  # characters of a text that are looked at; nobody reads more of a message, so the rest is left out
_SHORTEST_CODE = 3  # characters: fewer of base64 are in any text


class Cleaner:
    """Callable that returns a text from outside as it may be shown: without secrets, and with nothing in it that steers a terminal.

    A secret is found plain, in base64 (of itself, or inside of something longer), with its characters escaped as in URLs, JSON or XML, each in another way and
    several times over if need be, and also where only a part of it is there, because who repeated it has cut it off. Text is cleaned before it is shortened,
    else a part would be left that no longer looks like the secret.
    """

    def __init__(self, secrets=()):
        self._known = set()
        self._next = [{}]      # by number of a beginning of a part: character -> number of what is longer by it
        self._whole = [False]  # by the same number: it is all that it takes
        for secret in secrets:
            self.add(secret)

    def add(self, secret):
        """Look for one more secret."""
        for text in _spellings(secret):
            if text in self._known:
                continue
            self._known.add(text)
            part = min(PART, len(text))
            for start in range(len(text) - part + 1):
                self._add_part(text[start:start + part])

    def _add_part(self, part):
        number = 0
        for char in part:
            if char not in self._next[number]:
                self._next[number][char] = len(self._next)
                self._next.append({})
                self._whole.append(False)
            number = self._next[number][char]
        self._whole[number] = True

    def __call__(self, text):
        """Return the text in one line, without secrets; bytes are read as UTF-8."""
        if isinstance(text, bytes):
            text = text[:4 * MAX_TEXT].decode('utf-8', 'replace')
        return printable(' '.join(self._masked(text[:MAX_TEXT]).split()))

    def raw(self, body):
        """Return a body (bytes) without secrets, for whoever decodes it."""
        return self._masked(body.decode('utf-8', 'surrogateescape')).encode('utf-8', 'surrogateescape')

    def _masked(self, text):
        if not self._known:
            return text
        reading = Reading(text)
        found = self._found(text, reading.other)
        if reading.unread:
            found.insert(0, (0, reading.unread))  # nobody writes like that, nor could read it
        pieces = []
        after = 0
        for start, end in found:
            if start > after or not pieces:
                pieces.append(text[after:start])
                pieces.append(MASK)
            after = max(after, end)
        pieces.append(text[after:])
        return ''.join(pieces)

    def _found(self, text, other):
        """Return (start, end) of every part of a secret, sorted: all ways to read the text are followed at the same time."""
        found = []
        reached = {}  # position -> {number of what was read before it: where that began}
        longer, whole = self._next, self._whole
        first = longer[0]
        for at, own in enumerate(text):
            runs = reached.pop(at, None)
            ways = other.get(at)
            if runs is None and ways is None and own not in first:
                continue
            runs = runs or {}
            runs[0] = at
            for char, after in [(own, at + 1)] + (ways or []):
                for number, start in runs.items():
                    number = longer[number].get(char)
                    if number is None:
                        continue
                    if whole[number]:
                        found.append((start, after))
                    if longer[number]:
                        ahead = reached.setdefault(after, {})
                        ahead[number] = min(start, ahead.get(number, start))
        return sorted(found)


def _spellings(secret):
    """Return the texts in which a whole secret may be there, apart from escapes of single characters."""
    if not secret:
        return []
    data = secret.encode('utf-8', 'surrogatepass')
    found = [secret, data.decode('latin-1')]  # headers are read as Latin-1
    for before in range(3):
        # Base64 takes three bytes at a time: what comes before decides which of three spellings the secret has. Only characters that hold nothing but bits
        # of the secret are always the same.
        code = base64.b64encode(b'\0' * before + data).decode('ascii')
        code = code[(0, 2, 3)[before]:(before + len(data)) * 8 // 6]
        if len(code) >= _SHORTEST_CODE:
            found += [code, code.replace('+', '-').replace('/', '_')]
    return found
