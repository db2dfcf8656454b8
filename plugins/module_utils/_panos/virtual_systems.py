# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which virtual systems a device has, and how many addresses each of them holds: the device counts them all together.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import ask_count

HIGHEST = 255   # no model has more virtual systems
GAP = 3         # numbers in a row that are not there, after which no further one is asked for: most devices number without gaps
NOWHERE = 'vsys0'  # numbers begin with 1


class VirtualSystems:
    """The virtual systems of one device, asked for when they are needed, and then once.

    The calls for that belong to configuration, which this collection needs no permission for. So names come from the groups that are there, and from asking
    for counts one number after another; a device refuses a name that it does not have (PAN-OS facts 1.7).

    :arg client: a PanosClient. :arg system: a System.
    """

    def __init__(self, client, system):
        self._client = client
        self._system = system
        self._counts = None
        self._planned = {}

    @property
    def names(self):
        """The names, by number; empty where they cannot be learnt."""
        return sorted(self._known(), key=lambda name: int(name[4:]))

    def note(self, vsys, addresses):
        """Take note of how many addresses a virtual system holds, or will hold, after a target of this run."""
        self._planned[vsys] = addresses

    def elsewhere(self, vsys):
        """Return how many addresses the other virtual systems of the device hold, or None where that cannot be learnt."""
        if not self._system.multi_vsys or vsys is None:
            return 0
        counts = self._known()
        if not counts or None in counts.values():
            return None
        return sum(self._planned.get(name, number) for name, number in counts.items() if name != vsys)

    def _known(self):
        if self._counts is None:
            try:
                self._counts = self._ask()
            except MicrosegError:
                self._counts = {}
        return self._counts

    def _ask(self):
        """Return name -> addresses, or None for one that gives no count; empty where the device answers for any name."""
        if self._count(NOWHERE) is not False:
            return {}
        named = [name for name in read_vsys_names(self._client) if name.startswith('vsys') and name[4:].isdigit()]
        last = max([int(name[4:]) for name in named] or [1])
        counts = {}
        missing = 0
        for number in range(1, HIGHEST + 1):
            if number > last and missing >= GAP:
                break
            count = self._count('vsys%d' % number)
            missing = missing + 1 if count is False else 0
            if count is not False:
                counts['vsys%d' % number] = count
        return counts

    def _count(self, name):
        """Return the number of addresses, None where the device gives none, or False where it refuses the question."""
        try:
            return ask_count(self._client, name)
        except DeviceError:
            return False
