# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tag map as a file: address lines in address order, then lines that say what was left out and why.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import contextlib
import hashlib
import json
import sys
from json.encoder import encode_basestring_ascii as quote

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import normalise
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.labels import Labels
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import duplicate_row, unusual_row
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import legal
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError

# An address line as body() writes it, taken apart without decoding it: 0.15 s for 150,000 addresses, 0.7 s by json.loads (Python 3.11). Inside a JSON text
# a quote is escaped, so nothing in a tag can look like the end of the tags.
_ADDRESS = b'{"address":'
_TAGS = b'","tags":'
_WORKLOADS = b',"workloads":['
_NAMES = b'],"names":['

TagMap = collections.namedtuple('TagMap', ('header', 'registrations', 'digest', 'counts', 'path'))
TagMap.__doc__ = """A tag map: C(header) (rules, scope, source, run_id, gathered_at), C(registrations) (address to tuple of tags, in address
order; equal tuples are one object), C(digest) (SHA-256 of the body), C(counts) of the trailer, and C(path)."""


def _decoded(blocks):
    """Yield the objects of blocks of body lines, decoded by one call for each: half the cost of one call per line. ValueError where a line is not JSON."""
    for block in blocks:
        if block:
            yield from json.loads('[%s]' % block.rstrip(b'\n').replace(b'\n', b',').decode('utf-8'))


class WorkloadsArtifact:
    """The workloads that V(illumio_workload_facts) wrote: C(header) and C(labels) at once, then the rows one by one, once.

    :arg path: the file.
    :raises ArtifactError: missing, another format, cut off, or not of its shape.
    """

    def __init__(self, path):
        self._reader = _artifact.ArtifactReader(path, _artifact.WORKLOADS)
        self.header = self._reader.header
        self.path = self._reader.path
        self._rows = _decoded(self._reader.blocks())
        self._first = None
        dimensions, labels, groups = [], [], 0
        try:
            for row in self._rows:
                if 'label' in row:
                    labels.append((row['key'], row['value']))
                elif 'dimension' in row:
                    dimensions.append(row['dimension'])
                elif 'label_group' in row:
                    groups += 1  # selectors name labels, not groups
                else:
                    self._first = row
                    break
        except (KeyError, TypeError, ValueError) as exc:
            raise self._misshapen(exc) from exc
        self.labels = Labels(labels, dimensions)
        self._counts = {'dimensions': len(dimensions), 'labels': len(labels)}
        if groups:
            self._counts['label_groups'] = groups

    def rows(self):
        """Yield the compact workload rows; after the last one, digest and counts have been compared.

        :raises ArtifactError: changed since it was written, cut off, or another number of rows than announced.
        """
        total = 0
        if self._first is not None:
            yield self._first
            self._first = None
            total = 1
        for row in self._rows:
            total += 1
            yield row
        self._reader.expect(workloads=total, **self._counts)

    @contextlib.contextmanager
    def understood(self):
        """Turn what goes wrong when a row has not its shape into an error that names the file."""
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
            raise self._misshapen(exc) from exc

    def _misshapen(self, exc):
        return ArtifactError('The artifact %s holds a line that is no workload, label or dimension (%s: %s). Make it again; nothing was changed.'
                             % (self.path, type(exc).__name__, exc), path=self.path)


class LeftOut:
    """Take note of what is left out, as finished lines in C(blocks): one line for each workload concerned, 0.15 s for 100,000 (Python 3.11)."""

    def __init__(self):
        self.blocks = []
        self._lines = []

    def __call__(self, href, name, items, reason):
        """Note one workload; the arguments are those of C(left_out) of R(render)."""
        try:
            listed = '' if items is None else ',"items":[%s]' % ','.join(
                [f'[{quote(interface)},{quote(text)},"{why}"]' for interface, text, why in items])
            line = f'{{"left_out":{quote(href)},"name":{quote(name)}{listed}'
        except TypeError:  # a user's own list may hold anything
            line = _artifact.dump(dict({'left_out': href, 'name': name}, **({} if items is None else {'items': items}))).decode('ascii')[:-1]
        self._lines.append(line + ('}\n' if reason is None else ',"reason":"%s"}\n' % reason))
        if len(self._lines) >= 4096:
            self.flush()

    def flush(self):
        """Join the lines so far into one block of bytes."""
        if self._lines:
            self.blocks.append(''.join(self._lines).encode('ascii'))
            self._lines = []


def body(rendered, left_out, counts):
    """Yield the body of a tag map artifact in blocks of whole lines, and complete O(counts) on the way.

    :arg rendered: R(RenderedTagMap). :arg left_out: R(LeftOut). :arg counts: dict, becomes the trailer's counts.
    """
    spelt = {}
    lines = []
    addresses = total = 0
    for address, tags, workloads in rendered.registrations():
        encoded = spelt.get(tags)
        if encoded is None:
            encoded = spelt[tags] = ','.join(map(quote, tags))
        if len(workloads) == 1:
            workload = workloads[0]
            lines.append(f'{{"address":"{address}","tags":[{encoded}],"workloads":[{quote(workload.href)}],"names":[{quote(workload.name)}]}}\n')
        else:
            hrefs, names = (','.join(map(quote, texts)) for texts in zip(*[(workload.href, workload.name) for workload in workloads]))
            lines.append(f'{{"address":"{address}","tags":[{encoded}],"workloads":[{hrefs}],"names":[{names}]}}\n')
        addresses += 1
        total += len(tags)
        if len(lines) >= 4096:
            yield ''.join(lines).encode('ascii')
            lines = []
    yield ''.join(lines).encode('ascii')
    left_out.flush()
    yield from left_out.blocks
    for address, decision in rendered.duplicates():
        row = duplicate_row(address, decision)
        row['duplicate'] = row.pop('address')
        yield _artifact.dump(row) + b'\n'
    for kind, items in (('invalid_tag', rendered.unusual), ('alias_not_possible', rendered.without_alias)):
        for item in items:
            row = unusual_row(item)
            row[kind] = row.pop('label')
            yield _artifact.dump(row) + b'\n'
    counts.update(addresses=addresses, registrations=total, workloads=rendered.workloads['total'])
    counts.update(('workloads_' + name, number) for name, number in rendered.workloads.items() if name != 'total')
    counts.update(('left_out_' + name, number) for name, number in rendered.left_out.items())


def write_tag_map(path, header, rendered, left_out):
    """Write the artifact and return (absolute path, digest, counts).

    :raises ArtifactError: it cannot be written.
    """
    with _artifact.ArtifactWriter(path, _artifact.TAG_MAP, header) as writer:
        for block in body(rendered, left_out, writer.counts):
            writer.write(block)
    return writer.path, writer.sha256, writer.counts


def digest_tag_map(rendered, left_out):
    """Return (digest, counts) that the artifact would have, without writing it."""
    digest = hashlib.sha256()
    counts = {}
    for block in body(rendered, left_out, counts):
        digest.update(block)
    return digest.hexdigest(), counts


def read_tag_map(path, reader=None):
    """Return the R(TagMap) of a file that V(dag_tag_map) wrote.

    Lines of the report are skipped unparsed. Age is the caller's business (R(ArtifactReader.age)).

    :arg path: the file.
    :arg reader: an R(ArtifactReader) of that file, when the caller has looked at its header already.
    :raises ArtifactError: missing, another format, cut off, changed, with other counts than announced, or with an
        address or tag that PAN-OS would not take.
    """
    reader = reader or _artifact.ArtifactReader(path, _artifact.TAG_MAP)
    registrations = {}
    shared = {}  # tags as they are spelt -> tuple
    names = {}   # a tag as it is spelt, without quotes -> tag; legal ones only
    total = rows = 0
    try:
        for block in reader.blocks():
            for address, spelling in _addresses(block):
                tags = shared.get(spelling)
                if tags is None:
                    tags = shared[spelling] = _tags(spelling, names)
                registrations[normalise(address)] = tags
                rows += 1
                total += len(tags)
    except (ValueError, KeyError, TypeError) as exc:
        raise ArtifactError('The tag map %s holds a line that is none (%s). Make it again; nothing was changed.' % (reader.path, exc),
                            path=reader.path) from exc
    if rows != len(registrations):
        raise ArtifactError('The tag map %s names an address twice. Make it again; nothing was changed.' % reader.path, path=reader.path)
    reader.expect(addresses=rows, registrations=total)
    return TagMap(reader.header, registrations, reader.sha256, reader.counts, reader.path)


def _addresses(block):
    """Yield (address, JSON text of its tags) of the address lines of a block; ValueError, KeyError or TypeError where one is none."""
    if _ADDRESS not in block:
        return  # the report, which comes after the addresses
    opening = _ADDRESS + b'"'
    start, after_tags, after_workloads, key_of_names = len(opening), len(_TAGS), len(_WORKLOADS), _NAMES.index(b'":')
    for line in block.split(b'\n'):
        if line.startswith(opening):
            tags = line.find(_TAGS)
            workloads = line.find(_WORKLOADS, tags)
            key = line.find(b'":', workloads + after_workloads)  # the names, or nothing in an earlier release; anything else might name the tags again
            if -1 < tags < workloads and line.endswith(b']}') and (
                    key < 0 or line.startswith(_NAMES, key - key_of_names) and line.find(b'":', key + 1) < 0):
                yield line[start:tags].decode('ascii'), line[tags + after_tags:workloads]
                continue
        elif not line.startswith(_ADDRESS):
            continue
        row = json.loads(line)  # another program wrote it, with other blanks or in another order
        yield row['address'], json.dumps(row['tags'], separators=(',', ':')).encode('ascii')


def names_of(path, addresses):
    """Return the names of the workloads behind some addresses: dict address -> list of str, without those that have none.

    Only people read them, in a diff: a line that has none, or another shape, is passed over, and so is a file that is gone by now.

    :arg path: the file. :arg addresses: container of canonical addresses.
    """
    found = {}
    opening = _ADDRESS + b'"'
    try:
        for block in _artifact.ArtifactReader(path, _artifact.TAG_MAP).blocks():
            for line in block.split(b'\n') if _ADDRESS in block else ():
                if line.startswith(opening):
                    address = line[len(opening):line.find(b'"', len(opening))].decode('ascii', 'replace')
                    names = _names(line) if address in addresses else None
                    if names:
                        found[address] = names
    except ArtifactError:
        pass
    return found


def _names(line):
    try:
        names = json.loads(line).get('names')
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str) and name] if isinstance(names, list) else []


def _tags(spelling, names):
    """Return the tuple of tags that a JSON list spells; ValueError where they are none.

    :arg spelling: bytes. :arg names: dict that tags are added to: a combination of known ones is not decoded again.
    """
    tags = None
    if spelling.startswith(b'["') and spelling.endswith(b'"]'):
        try:
            tags = tuple([names[name] for name in spelling[2:-2].split(b'","')])
        except KeyError:
            pass
    if tags is None:
        listed = json.loads(spelling)
        if not isinstance(listed, list):
            raise TypeError('tags are a list')
        tags = tuple(map(sys.intern, listed))
        for tag in tags:
            why = legal(tag)
            if why is not None:
                raise ValueError('%r cannot be a tag: %s' % (tag, why))
            name = quote(tag)[1:-1].encode('ascii')
            if b'\\' not in name:
                names[name] = tag
    if not tags or len(set(tags)) != len(tags):
        raise ValueError('an address needs tags, each once')
    return tags
