# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing the registered-ip table of one target.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import re
import time

from ansible_collections.zerotrust.microseg.plugins.module_utils._calls import Call, let_end
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import envelope
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.table import Pass, Table, Tags, canonical, unexpected
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.user_id import Failure, Message, chunk, chunk_together, send

__all__ = ('Failure', 'Message', 'PAGE', 'Table', 'ask_count', 'canonical', 'chunk', 'chunk_together', 'read_count', 'read_table', 'send')

PAGE = 500        # entries per answer; devices give no more (PAN-OS facts 3.2)
PARALLEL = 4      # calls at a time: one below the five that a device should see (PAN-OS facts 2.8)
MAX_CALLS = 150   # for all passes over a table whose count and content go on disagreeing ...
MAX_READS = 16    # ... which are never more than this,
MIN_READS = 3     # nor, however large the table is, fewer than this;
BUSY_READS = 8    # where entries come and go between the passes, more of them do not help
MAX_PAGES = 4000  # of one pass: two million entries, four times what the largest model holds
SPARE_PAGES = 1000  # more than twice what the device counts: all that the largest model holds, however wrong its count is
_STUCK = 3        # full pages without anything new after which paging plainly does not work

_COUNT = '<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>'
_ALL = '<show><object><registered-ip><all></all></registered-ip></object></show>'
_PAGE = '<show><object><registered-ip><limit>%d</limit><start-point>%d</start-point></registered-ip></object></show>'
_NUMBER = re.compile(r'(?:total:\s*)?(\d{1,9})(?:\s+registered addresses)?', re.IGNORECASE)


def read_table(client, vsys, warn):
    """Read all registrations of one target.

    The device is asked for its count first, then for pages, up to four at a time. Other programs may write meanwhile, and neither order nor stability of
    pages is documented (PAN-OS facts 3.2): entries that come twice are merged, and when count and content disagree the table is read again.

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on; None for Panorama's own table. :arg warn: callable, told when they disagree to the end.
    :returns: a Table.
    :raises IncompleteError: an answer contradicts itself; it is never taken for an empty table. :raises DeviceError, NotAnApi, TransportError: see PanosClient.
    """
    tags = Tags()
    union = None
    calls = 0
    for reads in range(1, MAX_READS + 1):
        count = read_count(client, vsys)
        found = Pass(client.where, tags)
        needed = 1 + _read_pages(client, vsys, found, count)
        calls += needed
        if found.distinct == count or (count is None and not found.repeated):
            return Table(found.entries, found.opaque, count, True, reads, found.marks)
        union = found.over(union)
        if reads == 1:
            continue
        if count is None or union.distinct == count:
            return Table(union.entries, union.opaque, count, count is not None, reads, union.marks)
        busy = union.distinct > count
        if busy:
            union = found  # entries came or went between the passes: what went must not be carried on
        if reads >= MIN_READS and (calls + needed > MAX_CALLS or busy and reads >= BUSY_READS):
            break
    # What the last pass saw is the freshest, if it saw enough.
    best = found if found.distinct >= count else union
    warn('%s counts %d registered addresses%s, and reading them %d times with %d calls found %d. Another program writes to it at the same time; '
         'run again when it has finished.'
         % (client.where, count, ' in ' + vsys if vsys else '', reads, calls, best.distinct))
    return Table(best.entries, best.opaque, count, False, reads, best.marks)


class _Page:
    """The C(result) of one answer: C(entries) (list of elements), C(count) (text or None), C(bare) (nothing at all in it)."""

    __slots__ = ('entries', 'count', 'bare', 'text')

    def __init__(self, entries, count, bare, text):
        self.entries = entries
        self.count = count
        self.bare = bare
        self.text = text


def _parse(body, where, clean):
    """Parse one answer to C(show object registered-ip).

    :raises NotAnApi: cut off, not XML, or not an answer to this question. :raises DeviceError: PAN-OS before 8.0 wrote the table to a file.
    """
    root = envelope.elements(body, where, clean)
    if root.get('status') != 'success':
        raise envelope.parse(body, where, clean).error(where, 'to list registered addresses')
    result = root.find('result')
    if result is None:
        raise unexpected(where, 'a success without a result')
    entries = result.findall('entry')
    text = (result.text or '').strip()
    others = [child for child in result if child.tag != 'entry']
    if others and result.find('.//outfile') is not None:
        raise DeviceError('%s wrote its registered addresses to a file instead of listing them: PAN-OS 8.0 or later is needed for more than 500.' % where)
    count = None
    for child in others:
        number = (child.text or '').strip()
        if child.tag == 'count' or (len(others) == 1 and _NUMBER.fullmatch(number)):
            count = number
    if not entries and count is None and others:
        raise unexpected(where, 'a result with "%s"' % clean(others[0].tag)[:80])
    return _Page(entries, count, not entries and not others and not text, text)


def read_count(client, vsys):
    """Return the device's own number of registered addresses of one target, or None where it gives none.

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on; None for Panorama's own table.
    :raises NotAnApi, AuthenticationError, TransportError: see PanosClient.

    Both C(<count>N</count>) and bare text are accepted (PAN-OS facts 3.1). An answer with entries did not understand the option.
    """
    try:
        return ask_count(client, vsys)
    except DeviceError:
        return None  # not supported there; anything else that is wrong shows when the pages are read


def ask_count(client, vsys):
    """As L(read_count), but a refusal is an error.

    :raises DeviceError: the device does not know the option, or the virtual system.
    """
    page = _parse(client.op_body(_COUNT, vsys), client.where, client.clean)
    match = _NUMBER.fullmatch(page.count if page.count is not None else page.text)
    return int(match.group(1)) if match and not page.entries else None


def _read_pages(client, vsys, found, count):
    """Read pages into O(found): those that O(count) announces, up to four at a time, then on until one is not full. Returns the number of calls.

    :raises IncompleteError: the pages do not end where any table would.
    """
    announced = max(1, -(-(count or 0) // PAGE))
    limit = MAX_PAGES if count is None else min(MAX_PAGES, 2 * announced + SPARE_PAGES)
    received = 0
    number = 0
    for number, body in _bodies(client, vsys, min(announced, limit)):
        received = _add_page(client, vsys, found, body, number, count)
        if received > PAGE:
            return number + 1  # it does not know the limit and gave everything at once
        if not received and number:
            return number + 1  # behind the end, whatever the count announces
    stuck = 0
    while received >= PAGE or number + 1 < announced:
        if number + 1 >= limit:
            raise unexpected(client.where, '%d pages without an end, although it counts %s' % (limit, 'nothing' if count is None else count))
        before = found.distinct
        number += 1
        received = _add_page(client, vsys, found, client.op_body(_PAGE % (PAGE, 1 + number * PAGE), vsys), number, count)
        stuck = 0 if found.distinct > before else stuck + 1
        if stuck and found.distinct == count:
            break
        if stuck == _STUCK:
            raise unexpected(client.where, 'the same entries for every page')
    return number + 1


def _bodies(client, vsys, pages, clock=time.perf_counter):
    """Yield (number from 0, answer) of the first O(pages) pages in order, with up to four calls at a time and no more than four answers held.

    The first page shows whether calling ahead is worth it. A device that answers faster than an answer is parsed is asked for one page after the other: threads
    that hand the interpreter to each other would cost more than they save (2.1 s against 1.6 s for 150,000 addresses on the loopback interface).
    """
    def fetch(number):
        return client.op_body(_PAGE % (PAGE, 1 + number * PAGE), vsys)

    asked = clock()
    body = fetch(0)
    answered = clock()
    yield 0, body
    if answered - asked < clock() - answered:
        for number in range(1, pages):
            yield number, fetch(number)
        return
    waiting = collections.deque(Call(fetch, number) for number in range(1, min(1 + PARALLEL, pages)))
    try:
        for number in range(1, pages):
            body = waiting.popleft().answer()
            if number + PARALLEL < pages:
                waiting.append(Call(fetch, number + PARALLEL))
            yield number, body
    except BaseException as exc:
        let_end(waiting, exc)
        raise


def _add_page(client, vsys, found, body, number, count):
    """Add one page to O(found) and return how many entries it had.

    Only the first page decides whether a table is empty; a later one without entries is what lies behind the end.
    """
    page = _parse(body, client.where, client.clean)
    if page.entries:
        found.add(page.entries)
        return len(page.entries)
    if page.text:
        raise unexpected(client.where, 'the text "%s"' % client.clean(page.text)[:80])
    if number == 0:
        own = _NUMBER.fullmatch(page.count or '0')
        if own is None or int(own.group(1)) or count:
            raise unexpected(client.where, 'no entries, although it counts %s' % (count or client.clean(page.count)[:20]))
        if page.bare and count is None and not _parse_is_empty(client, vsys):
            raise unexpected(client.where, 'neither entries nor a count')
    return 0


def _parse_is_empty(client, vsys):
    """Return whether the table is empty by another question too: without a count, one answer with nothing in it proves nothing."""
    page = _parse(client.op_body(_ALL, vsys), client.where, client.clean)
    return not page.entries and not page.text and page.count in (None, '0')
