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
from socket import AF_INET, inet_ntop, inet_pton

from ansible_collections.zerotrust.microseg.plugins.module_utils._calls import Call, let_end
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import normalise
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, IncompleteError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import envelope
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.user_id import Failure, Message, chunk, send

__all__ = ('Failure', 'Message', 'PAGE', 'Table', 'canonical', 'chunk', 'read_count', 'read_table', 'send')

PAGE = 500        # entries per answer; devices give no more (PAN-OS facts 3.2)
PARALLEL = 4      # calls at a time: one below the five that a device should see (PAN-OS facts 2.8)
MAX_READS = 6     # passes over a table whose count and content go on disagreeing ...
SMALL_TABLE = 25  # ... unless it has no more pages than this: then up to
MAX_READS_SMALL = 16
_IPV4 = int(AF_INET)  # the member of the enumeration would cost a conversion in every call
_STUCK = 3        # full pages without anything new after which paging plainly does not work

_COUNT = '<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>'
_ALL = '<show><object><registered-ip><all></all></registered-ip></object></show>'
_PAGE = '<show><object><registered-ip><limit>%d</limit><start-point>%d</start-point></registered-ip></object></show>'
_NUMBER = re.compile(r'(?:total:\s*)?(\d{1,9})(?:\s+registered addresses)?', re.IGNORECASE)


class Table:
    """What one target holds.

    C(entries): canonical host address -> sorted tuple of tags (shared between addresses, the tags interned).
    C(opaque): text of a network, a range or anything else that is not one host, untouched -> sorted tuple of tags.
    C(addresses): distinct entries of both kinds. C(count): the device's own number of them, None where it gives none.
    C(complete): the last pass saw as many as the device counts. C(reads): passes that were needed.
    """

    __slots__ = ('entries', 'opaque', 'count', 'complete', 'reads')

    def __init__(self, entries, opaque, count, complete, reads):
        self.entries = entries
        self.opaque = opaque
        self.count = count
        self.complete = complete
        self.reads = reads

    @property
    def addresses(self):
        return len(self.entries) + len(self.opaque)


def canonical(text):
    """Return a host address in its one spelling (no C(/32), no C(/128), IPv6 compressed and in lower case), or None for anything else.

    Addresses are compared as addresses, never as text (PAN-OS facts 2.6). Networks, ranges and scoped addresses are not hosts.
    """
    try:
        return inet_ntop(_IPV4, inet_pton(_IPV4, text))
    except (OSError, ValueError):
        pass  # not plain IPv4: the slower way
    if '%' in text:
        return None
    try:
        return normalise(text.strip())
    except ValueError:
        return None


def read_table(client, vsys, warn):
    """Read all registrations of one target.

    The device is asked for its count first, then for pages, up to four at a time. Other programs may write meanwhile, and neither order nor stability of
    pages is documented (PAN-OS facts 3.2): entries that come twice are merged, and when count and content disagree the table is read again.

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on; None for Panorama's own table. :arg warn: callable, told when they disagree to the end.
    :returns: a Table.
    :raises IncompleteError: an answer contradicts itself; it is never taken for an empty table. :raises DeviceError, NotAnApi, TransportError: see PanosClient.
    """
    tags = _Tags()
    union = None
    for reads in range(1, MAX_READS_SMALL + 1):
        count = read_count(client, vsys)
        found = _Pass(client.where, tags)
        _read_pages(client, vsys, found, count)
        if found.distinct == count or (count is None and not found.repeated):
            return Table(found.entries, found.opaque, count, True, reads)
        union = found.over(union)
        if reads == 1:
            continue
        if count is None or union.distinct == count:
            return Table(union.entries, union.opaque, count, count is not None, reads)
        busy = union.distinct > count
        if busy:
            union = found  # entries came or went between the passes: what went must not be carried on
        if reads >= MAX_READS and (busy or count > SMALL_TABLE * PAGE):
            break
    # What the last pass saw is the freshest, if it saw enough.
    best = found if found.distinct >= count else union
    warn('%s counts %d registered addresses%s, and reading them %d times found %d. Another program writes to it at the same time; '
         'run again when it has finished.'
         % (client.where, count, ' in ' + vsys if vsys else '', reads, best.distinct))
    return Table(best.entries, best.opaque, count, False, reads)


class _Tags:
    """Tags seen in this reading, each kept once, and each set of them kept once. C(sets): what L(shared) has answered."""

    def __init__(self):
        self.sets = {}
        self._names = {'': '', None: ''}

    def shared(self, members):
        """Return O(members), a tuple of texts (or None for an empty element), as a sorted tuple that other addresses share."""
        tags = self.sets.get(members)
        if tags is None:
            # Line feeds around a tag are layout: a tag cannot hold them (PAN-OS facts 2.7).
            names = self._names
            for text in members:
                if text not in names:
                    names[text] = text.strip() if '\n' in text else text
            named = tuple([names[text] for text in members])
            tags = tuple(sorted(set(named) - {''}))
            tags = self.sets.setdefault(tags, tags)
            self.sets[named if named == members else members] = tags  # kept with the strings that others have too
        return tags


class _Pass:
    """What one pass over the pages has found so far."""

    def __init__(self, where, tags):
        self.where = where
        self.entries = {}
        self.opaque = {}
        self.spelt = set()  # addresses as the device spells them: its count counts these
        self.repeated = 0
        self._tags = tags

    @property
    def distinct(self):
        """How many addresses there are, as the device spells them."""
        return len(self.spelt)

    def over(self, earlier):
        """Return the union with an earlier pass; where both know an address, this one is newer."""
        if earlier is None:
            return self
        union = _Pass(self.where, self._tags)
        union.entries = {**earlier.entries, **self.entries}
        union.opaque = {**earlier.opaque, **self.opaque}
        union.spelt = earlier.spelt | self.spelt
        return union

    def add(self, elements):
        """Add the C(entry) elements of one answer. The measured hot path of reading: 0.5 s for 150,000 addresses with 5 tags (Python 3.11).

        :raises IncompleteError: one has no address.
        """
        known, shared, spelt = self._tags.sets, self._tags.shared, self.spelt
        for element in elements:
            text = element.get('ip')
            if not text:
                raise _unexpected(self.where, 'an entry without an address')
            listed = element.find('tag')
            members = () if listed is None else tuple([member.text for member in listed])
            tags = known.get(members)
            if tags is None:
                tags = shared(members)
            address = canonical(text)
            entries = self.entries
            if address is None:
                address, entries = text, self.opaque
            elif address == text:
                address = text  # one string for both, not two
            if text in spelt:
                self.repeated += 1
            else:
                spelt.add(text)
            if address in entries:
                tags = shared((*entries[address], *tags))
            entries[address] = tags


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
        raise _unexpected(where, 'a success without a result')
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
        raise _unexpected(where, 'a result with "%s"' % clean(others[0].tag)[:80])
    return _Page(entries, count, not entries and not others and not text, text)


def read_count(client, vsys):
    """Return the device's own number of registered addresses of one target, or None where it gives none.

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on; None for Panorama's own table.
    :raises NotAnApi, AuthenticationError, TransportError: see PanosClient.

    Both C(<count>N</count>) and bare text are accepted (PAN-OS facts 3.1). An answer with entries did not understand the option.
    """
    try:
        page = _parse(client.op_body(_COUNT, vsys), client.where, client.clean)
    except DeviceError:
        return None  # not supported there; anything else that is wrong shows when the pages are read
    match = _NUMBER.fullmatch(page.count if page.count is not None else page.text)
    return int(match.group(1)) if match and not page.entries else None


def _read_pages(client, vsys, found, count):
    """Read pages into O(found): those that O(count) announces, up to four at a time, then on until one is not full."""
    announced = max(1, -(-(count or 0) // PAGE))
    received = 0
    number = 0
    for number, body in _bodies(client, vsys, announced):
        received = _add_page(client, vsys, found, body, number, count)
        if received > PAGE:
            return  # it does not know the limit and gave everything at once
    stuck = 0
    while received >= PAGE:
        before = found.distinct
        number += 1
        received = _add_page(client, vsys, found, client.op_body(_PAGE % (PAGE, 1 + number * PAGE), vsys), number, count)
        stuck = 0 if found.distinct > before else stuck + 1
        if stuck and found.distinct == count:
            return
        if stuck == _STUCK:
            raise _unexpected(client.where, 'the same entries for every page')


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
        raise _unexpected(client.where, 'the text "%s"' % client.clean(page.text)[:80])
    if number == 0:
        own = _NUMBER.fullmatch(page.count or '0')
        if own is None or int(own.group(1)) or count:
            raise _unexpected(client.where, 'no entries, although it counts %s' % (count or client.clean(page.count)[:20]))
        if page.bare and count is None and not _parse_is_empty(client, vsys):
            raise _unexpected(client.where, 'neither entries nor a count')
    return 0


def _parse_is_empty(client, vsys):
    """Return whether the table is empty by another question too: without a count, one answer with nothing in it proves nothing."""
    page = _parse(client.op_body(_ALL, vsys), client.where, client.clean)
    return not page.entries and not page.text and page.count in (None, '0')


def _unexpected(where, what):
    return IncompleteError('%s answered the question for its registered addresses with %s. This is not taken for an empty table, and nothing was changed. '
                           'Try again; if it stays so, report it with the PAN-OS version.' % (where, what))
