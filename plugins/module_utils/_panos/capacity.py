# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a device can hold.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import re

#: C(addresses): most registered addresses of the device, None where unknown; C(tags_per_address): most tags of one address, None where unknown.
Limits = collections.namedtuple('Limits', 'addresses tags_per_address')

UNKNOWN = Limits(None, None)

# PAN-OS facts 5 (product comparison "Max DAG IP addresses" and "tags per IP"). The first pattern that matches the whole model decides.
_TABLE = tuple((re.compile(pattern, re.IGNORECASE), Limits(*limits)) for pattern, limits in (
    (r'PA-(220R?|820)', (1000, 32)),
    (r'PA-850', (2500, 32)),
    (r'PA-410', (1000, 64)),
    (r'PA-440', (50000, 64)),
    (r'PA-4[56]0', (100000, 64)),
    (r'PA-32[256]0', (200000, 32)),
    (r'PA-34[12]0', (150000, 64)),
    (r'PA-34[34]0', (200000, 64)),
    (r'PA-52[2568]0', (500000, 32)),
    (r'PA-54[1235]0', (500000, 64)),
    (r'PA-70[58]0', (None, 32)),        # 100,000 or 500,000: depends on the cards
    (r'CN-?(SERIES|\d.*)', (2500, 32)),
    (r'(PA-VM|VM-.*)', (None, 32)),     # 1,000 to 500,000: depends on memory; 64 tags only in the largest flexible tier
))


def model_limits(system):
    """Return the Limits of a System by its model; users who know better set them.

    :arg system: a System. :returns: L(UNKNOWN) for Panorama and for models that are not in the table.
    """
    if system.is_panorama:
        return UNKNOWN
    for pattern, limits in _TABLE:
        if pattern.fullmatch(system.model):
            return limits
    return UNKNOWN
