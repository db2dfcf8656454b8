# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a plan is written.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections

Phase = collections.namedtuple('Phase', 'name unregister register together timeout')
Phase.__doc__ = """One step of writing a plan.

unregister: list of (address, tags). register: list of (address, tags, persistent). together: the entries of an address, or of two that change
places, have to travel in one message; both lists are then of pairs: entry i of one belongs to entry i of the other where both exist. timeout: seconds
after which what is registered ends, or None."""


def phases(plan, order='make_before_break', free=None, timeout=None):
    """Return the Phases in the order in which a plan is written; the claim is not among them.

    :arg order: C(make_before_break): all registers go before all unregisters, except where an address or the table has no room;
        C(break_before_make): the reverse.
    :arg free: how many further addresses the table has room for (int), or None: not known.
    :arg timeout: seconds for what is new, or None.
    """
    registers = [(change.address, change.add, change.persistent) for change in plan.changes if change.add and not change.breaks]
    breaking = [change for change in plan.changes if change.breaks]
    removals = [(change.address, change.remove) for change in plan.changes if change.remove and not change.breaks]
    outs = [(change.address, change.remove) for change in breaking]
    ins = [(change.address, change.add, change.persistent) for change in breaking]
    result = []
    if order == 'break_before_make':
        result.append(Phase('unregister', removals + outs, [], False, timeout))
        result.append(Phase('register', [], registers + ins, False, timeout))
    else:
        if free is not None and plan.entering() > free:
            moves = {change.address: change.moves for change in plan.changes}
            registers, removals, first, late = _make_room(registers, removals, moves, free)
            outs = outs + first
            ins = ins + late
        result.append(Phase('register', [], registers, False, timeout))
        result.append(Phase('break_first', outs, ins, True, timeout))
        result.append(Phase('unregister', removals, [], False, timeout))
    result.extend(_renewing(plan.renewals))
    return [phase for phase in result if phase.unregister or phase.register]


def _renewing(renewals):
    """Yield one Phase for each way to renew."""
    ways = {}
    for renewal in renewals:
        ways.setdefault((renewal.timeout, renewal.replace), []).append((renewal.address, renewal.tags, renewal.persistent))
    for (timeout, replace), rows in sorted(ways.items()):
        yield Phase('renew', [row[:2] for row in rows] if replace else [], rows, replace, timeout or None)


def _make_room(registers, removals, moves, free):
    """Pair addresses that leave the table with those that have no room before they do.

    Returns (registers that stay, removals that stay, removals that go first, registers that follow them)."""
    stay, late = [], []
    room = max(0, free)
    for entry in registers:
        if moves[entry[0]] != 1:
            stay.append(entry)
        elif room > 0:
            room -= 1
            stay.append(entry)
        else:
            late.append(entry)
    first, rest = [], []
    for entry in removals:
        (first if moves[entry[0]] == -1 and len(first) < len(late) else rest).append(entry)
    return stay, rest, first, late
