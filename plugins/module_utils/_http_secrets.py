# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes secrets out of text that comes from outside, in whatever spelling a server repeats them.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import base64
import re
from html.entities import html5

from ansible_collections.zerotrust.microseg.plugins.module_utils._printable import printable

MASK = '***'
PART = 6            # characters of a secret in a row that give something away; shorter secrets count as a whole
MAX_TEXT = 8 << 10  # characters of a text that are looked at; nobody reads more of a message, so the rest is left out
_SHORTEST_CODE = 3  # characters: fewer of base64 are in any text

# Where a character may be spelt otherwise. "+" is a blank in forms; "\x41" is how some languages print text.
_ESCAPE = re.compile(r'%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[^ux]|&#[xX][0-9A-Fa-f]{1,8};?|&#[0-9]{1,8};?|&[A-Za-z][A-Za-z0-9]{1,31};|\+',
                     re.DOTALL)
_PERCENT = re.compile(r'(?:%[0-9A-Fa-f]{2}){2,4}')
_SURROGATES = re.compile(r'\\u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})')
_SHORT = {'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '0': '\0'}


class Cleaner:
    """Callable that returns a text from outside as it may be shown: without secrets, and with nothing in it that steers a terminal.

    A secret is found plain, in base64 (of itself, or inside of something longer), with its characters escaped as in URLs, JSON or XML, each in another way if
    need be, and also where only a part of it is there, because who repeated it has cut it off. Text is cleaned before it is shortened, else a part would be
    left that no longer looks like the secret.
    """

    def __init__(self, secrets=()):
        self._spelt = [None]      # the characters of all that is looked for, None between them
        self._length = [0]        # by index: of the text that it belongs to
        self._known = set()
        self._places = {}         # character -> indexes
        self._grams = set()
        for secret in secrets:
            self.add(secret)

    def add(self, secret):
        """Look for one more secret."""
        for text in _spellings(secret):
            if text in self._known:
                continue
            self._known.add(text)
            for char in text:
                self._places.setdefault(char, []).append(len(self._spelt))
                self._spelt.append(char)
                self._length.append(len(text))
            self._spelt.append(None)
            self._length.append(0)
            part = min(PART, len(text))
            self._grams.update(text[start:start + part] for start in range(len(text) - part + 1))

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
        other = dict(_other_spellings(text))
        if not other and not any(gram in text for gram in self._grams):
            return text
        pieces = []
        after = 0
        for start, end in self._found(text, other):
            if start > after or not pieces:
                pieces.append(text[after:start])
                pieces.append(MASK)
            after = max(after, end)
        pieces.append(text[after:])
        return ''.join(pieces)

    def _found(self, text, other):
        """Return (start, end) of every part of a secret, sorted: all ways to read the text are followed at the same time."""
        found = []
        reached = {}  # position -> {index of the next character that would fit: (characters so far, where they began)}
        spelt, length, places = self._spelt, self._length, self._places
        for at, char in enumerate(text):
            runs = reached.pop(at, {})
            for char, after in [(char, at + 1)] + other.get(at, []):
                for index in places.get(char, ()):
                    number, start = runs.get(index, (0, at))
                    number += 1
                    if number >= PART or number == length[index]:
                        found.append((start, after))
                    if spelt[index + 1] is not None:
                        ahead = reached.setdefault(after, {})
                        if ahead.get(index + 1, (0, 0))[0] < number:
                            ahead[index + 1] = (number, start)
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


def _other_spellings(text):
    """Yield (position, [(character, position behind it)]) for every place where an escape begins."""
    for match in re.finditer(r'[%\\&+]', text):
        at = match.start()
        escape = _ESCAPE.match(text, at)
        if escape is not None:
            steps = list(_steps(text, at, escape.group()))
            if steps:
                yield at, steps


def _steps(text, at, escape):
    """Yield (character, position behind it) for each way to read the escape at a place."""
    after = at + len(escape)
    if escape == '+':
        yield ' ', after
    elif escape[0] == '%':
        yield chr(int(escape[1:], 16)), after
        run = _PERCENT.match(text, at)
        if run is not None:
            data = bytes.fromhex(run.group().replace('%', ''))
            for size in range(2, len(data) + 1):
                try:
                    char = data[:size].decode('utf-8')
                except UnicodeDecodeError:
                    continue
                if len(char) == 1:
                    yield char, at + 3 * size
    elif escape[0] == '&':
        if escape[1] == '#':
            number = int(escape[3:].rstrip(';'), 16) if escape[2] in 'xX' else int(escape[2:].rstrip(';'))
            if number < 0x110000:
                yield chr(number), after
        elif escape[1:] in html5:
            yield html5[escape[1:]], after
    elif escape[1] in 'ux':
        yield chr(int(escape[2:], 16)), after
        pair = _SURROGATES.match(text, at)
        if pair is not None:
            high, low = (int(part, 16) for part in pair.groups())
            yield chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), pair.end()
    else:
        yield _SHORT.get(escape[1], escape[1]), after
        yield escape[1], after
