# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others as it may go to a terminal.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), what changes the direction of text or ends a line, and halves of surrogate pairs, which no terminal encodes.
_UNSAFE = re.compile('[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]')


def printable(text):
    """Return text that somebody else wrote (a label, the name of a workload or an interface) for a message or a report that people read.

    A character that would steer a terminal, or make a line look like another one, is shown as its escape, C(\\x1b) or C(\\u202e). Everything else stays as it
    is, letters of all languages included. Data (tags, artifacts) is never changed by it.

    :arg text: any value; what is no text is spelt as C(str) spells it.
    """
    return _UNSAFE.sub(_escaped, text if isinstance(text, str) else str(text))


def _escaped(match):
    return match.group().encode('unicode_escape').decode('ascii')
