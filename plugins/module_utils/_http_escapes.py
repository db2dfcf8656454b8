# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All ways to read a text in which characters are escaped as in URLs, JSON or XML, also several times over: JSON in XML, percent of percent.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import contextlib
import re
from html.entities import html5

DEPTH = 4            # escapes within escapes that are followed
_MOST_WAYS = 24      # to read what begins at one position; only long runs of backslashes have as many
_MOST_STEPS = 200000  # of all together, about as many as 64 KB of escapes need

_BEGIN = re.compile(r'[%\\&+]')
_NAMED = re.compile(r'([0-9A-Za-z]*)([^%\\&+]?)')
_BEGINNINGS = frozenset('%\\&+')
_SHORT = {'n': '\n', 'r': '\r', 't': '\t', 'b': '\b', 'f': '\f', '0': '\0'}
_HEX = frozenset('0123456789abcdefABCDEF')
_BACKSLASH, _U, _X = (frozenset(chars) for chars in ('\\', 'u', 'xX'))
_DECIMAL = frozenset('0123456789')
_NAME = frozenset('0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')


class Reading:
    """What can be read in a text.

    Where an escape begins and how often a text was escaped is not known, nor whether all of it was, because parts may be cut off. So nothing is decoded as a
    whole: for each position there is a list of characters that may begin there, each with the position behind it. What an escape is made of may itself be read
    in each of these ways, so the text is worked through from its end.

    C(other): position -> [(character, position behind it)], apart from the text's own characters.
    C(unread): the position before which nothing was read, because the text is too convoluted; else 0.
    """

    def __init__(self, text):
        self._text = text
        self._ways = {}   # position -> [(character, position behind it, escapes within escapes)]
        self._bytes = {}  # position -> the same for escapes of URLs: [(byte, position behind it, escapes within escapes)]
        self._steps = 0
        self.other = {}
        self.unread = 0
        for at in reversed([match.start() for match in _BEGIN.finditer(text)]):
            if self._steps > _MOST_STEPS:
                self.unread = at + 1
                break
            self._read(at)

    def _read(self, at):
        own = self._text[at]
        if own == '+':
            self.other[at] = [(' ', at + 1)]
            self._ways[at] = [(own, at + 1, 0), (' ', at + 1, 1)]
            return
        ways = {(own, at + 1): 0}
        leads = [(own, at + 1, 0)]
        while leads:
            lead = leads.pop()
            for char, after, depth in self._escapes[lead[0]](self, at, lead[1], lead[2]):
                way = (char, after)
                depth += 1
                if depth > DEPTH or ways.get(way, depth + 1) <= depth or way not in ways and len(ways) >= _MOST_WAYS:
                    continue
                ways[way] = depth
                if char in self._escapes:
                    leads.append((char, after, depth))
        if len(ways) > 1:
            self._ways[at] = [(char, after, depth) for (char, after), depth in ways.items()]
            self.other[at] = [way for way in ways if way != (own, at + 1)]

    def _next(self, at):
        """Return what may begin at a position behind the one that is being read."""
        self._steps += 1
        ways = self._ways.get(at)
        if ways is None:
            return ((self._text[at], at + 1, 0),) if at < len(self._text) else ()
        self._steps += len(ways)
        return ways

    def _run(self, at, depth, allowed, number):
        """Return [(text, position behind it, depth)] of all runs of exactly so many characters."""
        plain = self._text[at:at + number]
        if _BEGINNINGS.isdisjoint(plain):  # there is one way only: the usual case is the fast one
            self._steps += 1
            return [(plain, at + number, depth)] if len(plain) == number and allowed.issuperset(plain) else []
        runs = [('', at, depth)]
        for dummy in range(number):
            runs = [(text + char, end, max(deep, deeper)) for text, after, deep in runs[:_MOST_WAYS] for char, end, deeper in self._next(after)
                    if char in allowed]
        return runs

    def _blank(self, at, after, depth):
        yield ' ', after, depth

    def _percent(self, at, after, depth):
        for digits, end, deep in self._run(after, depth, _HEX, 2):
            byte = int(digits, 16)
            self._bytes.setdefault(at, []).append((byte, end, deep))
            yield chr(byte), end, deep
            if 0xC2 <= byte < 0xF5:
                yield from self._utf8(byte, end, deep)

    def _utf8(self, byte, after, depth):
        runs = [(bytes((byte,)), after, depth)]
        for dummy in range(1 if byte < 0xE0 else 2 if byte < 0xF0 else 3):
            runs = [(data + bytes((more,)), end, max(deep, deeper)) for data, at, deep in runs[:_MOST_WAYS] for more, end, deeper in self._bytes.get(at, ())
                    if 0x80 <= more < 0xC0]
        for data, end, deep in runs:
            with contextlib.suppress(UnicodeDecodeError):
                yield data.decode('utf-8'), end, deep

    def _backslash(self, at, after, depth):
        for char, end, deep in self._next(after):
            deep = max(deep, depth)
            if char in 'ux':
                for digits, last, deeper in self._run(end, deep, _HEX, 4 if char == 'u' else 2):
                    number = int(digits, 16)
                    yield chr(number), last, deeper
                    if 0xD800 <= number < 0xDC00:
                        yield from self._second_half(number, last, deeper)
            else:
                yield char, end, deep
                if char in _SHORT:
                    yield _SHORT[char], end, deep

    def _second_half(self, high, after, depth):
        for dummy, begin, deep in self._run(after, depth, _BACKSLASH, 1):
            for dummy, end, deeper in self._run(begin, deep, _U, 1):
                for digits, last, deepest in self._run(end, deeper, _HEX, 4):
                    low = int(digits, 16)
                    if 0xDC00 <= low < 0xE000:
                        yield chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), last, deepest

    def _entity(self, at, after, depth):
        for char, end, deep in self._next(after):
            deep = max(deep, depth)
            if char == '#':
                yield from self._number(end, deep, _DECIMAL, 10)
                for dummy, begin, deeper in self._run(end, deep, _X, 1):
                    yield from self._number(begin, deeper, _HEX, 16)
            elif char in _NAME:
                for name, last, deeper in self._until_semicolon(char, end, deep, _NAME, 31):
                    if len(html5.get(name + ';', '')) == 1:
                        yield html5[name + ';'], last, deeper

    def _number(self, after, depth, allowed, base):
        for digits, end, deep in self._until_semicolon('', after, depth, allowed, 8, needed=False):
            number = int(digits, base)
            if number < 0x110000:
                yield chr(number), end, deep

    def _until_semicolon(self, text, after, depth, allowed, most, needed=True):
        """Yield (text, position behind it, depth) of all runs of at most so many characters up to a semicolon; if need be, also of those without one."""
        plain, then = _NAMED.match(self._text, after).groups()
        if then and (needed or then == ';'):  # as above
            self._steps += 1
            if then == ';' and plain and len(plain) <= most and allowed.issuperset(plain):
                yield text + plain, after + len(plain) + 1, depth
                return
            if needed:
                return
        runs = [(text, after, depth)]
        for number in range(most + 1):
            longer = []
            for run, at, deep in runs[:_MOST_WAYS]:
                ends = True
                for char, end, deeper in self._next(at):
                    if char == ';':
                        ends = False
                        if run:
                            yield run, end, max(deep, deeper)
                    elif char in allowed and number < most:
                        ends = False
                        longer.append((run + char, end, max(deep, deeper)))
                if ends and run and not needed:
                    yield run, at, deep
            runs = longer

    _escapes = {'+': _blank, '%': _percent, '\\': _backslash, '&': _entity}  # by what they begin with
