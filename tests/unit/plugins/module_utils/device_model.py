# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registered-ip table with a clock, in memory: what PAN-OS facts 2 say about messages and timers, for tests that need thousands of runs."""

from __future__ import annotations

import threading
from unittest import mock

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.guard import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import Unreachable
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.capacity import UNKNOWN
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Table
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import System
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.virtual_systems import VirtualSystems
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import target, writing
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import Task

SYSTEM = System('fw1', 'PA-3220', '0123', '10.2.4', (10, 2, 4, 0), False, False)
TEMPLATE = TagTemplate('illumio.{key}.{value}')
FOREVER = float('inf')


class Device:
    """pairs: dict (address, tag) -> time at which it ends. writes: number of messages. refreshes, untimes: what registering a known pair again does."""

    where = 'fw1:443'

    def __init__(self, pairs, refreshes=True, untimes=False):
        self.now = 0
        self.pairs = dict(pairs)
        self.refreshes = refreshes
        self.untimes = untimes
        self.writes = 0
        self.dies_at = None
        self.lock = threading.Lock()  # messages come from threads

    def alive(self, moment=None):
        """The pairs that are there now, or would be at a later moment if nobody wrote any more."""
        return {pair for pair, ends in self.pairs.items() if ends > (self.now if moment is None else moment)}

    def advance(self, seconds):
        self.now += seconds
        self.pairs = {pair: ends for pair, ends in self.pairs.items() if ends > self.now}

    def read(self, client, vsys, warn):
        entries = {}
        for address, tag in sorted(self.alive()):
            entries[address] = entries.get(address, ()) + (tag,)
        return Table(entries, {}, len(entries), True, 1)

    def send(self, client, vsys, message, persistent=None, timeout=None):
        with self.lock:
            self.writes += 1
            if self.dies_at is not None and self.writes >= self.dies_at:
                raise Unreachable('fw1:443 does not answer.')
            return self.carry_out(message, timeout)

    def carry_out(self, message, timeout):
        """Unregister, then register, pair by pair."""
        for address, tags in message.unregister:
            for tag in tags:
                self.pairs.pop((address, tag), None)
        ends = self.now + timeout if timeout else FOREVER
        for address, tags, dummy in message.register:
            for tag in tags:
                there = self.pairs.get((address, tag), 0) > self.now
                if not there or (self.refreshes if timeout else self.untimes):
                    self.pairs[address, tag] = ends
        return []


def request(desired, **changes):
    """A Task of state synced; changes: fields of Task, and of Rules."""
    rules = Rules(**{name: changes.pop(name) for name in Rules._fields if name in changes})
    given = dict(
        state='synced', desired=desired, template=TEMPLATE, templates=[TEMPLATE], alias_keys=(), owner='pce/1', claim_owner='pce/1',
        claim_scope='0123456789ab', claim=True, earlier_owners=frozenset(), workloader_values=None, rules=rules, on_guard='refuse',
        order='make_before_break', prune=True, timeout=None, persistent=True, renewal='register', max_tags=None, capacity=None, source={}, teardown=False)
    given.update((name, None) for name in Task._fields if name not in given)
    return Task(**dict(given, **changes))


def run(device, asked, record=None, warnings=None, **more):
    """Run one request against a Device and return the Outcome."""
    found = target.Target(device, SYSTEM, 'vsys1', asked, UNKNOWN, ([] if warnings is None else warnings).append,
                          VirtualSystems(device, SYSTEM), **more)
    with mock.patch.object(target, 'read_table', device.read), mock.patch.object(writing, 'send', device.send):
        return found.run(False, record)
