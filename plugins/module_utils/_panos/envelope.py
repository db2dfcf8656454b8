# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The XML API's envelope: is this an answer of PAN-OS at all, does it say success, and if not, in which words.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import DeviceError, NotAnApi
from ansible_collections.zerotrust.microseg.plugins.module_utils._http_secrets import Cleaner
from ansible_collections.zerotrust.microseg.plugins.module_utils._libraries import xmltodict

#: What the codes mean (PAN-OS facts 1.4; PAN-OS XML API Error Codes, 9.1 to 11.1).
CODES = {
    '1': 'unknown command',
    '2': 'internal error',
    '3': 'internal error',
    '4': 'internal error',
    '5': 'internal error',
    '6': 'bad XPath',
    '7': 'object not present',
    '8': 'object not unique',
    '10': 'reference count not zero',
    '11': 'internal error',
    '12': 'invalid object',
    '13': 'object not found',
    '14': 'operation not possible',
    '15': 'operation denied, for instance on a passive device',
    '16': 'unauthorized',
    '17': 'invalid command',
    '18': 'malformed command',
    '21': 'internal error',
    '22': 'session timed out',
    '400': 'bad request',
    '403': 'forbidden',
}

# Root of an answer that says success. Quotes of either kind and blanks around "=" are real (PAN-OS facts 0.2).
_SUCCESS = re.compile(rb'''\s*(?:<\?xml[^>]*\?>\s*)?<response\b(?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*?\s+status\s*=\s*["']success["'][\s/>a-zA-Z]''')
_MAX_WORDS = 600
_MAX_DEPTH = 40  # of elements; no answer of PAN-OS comes near, and what lies deeper is no message
_MAX_COMMAND = 100
_COMMAND_WORD = re.compile(r'<([a-zA-Z][\w.-]*)|>([^<>]+)(?=<)')
NO_SECRETS = Cleaner()  # for texts of a device that was told no secret


def without_mark(body):
    """Return O(body) without the byte order mark that some proxies put before it."""
    return body[3:] if body.startswith(b'\xef\xbb\xbf') else body


def says_success(body):
    """Return whether the root element says C(status="success"), without parsing the rest."""
    return _SUCCESS.match(without_mark(body)) is not None


def in_words(command):
    """Return an operational command as an administrator types it, C(show system info), for messages: nobody reads XML there."""
    words = ' '.join((name or text).strip() for name, text in _COMMAND_WORD.findall(command))
    return 'the command "%s"' % words if 0 < len(words) <= _MAX_COMMAND else 'a command'


def refuse_document_type(body, where):
    """Raise NotAnApi when O(body) declares a document type: PAN-OS never does, and entities could be declared there.

    The parsers are told to read UTF-8 whatever the document says; a parser that recognises UTF-16 nevertheless needs zero bytes for it, so no other encoding
    can hide the declaration.
    """
    if b'<!DOCTYPE' in body or b'<!ENTITY' in body or b'\0' in body:
        raise NotAnApi('%s answered with an XML document that declares a document type or entities, or is not UTF-8. PAN-OS never does that: this is another '
                       'server or a proxy. Check O(ip_address) and O(port).' % where)


def not_xml(where, body, clean=NO_SECRETS):
    """Return the error for an answer that does not parse, with its first characters."""
    start = clean(body)[:80]
    if not start:
        return NotAnApi('%s answered with nothing. Nothing was concluded from it; try again.' % where)
    return NotAnApi('%s answered with something that is not a complete XML API document (it begins with "%s"). Nothing was concluded from it. '
                    'Check O(ip_address) and O(port), or try again if the connection is unreliable.' % (where, start))


class Envelope:
    """One answer: C(status), C(code) (text or None), C(said) (the device's own words, as they came), and C(result) (what xmltodict makes of it, or None).

    C(words): what it said, in one line, bounded, and without secrets. C(said) is there to be compared, never to be shown.
    """

    def __init__(self, root, clean=NO_SECRETS):
        self.status = root.get('@status')
        code = root.get('@code')
        self.code = code if not code or code in CODES or (code.isdigit() and len(code) < 6) else clean(code)[:20]
        self.root = root
        self.result = root.get('result')
        self._clean = clean

    @property
    def said(self):
        """The message, from whichever of the places of PAN-OS facts 1.5 holds one; blanks folded."""
        return self._joined(lambda text: ' '.join(text.split()))

    @property
    def words(self):
        """As L(said), for people."""
        text = self._joined(self._clean)
        return text if len(text) <= _MAX_WORDS else text[:_MAX_WORDS] + ' ...'

    def _joined(self, form):
        for path in (('msg', 'line'), ('result', 'msg', 'line'), ('result', 'msg'), ('msg',), ('result', 'job', 'details', 'line'), ('response',)):
            texts = []
            length = 0
            for text in _texts(_at(self.root, path)):
                texts.append(form(text))
                length += len(text)
                if length > 4 * _MAX_WORDS:
                    break
            if texts:
                return '; '.join(texts)
        return ''

    def error(self, where, what):
        """Return the DeviceError for an answer without success. :arg what: what was asked, for the sentence."""
        meaning = CODES.get(self.code or '')
        code = ' (code %s%s)' % (self.code, ', ' + meaning if meaning else '') if self.code else ''
        words = self.words
        said = 'said "%s"' % words if words else 'gave no reason'
        return DeviceError('%s refused %s%s: it %s.' % (where, what, code, said), code=self.code, words=words or None)


def parse(body, where, clean=NO_SECRETS):
    """Parse an answer into an L(Envelope).

    :arg body: bytes. :arg where: C(host:port) for messages. :arg clean: callable for texts of the device that go into messages.
    :raises NotAnApi: it is empty, cut off, not XML, declares a document type, or its root is not C(response) with a status.
    """
    body = without_mark(body)
    refuse_document_type(body, where)
    try:
        # No name spaces are used by the API; xmltodict strips the line feeds and blanks that PAN-OS puts around texts (PAN-OS facts 8.11).
        document = xmltodict.parse(body, encoding='utf-8')
    except Exception:  # pylint: disable=broad-except
        # xmltodict hands on whatever its parser raises: ExpatError, ValueError for entities, RecursionError on absurd depth
        raise not_xml(where, body, clean) from None
    root = (document or {}).get('response')
    if not isinstance(root, dict) or not root.get('@status'):
        raise _other_xml(where)
    return Envelope(root, clean)


def elements(body, where, clean=NO_SECRETS):
    """Parse an answer on the hot path: pages of registrations and answers to User-ID messages. Return its C(response) element.

    Measured, so not xmltodict: 100,000 addresses with 5 tags are 200 pages; parsing them and walking the elements takes 0.45 s of CPU with ElementTree (C),
    0.6 s with handlers on xml.parsers.expat and 1.8 s with xmltodict (Python 3.11; all on the same shared server core).

    :arg body: bytes. :arg where: C(host:port) for messages.
    :raises NotAnApi: as L(parse).
    """
    body = without_mark(body)
    refuse_document_type(body, where)
    parser = ElementTree.XMLParser(encoding='utf-8')
    try:
        parser.feed(body)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise not_xml(where, body, clean) from None
    if root.tag != 'response' or not root.get('status'):
        raise _other_xml(where)
    return root


def _other_xml(where):
    return NotAnApi('%s answered with XML that is not an answer of the PAN-OS XML API (no response element with a status). Check O(ip_address) and O(port).'
                    % where)


def _at(node, path):
    """Return what lies under O(path); lists on the way are gone through."""
    for name in path:
        if isinstance(node, list):
            node = [item.get(name) for item in node if isinstance(item, dict)]
        elif isinstance(node, dict):
            node = node.get(name)
        else:
            return None
    return node


def _texts(node, depth=0):
    """Yield every text below O(node); attributes are left out except an entry's address and message. What lies absurdly deep is left out."""
    if isinstance(node, str):
        if node.strip():
            yield node
    elif depth > _MAX_DEPTH:
        return
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item, depth + 1)
    elif isinstance(node, dict):
        if '@message' in node:
            yield '%s %s' % (node.get('@ip', ''), node['@message'])
        for name, item in node.items():
            if not name.startswith('@'):
                yield from _texts(item, depth + 1)
