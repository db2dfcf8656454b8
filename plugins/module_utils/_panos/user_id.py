# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-ID messages: registrations cut into messages that a device takes, sent, and the answers understood.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import functools
import re
from urllib.parse import quote_plus

from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import envelope

MAX_ADDRESSES = 500     # per message (PAN-OS facts 2.8)
MAX_BYTES = 990_000     # of the form-encoded message: an API key may travel in the same body, and all of it stays below 1 MB (devices refuse 5: facts 0.9)
_MAX_ADDRESS, _MAX_TAG = 100, 127  # characters that are shown of what a device names and nobody sent

#: C(unregister): list of (address, tags); C(register): list of (address, tags) or (address, tags, persistent). A device carries out unregister first.
Message = collections.namedtuple('Message', 'unregister register')

#: One pair that a device refused. C(section): C(register) or C(unregister); C(tag): None where its words do not name one; C(message): its own words.
Failure = collections.namedtuple('Failure', 'section address tag message')

# Answers that say: it is already as asked for (PAN-OS facts 2.3). Each is harmless in its own section only.
_BENIGN = {'register': 'already exists, ignore', 'unregister': 'does not exist, ignore unreg'}
_NAMED = re.compile(r'tag (.+) (?:already exists, ignore|does not exist, ignore unreg)', re.DOTALL)
# What XML 1.0 cannot carry at all, escaped or not
_ILLEGAL = re.compile('[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def _escape(text):
    """Escape text for an attribute or an element. :raises ValueError: XML cannot carry a character of it, or it is empty."""
    if not isinstance(text, str) or not text or _ILLEGAL.search(text):
        raise ValueError('not a text that XML can carry: %r' % (text,))
    for char, name in (('&', '&amp;'), ('<', '&lt;'), ('>', '&gt;'), ('"', '&quot;'), ('\t', '&#9;'), ('\n', '&#10;'), ('\r', '&#13;')):
        if char in text:
            text = text.replace(char, name)
    return text


# Messages are put together from pieces that are escaped and form-encoded already. Measured, so not xmltodict: for 100,000 addresses with 5 tags chunk() and
# body() take 0.3 s of CPU this way; quoting whole messages takes 1.0 s, and writing them with xmltodict 1.9 s before that
# (Python 3.11, the same shared server core).
_OPEN = quote_plus('<uid-message><version>2.0</version><type>update</type><payload>')
_CLOSE = quote_plus('</payload></uid-message>')
_SECTION = {name: (quote_plus('<%s>' % name), quote_plus('</%s>' % name)) for name in ('unregister', 'register')}
_ENTRY = quote_plus('<entry ip="')
_PERSISTENT = {None: quote_plus('"><tag>'), True: quote_plus('" persistent="1"><tag>'), False: quote_plus('" persistent="0"><tag>')}
_END = quote_plus('</tag></entry>')
_FRAME = len(_OPEN) + len(_CLOSE) + sum(len(text) for pair in _SECTION.values() for text in pair) + 256  # and the other form fields
_ENTRY_SIZE = len(_ENTRY) + len(_PERSISTENT[True]) + len(_END)


@functools.lru_cache(maxsize=1 << 16)
def _member(tag, timeout=None):
    attribute = ' timeout="%d"' % timeout if timeout else ''
    return quote_plus('<member%s>%s</member>' % (attribute, _escape(tag)))


def _address(text):
    return text if text.replace('.', '').isdigit() and text.isascii() else quote_plus(_escape(text))


def _checked(address, tags):
    """Refuse an entry without tags: PAN-OS would drop the whole address, everybody's tags included (PAN-OS facts 2.1)."""
    if not tags or isinstance(tags, str):
        raise ValueError('an entry for %r must name its tags, got %r' % (address, tags))


def _size(entry, timeout):
    """Return the form-encoded bytes of one entry at most."""
    _checked(entry[0], entry[1])
    size = _ENTRY_SIZE + len(_address(entry[0]))
    for tag in entry[1]:
        size += len(_member(tag, timeout))
    return size


def chunk(unregister, register, timeout=None, max_addresses=MAX_ADDRESSES, max_bytes=MAX_BYTES):
    """Cut entries into messages, as they are consumed.

    An address that is in both lists is unregistered and registered in one message; unregister entries without such a partner come last. The tags of one
    address are spread over messages only where one message cannot hold them.

    :arg unregister: iterable of (address, tags). :arg register: iterable of (address, tags) or (address, tags, persistent), read lazily.
    :arg timeout: seconds, as it will be given to L(send).
    :arg max_addresses: addresses per message at most. :arg max_bytes: form-encoded bytes per message at most.
    :returns: generator of L(Message).
    :raises ValueError: an entry without tags, text that XML cannot carry, or a single tag that exceeds O(max_bytes).
    """
    partners = {}
    for entry in unregister:
        _checked(entry[0], entry[1])
        partners.setdefault(entry[0], []).append(entry)
    yield from _cut(_groups(partners, register), timeout, max_addresses, max_bytes - _FRAME)


def chunk_together(pairs, timeout=None, max_addresses=MAX_ADDRESSES, max_bytes=MAX_BYTES):
    """Cut pairs of entries into messages, each pair in one of them: what one address gives up makes the room that the other takes.

    :arg pairs: iterable of (unregister entry or None, register entry or None). The rest is as in L(chunk).
    """
    yield from _cut((([old] if old else (), new) for old, new in pairs), timeout, max_addresses, max_bytes - _FRAME)


def _cut(groups, timeout, max_addresses, room):
    """Yield the Messages of groups (unregister entries, register entry or None), none of which is divided unless it is too large by itself."""
    old, new, held, addresses = [], [], 0, 0
    for removed, added in groups:
        size = sum([_size(entry, None) for entry in removed])
        several = 1
        if added is not None:
            size += _size(added, timeout)
            several += bool(removed) and removed[0][0] != added[0]
        if held and (held + size > room or addresses + several > max_addresses):
            yield Message(old, new)
            old, new, held, addresses = [], [], 0, 0
        if size > room:
            for entry in removed:
                for part in _parts(entry, None, room):
                    yield Message([part], [])
            if added is not None:
                for part in _parts(added, timeout, room):
                    yield Message([], [part])
            continue
        old.extend(removed)
        if added is not None:
            new.append(added)
        held += size
        addresses += several
    if held:
        yield Message(old, new)


def _groups(partners, register):
    """Yield (unregister entries, register entry or None) per address."""
    nothing = ()
    for entry in register:
        yield partners.pop(entry[0], nothing) if partners else nothing, entry
    for entries in partners.values():
        yield entries, None


def _parts(entry, timeout, room):
    """Yield O(entry) in parts of as many tags as fit into O(room) bytes."""
    frame = _ENTRY_SIZE + len(_address(entry[0]))
    tags, held = [], frame
    for tag in entry[1]:
        size = len(_member(tag, timeout))
        if frame + size > room:
            raise ValueError('one tag of %r does not fit into a message' % (entry[0],))
        if held + size > room:
            yield (entry[0], tuple(tags)) + tuple(entry[2:])
            tags, held = [], frame
        tags.append(tag)
        held += size
    if tags:
        yield (entry[0], tuple(tags)) + tuple(entry[2:])


def body(message, persistent=None, timeout=None):
    """Return a Message as the form-encoded value of C(cmd).

    :arg persistent: for register entries that do not say it themselves: True, False, None (not sent: the device's default, true for new entries), or a
        callable that gets the address. It is an attribute of the entry (PAN-OS facts 2.1).
    :arg timeout: seconds after which the device drops each registered tag, an attribute of the member; None or 0 for never.
    :raises ValueError: as L(chunk).
    """
    pieces = [_OPEN]
    add = pieces.append
    if message.unregister:
        opened, closed = _SECTION['unregister']
        add(opened)
        for address, tags in message.unregister:
            _checked(address, tags)
            add(_ENTRY + _address(address) + _PERSISTENT[None] + ''.join([_member(tag) for tag in tags]) + _END)
        add(closed)
    if message.register:
        opened, closed = _SECTION['register']
        add(opened)
        for entry in message.register:
            address, tags = entry[0], entry[1]
            _checked(address, tags)
            keep = entry[2] if len(entry) > 2 else persistent(address) if callable(persistent) else persistent
            add(_ENTRY + _address(address) + _PERSISTENT[keep] + ''.join([_member(tag, timeout) for tag in tags]) + _END)
        add(closed)
    add(_CLOSE)
    return ''.join(pieces).encode('ascii')


def send(client, vsys, message, persistent=None, timeout=None):
    """Send one Message and return what the device refused.

    Answers that only say that it is already so are no failures; all that a device says of single pairs is weighed entry by entry (PAN-OS facts 2.4).

    :arg client: a PanosClient. :arg vsys: C(vsys1) and so on, None for Panorama's own table. :arg message: from L(chunk).
    :arg persistent: see L(body). :arg timeout: see L(body).
    :returns: list of L(Failure), empty when everything is as asked for.
    :raises DeviceError: the whole message was refused; C(code) C(15) is a passive member that takes no writes.
    :raises AuthenticationError, NotAnApi, TransportError, IncompleteError: see PanosClient. :raises ValueError: as L(chunk).
    """
    if not message.unregister and not message.register:
        return []
    return failures(client.user_id(body(message, persistent, timeout), vsys, encoded=True), client.where, message, client.clean)


def failures(answer, where, message, clean=envelope.NO_SECRETS):
    """Return the list of L(Failure) in the answer to O(message).

    :arg answer: bytes. :arg where: C(host:port) for messages. :arg clean: callable for texts of the device that go into messages.
    :raises NotAnApi: cut off, or not an answer. :raises DeviceError: refused as a whole.
    """
    root = envelope.elements(answer, where, clean)
    status = root.get('status')
    found = []
    named = 0
    for payload in root.iter('payload'):
        for section in payload:
            suffix = _BENIGN.get(section.tag)
            for entry in section:
                words = ' '.join(entry.get('message', '').split())
                if not words and status == 'success':
                    continue  # an echo, not a complaint
                named += 1
                if suffix is None or not words.endswith(suffix):
                    found.append(_failure(section.tag, entry.get('ip', ''), words, message, clean))
    if status != 'success' and not named:
        raise envelope.parse(answer, where, clean).error(where, 'a User-ID message')
    return found


def _failure(section, address, words, message, clean):
    """Return a Failure; its tag is the one that the words name, or the only one that was sent for this address."""
    told = clean(words) or 'no reason given'
    sent = [tag for entry in getattr(message, section, ()) if entry[0] == address for tag in entry[1]]
    if not sent:
        address = clean(address)[:_MAX_ADDRESS]  # nothing of ours, so it may be anything
    match = _NAMED.fullmatch(words)
    if match:
        tag = match.group(1)
        return Failure(section, address, tag if tag in sent else clean(tag)[:_MAX_TAG], told)
    mentioned = [tag for tag in sent if re.search(r'(?<![\w.-])%s(?![\w.-])' % re.escape(tag), words)]
    tag = max(mentioned, key=len) if mentioned else sent[0] if len(sent) == 1 else None
    return Failure(section, address, tag, told)
