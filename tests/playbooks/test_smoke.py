# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job once: check, run, run again on firewalls that refuse writes, verify by reading the devices."""

from __future__ import annotations


def test_check_run_run_again_verify(site):
    assert not site.tags('fw1')

    predicted = site.run('--check', '--diff')
    assert predicted.code == 0 and predicted.states() == {'fw1': 'changed', 'fw2': 'changed'}, predicted.text
    assert not site.writes() and not site.tags('fw1')

    first = site.run()
    assert first.code == 0 and first.states() == {'fw1': 'changed', 'fw2': 'changed'}, first.text
    assert site.tags('fw1') and site.tags('fw1') == site.tags('fw2')
    assert len(site.claims('fw1')) == 1

    site.control.read_only(None, True)
    for arguments in ((), ('--check',)):
        again = site.run(*arguments)
        assert again.code == 0 and again.states() == {'fw1': 'in_sync', 'fw2': 'in_sync'}, again.text
        assert again.changed('fw1') == again.changed('fw2') == 0
    assert not site.control.violations()


def test_teardown_removes_what_sync_registered_and_nothing_else(site):
    site.control.mutate('register', device='fw1', address='10.250.0.1', tags=['quarantine'])
    assert site.run().code == 0
    assert site.run(playbook='zerotrust.microseg.teardown').code != 0  # not confirmed
    shown = site.run('--check', '--diff', playbook='zerotrust.microseg.teardown')
    assert shown.code == 0 and site.tags('fw1'), shown.text
    ended = site.run('-e', 'dag_sync_teardown_confirm=illumio.', playbook='zerotrust.microseg.teardown')
    assert ended.code == 0, ended.text
    assert site.table('fw1') == {'10.250.0.1': {'quarantine'}} and not site.claims('fw1') and not site.table('fw2')
