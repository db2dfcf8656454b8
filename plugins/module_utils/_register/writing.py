# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a plan to one target, and keep count of what the device took.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import itertools

from ansible_collections.zerotrust.microseg.plugins.module_utils._calls import Call
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.phases import phases
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Message, chunk, chunk_together, send

IN_FLIGHT = 2  # messages on their way to one device: it is not idle while the next is built, and never sees more than that

Order = collections.namedtuple('Order', 'plan timeout interim free table')
Order.__doc__ = """What is to be written.

plan: the Plan. timeout: seconds for what is new, or None. interim: claim tag that stands until everything has been written, or None.
free: how many further addresses the table has room for, or None: not known. table: the Table as it was read."""


class Writing:
    """Writes to one target.

    :arg client, vsys, where: the target. :arg request: a Task. :arg outcome: an Outcome, which takes the count. :arg progress: callable (done, total).
    """

    def __init__(self, client, vsys, where, request, outcome, progress):
        self.client = client
        self.vsys = vsys
        self.where = where
        self.request = request
        self.outcome = outcome
        self.progress = progress

    def carry_out(self, order):
        """Send the messages of an Order.

        The claim goes first, so that a run that dies half way is still known as ours, and what it says of timers is true at any moment: as long as
        something is not written again, a claim says that there may be timers.

        :raises DeviceError: the claim is not taken. :raises MicrosegError: see L(send).
        """
        plan = order.plan
        steps = phases(plan, self.request.order, order.free, order.timeout)
        total = sum(max(len(step.register), len(step.unregister)) for step in steps)
        first = (order.interim,) if order.interim else plan.claim_register
        if first:
            self._claim(order.table, first)
        done = 0
        for step in steps:
            # Within a step the order of messages means nothing; the next step begins when the last of this one has been answered.
            for message in self._send_all(self._messages(step, order.table), step):
                done += max(len(message.register), len(message.unregister))
                self.progress(done, total)
        if self.outcome.not_renewed:
            return
        if order.interim:
            self._claim(order.table, plan.claim_register)
        gone = plan.claim_unregister + ((order.interim,) if order.interim else ())
        if gone:
            self._send(Message([(CLAIM_ADDRESS, gone)], []))

    def _claim(self, table, tags):
        namespaces = tuple(template.namespace for template in self.request.templates)
        others = [tag for tag in table.entries.get(CLAIM_ADDRESS, ()) if not tag.startswith(namespaces)]
        before = self.outcome.written
        self._send(Message([], [(CLAIM_ADDRESS, tags, table.mark_of(CLAIM_ADDRESS) if others else True)]))
        refused = [failure for failure in self.outcome.failures if failure.address == CLAIM_ADDRESS]
        if refused:
            raise DeviceError('%s does not take the claim %s on %s: "%s". %s Remedy that, or set O(claim)=false to fill this target without one.' % (
                self.where, tags[0], CLAIM_ADDRESS, refused[0].message, 'It stands as it stood.' if before else 'Nothing else was written.'))

    def _messages(self, step, table):
        """Return an iterable of the Messages of one phase, each at most 500 addresses and 1 MB."""
        register = ((address, tags, self.request.persistent if may else table.mark_of(address)) for address, tags, may in step.register)
        if step.together:
            return chunk_together(itertools.zip_longest(step.unregister, register), timeout=step.timeout)
        return chunk(step.unregister, register, timeout=step.timeout)

    def _send(self, message):
        self.outcome.taken = True
        self._note(message, send(self.client, self.vsys, message), False)

    def _send_all(self, messages, step):
        """Send Messages, yielding each when it has been answered: while the device works on one, the next one is built and travels.

        Where one fails, no further one begins, those on their way are waited for and counted, and then the error is raised.
        """
        renewing = step.name == 'renew'
        waiting = collections.deque()
        try:
            for message in messages:
                if len(waiting) == IN_FLIGHT:
                    yield self._answered(renewing, *waiting.popleft())
                self.outcome.taken = True
                waiting.append((message, Call(send, self.client, self.vsys, message, None, step.timeout)))
            while waiting:
                yield self._answered(renewing, *waiting.popleft())
        except Exception:  # whatever it is, what is on its way takes effect
            for message, call in waiting:
                try:
                    self._answered(renewing, message, call)
                except Exception:  # pylint: disable=broad-except
                    pass  # the first error is the one to tell
            raise

    def _answered(self, renewing, message, call):
        self._note(message, call.answer(), renewing)
        return message

    def _note(self, message, failures, renewing):
        outcome = self.outcome
        outcome.failures.extend(failures)
        if renewing:
            outcome.not_renewed.extend(failures)
            outcome.renewed += sum(len(entry[1]) for entry in message.register) - len(failures)
        else:
            outcome.written += sum(len(entry[1]) for entry in message.register) + sum(len(entry[1]) for entry in message.unregister) - len(failures)


def lost(plan, table):
    """Return the Renewals of O(plan) that are not in O(table) any more: they were unregistered, and registering them again did not take effect."""
    rows = []
    for renewal in plan.renewals if plan is not None else ():
        if renewal.replace:
            there = table.entries.get(renewal.address, ())
            missing = tuple(tag for tag in renewal.tags if tag not in there)
            if missing:
                rows.append(renewal._replace(tags=missing, replace=False))
    return rows
