# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags a firewall accepts (PAN-OS facts 2.7). The lab's own rules; the product has its own."""

from __future__ import annotations

from functools import lru_cache

MAX_LENGTH = 127
MAX_TIMEOUT = 2_592_000  # seconds, 30 days
RESERVED = frozenset(("and", "or", "not"))


@lru_cache(maxsize=1 << 16)
def legal(tag: str) -> bool:
    """Whether a tag may be registered: 1 to 127 characters, no quotes, no two blanks in a row, not a word of the filter grammar."""
    if not 1 <= len(tag) <= MAX_LENGTH or "'" in tag or '"' in tag:
        return False
    if any(a.isspace() and b.isspace() for a, b in zip(tag, tag[1:])) or "\n" in tag or "\t" in tag:
        return False
    return tag.lower() not in RESERVED


def seconds(text: str | None) -> int | None:
    """The `timeout` attribute of a tag: seconds, 0 for none or "0" (never).

    Returns None for a value that is refused (not a number, negative, more than 30 days).
    """
    if text is None:
        return 0
    text = text.strip()
    if not text.isdecimal() or len(text) > 9:
        return None
    value = int(text)
    return value if value <= MAX_TIMEOUT else None
