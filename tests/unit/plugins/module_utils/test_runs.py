# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs that a folder keeps."""

from __future__ import annotations

import datetime
import json

import pytest

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._record.run import collection_version, run
from ansible_collections.zerotrust.microseg.plugins.module_utils._runs import name_latest, prune, read_result, run_name, started_at, write_result

NOW = datetime.datetime(2026, 11, 22, 17, 0, 0, tzinfo=datetime.timezone.utc)


def folder(base, minutes, changed=False, check_mode=False, finished=True):
    """A run that began so many minutes ago."""
    path = base / 'runs' / run_name(NOW - datetime.timedelta(minutes=minutes), '%08x' % minutes)
    path.mkdir(parents=True)
    if finished:
        write_result(str(path), {'check_mode': check_mode}, [{'host': 'fw1', 'changed': changed}])
    return path


def test_a_name_is_a_time_and_an_id():
    assert run_name(NOW, '1f2e3d4c') == '20261122T170000Z-1f2e3d4c'
    assert started_at('20261122T170000Z-1f2e3d4c') == NOW
    assert [started_at(name) for name in ('latest', '20269922T170000Z-1f2e3d4c', '20261122T170000Z', 'x20261122T170000Z-1f2e3d4c')] == [None] * 4


def test_batches_of_one_run_share_one_result(tmp_path):
    first = write_result(str(tmp_path), {}, [{'host': 'fw1', 'changed': True, 'plan': {'digest': 'a'}}])
    both = write_result(str(tmp_path), {}, [{'host': 'fw2', 'changed': False, 'plan': {'digest': 'b'}}])
    assert [each['host'] for each in both['targets']] == ['fw1', 'fw2'] and both['changed'] and both['digest'] != first['digest']
    assert read_result(str(tmp_path)) == json.loads((tmp_path / 'result.json').read_text())
    assert (tmp_path / 'result.json').stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize('text', ['', '{', '[]', '{"format": "another"}', '[' * 100000])
def test_a_broken_result_is_no_result(tmp_path, text):
    (tmp_path / 'result.json').write_text(text)
    assert read_result(str(tmp_path)) == {}


def test_latest_names_the_newest_run(tmp_path):
    for minutes in (2, 1):
        path = folder(tmp_path, minutes)
        name_latest(str(path))
        assert (tmp_path / 'latest').resolve() == path


def test_old_runs_go_and_the_newest_stay(tmp_path):
    paths = [folder(tmp_path, minutes) for minutes in range(10, 0, -1)]
    removed = prune(str(tmp_path / 'runs'), 3, NOW)
    assert [path.exists() for path in paths] == [False] * 7 + [True] * 3 and len(removed) == 7


def test_runs_that_changed_nothing_never_push_out_the_last_ten_that_did(tmp_path):
    changing = [folder(tmp_path, 100 + minutes, changed=True) for minutes in range(12)]
    checked = folder(tmp_path, 99, changed=True, check_mode=True)
    for minutes in range(1, 30):
        folder(tmp_path, minutes)
    prune(str(tmp_path / 'runs'), 5, NOW)
    assert [path.exists() for path in changing] == [True] * 10 + [False] * 2 and not checked.exists()
    assert len(list((tmp_path / 'runs').iterdir())) == 15


def test_what_is_not_a_finished_run_is_left_alone(tmp_path):
    at_work, dead = folder(tmp_path, 60, finished=False), folder(tmp_path, 2000, finished=False)
    other = tmp_path / 'runs' / 'notes'
    other.mkdir()
    outside = tmp_path / 'precious'
    outside.mkdir()
    link = tmp_path / 'runs' / run_name(NOW - datetime.timedelta(days=9), 'ffffffff')
    link.symlink_to(outside)
    folder(tmp_path, 1)
    assert prune(str(tmp_path / 'runs'), 1, NOW) == [dead.name]
    assert at_work.exists() and other.exists() and link.is_symlink() and outside.exists()
    assert prune(str(tmp_path / 'nowhere'), 1, NOW) == []


def test_a_result_says_who_when_which_versions_and_what(tmp_path):
    path = tmp_path / 'runs' / '20261122T165900Z-1f2e3d4c'
    told = []
    result = run({'path': str(path), 'keep': 10, 'targets': [{'host': 'fw1', 'state': 'in_sync', 'plan': {'digest': 'd'}}],
                  'run': {'check_mode': True, 'ansible_version': '2.19.1', 'user': 'alice', 'job': 7,
                          'tag_map': {'sha256': 'x', 'scope': 's', 'folder': 'secret place', 'done': []}}}, told.append, NOW)
    kept = read_result(str(path))
    assert not told and result['id'] == kept['id'] == path.name and result['digest'] and result['digest'] == kept['digest']
    assert (kept['started_at'], kept['ended_at'], kept['check_mode']) == ('2026-11-22T16:59:00Z', '2026-11-22T17:00:00Z', True)
    assert (kept['by']['user'], kept['by']['job'], kept['versions']['ansible-core']) == ('alice', 7, '2.19.1')
    assert kept['versions']['collection'] and kept['versions']['collection'] == collection_version()
    assert kept['tag_map']['sha256'] == 'x' and 'folder' not in kept['tag_map']
    assert kept['targets'][0]['state'] == 'in_sync' and not result['changed']


def test_a_result_that_cannot_be_kept_is_a_warning(tmp_path):
    (tmp_path / 'runs').write_text('a file')
    told = []
    result = run({'path': str(tmp_path / 'runs' / '20261122T165900Z-1f2e3d4c'), 'keep': 10, 'targets': [], 'run': {}}, told.append, NOW)
    assert len(told) == 1 and 'is not kept' in told[0] and told[0].endswith('in path.') and result['digest'] is None


@pytest.mark.parametrize('changes', [{'path': '/tmp/elsewhere'}, {'keep': 0}])
def test_options_that_make_no_sense(tmp_path, changes):
    with pytest.raises(OptionError):
        run({'path': str(tmp_path / 'runs' / '20261122T165900Z-1f2e3d4c'), 'keep': 10, 'targets': [], 'run': {}, **changes}, print, NOW)


def test_the_link_is_not_put_in_the_place_of_a_folder(tmp_path):
    (tmp_path / 'latest').mkdir()
    with pytest.raises(ArtifactError):
        name_latest(str(folder(tmp_path, 1)))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith('latest.')]
