# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of dynamic address groups: tags, quoted or bare, joined by and / or, with parentheses (PAN-OS facts 4.2)."""

from __future__ import annotations

import re
from collections.abc import Callable

MAX_LENGTH = 2047  # characters

_TOKEN = re.compile(r"\s*(?:(?P<open>\()|(?P<close>\))|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\"|(?P<bare>[^\s()'\"]+))")


class Filter:
    """A parsed filter. `evaluate` and `matches` are the two ways to ask it."""

    def __init__(self, text: str) -> None:
        """Raises ValueError that says what is wrong with the text."""
        if len(text) > MAX_LENGTH:
            raise ValueError(f"a filter has at most {MAX_LENGTH} characters, not {len(text)}")
        self.text = text
        self._tokens = list(_tokens(text))
        self._at = 0
        self.tree = self._any()
        if self._at < len(self._tokens):
            raise ValueError(f"filter {text!r}: unexpected {self._tokens[self._at][1]!r}")

    def evaluate(self, holders: Callable[[str], set]) -> set:
        """The set of members; `holders` gives the set of those that carry a tag."""
        return _evaluate(self.tree, holders)

    def matches(self, tags) -> bool:
        """Whether a thing with these tags is a member."""
        present = frozenset(tags)
        return bool(_evaluate(self.tree, lambda tag: {0} if tag in present else set()))

    def tags(self) -> list[str]:
        """The tags that the filter names, each once."""
        return list(dict.fromkeys(value for kind, value in self._tokens if kind == "tag"))

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "the end")

    def _any(self) -> tuple:
        return self._chain("or", self._all)

    def _all(self) -> tuple:
        return self._chain("and", self._one)

    def _chain(self, word: str, part: Callable[[], tuple]) -> tuple:
        parts = [part()]
        while self._peek()[0] == word:
            self._at += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else (word, parts)

    def _one(self) -> tuple:
        kind, value = self._peek()
        self._at += 1
        if kind == "tag":
            return ("tag", value)
        if kind == "open":
            inner = self._any()
            if self._peek()[0] != "close":
                raise ValueError(f"filter {self.text!r}: a parenthesis is not closed")
            self._at += 1
            return inner
        raise ValueError(f"filter {self.text!r}: a tag or a parenthesis is missing before {value!r}")


def _tokens(text: str):
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError(f"filter {text!r}: a quote is not closed")
        at = match.end()
        kind = match.lastgroup
        value = match.group(kind)
        if kind in ("single", "double"):
            if not value.strip():
                raise ValueError(f"filter {text!r}: an empty tag")
            yield "tag", value
        elif kind == "bare":
            yield (value.lower(), value) if value.lower() in ("and", "or") else ("tag", value)
        else:
            yield kind, value


def _evaluate(node: tuple, holders: Callable[[str], set]) -> set:
    kind, value = node
    if kind == "tag":
        return holders(value)
    parts = [_evaluate(part, holders) for part in value]
    if kind == "and":
        return set.intersection(*sorted(parts, key=len))
    return set().union(*parts)
