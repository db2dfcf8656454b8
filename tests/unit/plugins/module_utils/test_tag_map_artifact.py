# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tag_map import render
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError
from ansible_collections.zerotrust.microseg.plugins.module_utils._collector import collector_at_rest
from ansible_collections.zerotrust.microseg.plugins.module_utils._tag_map_artifact import (
    LeftOut, WorkloadsArtifact, digest_tag_map, read_tag_map, write_tag_map,
)

LINES = [
    {'dimension': 'env'}, {'dimension': 'os'},
    {'label': '/orgs/1/labels/1', 'key': 'env', 'value': 'Production'}, {'label': '/orgs/1/labels/2', 'key': 'env', 'value': 'Zürich "1"'},
    {'label_group': 'all', 'key': 'env', 'labels': [0, 1]},
]
COUNTS = {'dimensions': 2, 'labels': 2, 'label_groups': 1}


def workload(number, labels=(0,), interfaces=None, **more):
    """One compact row."""
    row = {'href': '/orgs/1/workloads/%04d' % number, 'name': 'web%d' % number, 'managed': True, 'online': True, 'enforcement_mode': 'full',
           'last_seen': '2026-11-22T16:59:00Z', 'created_at': '2026-11-22T16:00:00Z', 'labels': list(labels),
           'interfaces': interfaces or [['eth0', '10.0.%d.%d' % divmod(number, 256)]]}
    return dict(row, **more)


def write_workloads(path, rows, lines=None, **counts):
    """Write a workloads artifact; counts may lie."""
    with _artifact.ArtifactWriter(str(path), _artifact.WORKLOADS, {'gathered_at': '2026-11-22T17:00:00Z'}) as writer:
        for row in (LINES if lines is None else lines) + rows:
            writer.row(row)
        writer.counts = dict(COUNTS, workloads=len(rows), **counts)
    return str(path)


def render_file(path, **options):
    """Render a workloads artifact; returns the rendered tag map and what was left out."""
    workloads = WorkloadsArtifact(path)
    left_out = LeftOut()
    with workloads.understood():
        return render(workloads.rows(), workloads.labels, Rules(**options), left_out), left_out


ROWS = [
    workload(300, created_at='2026-11-22T16:00:01Z'), workload(2, (1,), [['eth"0"', 'fe80::1'], ['eth0', '10.0.0.2'], ['eth1', None]]), workload(3, ()),
    workload(4, (1,), [['eth0', '10.0.1.44']]),
]


@pytest.fixture
def tag_map(tmp_path):
    """Path of a tag map with one of everything."""
    rendered, left_out = render_file(write_workloads(tmp_path / 'workloads.jsonl', ROWS), aliases=['env'], ipv6=True)
    path, digest, counts = write_tag_map(str(tmp_path / 'tag-map.jsonl'), {'gathered_at': '2026-11-22T17:00:00Z'}, rendered, left_out)
    assert (digest, counts) == digest_tag_map(rendered, left_out), 'the digest without a file is that of the file'
    return path


def test_a_tag_map_is_read_back(tag_map):
    found = read_tag_map(tag_map)
    tag = found.registrations['10.0.0.2'][0]
    assert tag.startswith('illumio.env.Zurich _1_~')
    assert found.registrations == {'10.0.0.2': (tag,), '10.0.1.44': ('illumio.env.Production', 'Production')}
    assert list(found.registrations) == ['10.0.0.2', '10.0.1.44']
    assert found.header['gathered_at'] == '2026-11-22T17:00:00Z' and found.path == tag_map
    assert found.digest == json.loads(open(tag_map, 'rb').read().splitlines()[-1])['trailer']['sha256']
    assert found.counts['addresses'] == 2 and found.counts['registrations'] == 3 and found.counts['workloads'] == 4
    assert found.counts['workloads_unlabelled'] == 1 and found.counts['left_out_link_local'] == 1


def test_lines_of_the_report_are_for_people(tag_map):
    rows = [json.loads(line) for line in open(tag_map, 'rb').read().splitlines()[1:-1]]
    assert [next(iter(row)) for row in rows[:2]] == ['address', 'address']
    assert rows[1] == {'address': '10.0.1.44', 'tags': ['illumio.env.Production', 'Production'], 'workloads': ['/orgs/1/workloads/0300'],
                       'names': ['web300']}
    by_kind = {}
    for row in rows[2:]:
        by_kind.setdefault([name for name in ('left_out', 'duplicate', 'invalid_tag', 'alias_not_possible') if name in row][0], []).append(row)
    assert by_kind['left_out'] == [
        {'left_out': '/orgs/1/workloads/0002', 'name': 'web2', 'items': [['eth"0"', 'fe80::1', 'link_local'], ['eth1', None, 'invalid']]},
        {'left_out': '/orgs/1/workloads/0003', 'name': 'web3', 'reason': 'unlabelled'},
        {'left_out': '/orgs/1/workloads/0004', 'name': 'web4', 'reason': 'no_address'},
    ]
    assert [row['invalid_tag'] for row in by_kind['invalid_tag']] == ['env=Zürich "1"']
    assert [row['alias_not_possible'] for row in by_kind['alias_not_possible']] == ['env=Zürich "1"']


def test_duplicates_are_all_in_the_artifact(tmp_path):
    rows = [workload(number, (number % 2,), [['eth0', '10.0.0.%d' % (number // 2)]]) for number in range(100)]
    rendered, left_out = render_file(write_workloads(tmp_path / 'workloads.jsonl', rows), duplicates='union')
    path, _digest, _counts = write_tag_map(str(tmp_path / 'tag-map.jsonl'), {}, rendered, left_out)
    found = [json.loads(line) for line in open(path, 'rb').read().splitlines() if b'"duplicate":' in line]
    assert len(found) == 50
    assert found[7]['duplicate'] == '10.0.0.7' and [item['name'] for item in found[7]['workloads']] == ['web14', 'web15']


def test_many_workloads_go_through_in_batches(tmp_path):
    rendered, left_out = render_file(write_workloads(tmp_path / 'workloads.jsonl', [workload(number) for number in range(1, 1500)]))
    path, _digest, _counts = write_tag_map(str(tmp_path / 'tag-map.jsonl'), {}, rendered, left_out)
    tags = list(read_tag_map(path).registrations.values())
    assert len(tags) == 1499 and all(item is tags[0] for item in tags)


def rewrite(path, change):
    """Write a tag map again with other body lines and a digest that fits them."""
    lines = open(path, 'rb').read().splitlines()
    counts = json.loads(lines[-1])['trailer']['counts']
    with _artifact.ArtifactWriter(path, _artifact.TAG_MAP, {}) as writer:
        for line in change([line for line in lines[1:-1] if line.startswith(b'{"address"')]):
            writer.write(line + b'\n')
        writer.counts = counts


@pytest.mark.parametrize('change,words', [
    (lambda lines: lines[:-1], 'announces 2 addresses and holds 1'),
    (lambda lines: lines + lines[:1], 'names an address twice'),
    (lambda lines: [lines[0], lines[1].replace(b'10.0.1.44', b'10.0.0.2/32')], 'names an address twice'),
    (lambda lines: [lines[0].replace(b'10.0.0.2', b'10.0.0.0/24'), lines[1]], 'not an IPv4 or IPv6 host address'),
    (lambda lines: [lines[0], lines[1].replace(b'"Production"', b'"no quote\\""')], 'a quote'),
    (lambda lines: [lines[0], lines[1].replace(b'"Production"', b'5')], 'holds a line that is none'),
    (lambda lines: [lines[0], lines[1].replace(b',"Production"', b'')], 'announces 3 registrations and holds 2'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44","tags":[]}'], 'needs tags'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44","tags":"illumio"}'], 'holds a line that is none'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44"}'], 'holds a line that is none'),
    (lambda lines: [lines[0], b'{"address":'], 'holds a line that is none'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44","tags":"abc","workloads":[]}'], 'holds a line that is none'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44","tags":["a","bXY,"workloads":[]}'], 'holds a line that is none'),
    (lambda lines: [lines[0], b'{"address":"10.0.1.44","tags":["a","b"},"workloads":[]}'], 'holds a line that is none'),
])
def test_a_tag_map_that_cannot_be_right_is_refused(tag_map, change, words):
    rewrite(tag_map, change)
    with pytest.raises(ArtifactError, match=words):
        read_tag_map(tag_map)


NAMES = st.one_of(st.text(max_size=12), st.sampled_from(['a":b', '],"names":[', '","tags":["x.y"]', '\x1b[2J', ']}', '\u202e\\']))


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=6))
def test_each_address_has_the_names_of_its_workloads_beside_their_hrefs(tmp_path_factory, twins):
    """Whatever a name holds: it stands there as the PCE tells it, in the order of the hrefs, and never disturbs who reads the tags only."""
    folder = tmp_path_factory.mktemp('names')
    rows = [workload(10 * number + twin, (0,), [['eth0', '10.0.0.%d' % (number + 1)]], name=name)
            for number, pair in enumerate(twins) for twin, name in enumerate(pair)]
    rendered, left_out = render_file(write_workloads(folder / 'workloads.jsonl', rows), label_keys=['env'])
    path, _digest, _counts = write_tag_map(str(folder / 'tag-map.jsonl'), {}, rendered, left_out)
    found = [row for row in map(json.loads, open(path, 'rb').read().splitlines()[1:-1]) if 'address' in row]
    named = {row['href']: row['name'] for row in rows}
    assert [row['names'] for row in found] == [[named[href] for href in row['workloads']] for row in found] == [list(pair) for pair in twins]
    assert read_tag_map(path).registrations == {'10.0.0.%d' % (number + 1): ('illumio.env.Production',) for number in range(len(twins))}


@pytest.mark.parametrize('name', [None, 5, ['web']])
def test_a_name_that_is_none_is_said_of_the_file(tmp_path, name):
    path = write_workloads(tmp_path / 'workloads.jsonl', [workload(1, name=name)])
    with pytest.raises(ArtifactError, match='workloads.jsonl holds a line that is no workload'):
        workloads = WorkloadsArtifact(path)
        with workloads.understood():
            digest_tag_map(render(workloads.rows(), workloads.labels, Rules()), LeftOut())


@pytest.mark.parametrize('line', [
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":["x"],"names":["n"]}', b'{"address":"10.0.0.7","tags":["a.b"],"workloads":[],"names":[]}',
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":["x"],"names":["n"],"tags":["a.c"],"z":[]}',
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":["x"],"tags":["a.c"]}',
    b'{"address": "10.0.0.7","tags":["a.b"],"workloads":["x"],"names":["n"]}',
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":["x"]}', b'{"address":"10.0.0.7","tags":["a.b","c\\u0041"],"workloads":["x","y"]}',
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":["x"],"tags":["a.c"],"z":[]}',
    b'{"address":"10.0.0.7","tags":["a.b"],"workloads":[],"address":"10.0.0.8"}',
    b'{"address":"10.0.0.7", "tags": ["a.b", "c"], "workloads": []}', b'{"address":"10.0.0.7","workloads":["x"],"tags":["a.b"]}',
    b'{"address":"10.0.0.7","tags":["a]","b"],"workloads":["],"]}',
    b'{"address":"10.0.0.7","more":{"tags":["x"],"workloads":[]},"tags":["a.b"],"workloads":[]}',
])
def test_lines_of_other_programs_are_read_as_json_is(tag_map, line):
    row = json.loads(line)
    with _artifact.ArtifactWriter(tag_map, _artifact.TAG_MAP, {}) as writer:
        writer.write(line + b'\n')
        writer.counts = {'addresses': 1, 'registrations': len(row['tags'])}
    assert read_tag_map(tag_map).registrations == {row['address']: tuple(row['tags'])}


@pytest.mark.parametrize('cut', [1, 30, 200, 400])
def test_a_tag_map_that_was_cut_off_is_refused(tag_map, cut):
    content = open(tag_map, 'rb').read()
    with open(tag_map, 'wb') as stream:
        stream.write(content[:-cut])
    with pytest.raises(ArtifactError):
        read_tag_map(tag_map)


def test_a_changed_byte_is_noticed(tag_map):
    content = open(tag_map, 'rb').read()
    with open(tag_map, 'wb') as stream:
        stream.write(content.replace(b'10.0.1.44', b'10.0.1.45'))
    with pytest.raises(ArtifactError, match='was changed'):
        read_tag_map(tag_map)


@pytest.mark.parametrize('rows,lines,counts,words', [
    ([workload(1)], None, {'labels': 3}, 'announces 3 labels and holds 2'),
    ([workload(1)], None, {'dimensions': 0}, 'announces 0 dimensions'),
    ([workload(1, (7,))], None, {}, 'IndexError'),
    ([{'href': 'x'}], None, {}, 'KeyError'),
    ([5], None, {}, 'holds a line'),
    ([workload(1, (0,), [['eth0']])], None, {}, 'ValueError'),
    ([workload(1)], [{'label': 'x'}], {}, 'KeyError'),
])
def test_workloads_that_cannot_be_right_are_refused(tmp_path, rows, lines, counts, words):
    path = tmp_path / 'workloads.jsonl'
    with _artifact.ArtifactWriter(str(path), _artifact.WORKLOADS, {}) as writer:
        for row in (LINES if lines is None else lines) + rows:
            writer.row(row)
        writer.counts = dict(dict(COUNTS, workloads=len(rows)), **counts)
    with pytest.raises(ArtifactError, match=words):
        render_file(str(path))


def test_workloads_that_were_cut_off_never_become_a_tag_map(tmp_path):
    path = write_workloads(tmp_path / 'workloads.jsonl', [workload(number) for number in range(1, 50)])
    content = open(path, 'rb').read()
    for cut in (1, 100, 1000, 5000):
        with open(path, 'wb') as stream:
            stream.write(content[:-cut])
        with pytest.raises(ArtifactError):
            render_file(path)


def test_the_collector_is_back_afterwards():
    assert gc.isenabled()
    with pytest.raises(KeyError):
        with collector_at_rest():
            assert not gc.isenabled()
            raise KeyError()
    assert gc.isenabled()
