# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a device, or something in its place, answers: reading ends with a result or with an error of the family, never with another exception."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import envelope
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.dag import read_groups, read_vsys_names
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.high_availability import read_ha
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.registered_ip import Message, read_count, read_table, send
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.system import read_system
from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils import panos_samples as samples

NAMES = st.sampled_from([
    'result', 'msg', 'line', 'entry', 'tag', 'member', 'count', 'system', 'sw-version', 'model', 'serial', 'hostname', 'multi-vsys', 'enabled', 'group',
    'local-info', 'peer-info', 'state', 'mode', 'mgmt-ip', 'dyn-addr-grp', 'device-groups', 'address-group', 'group-name', 'vsys', 'filter', 'member-list',
    'uid-response', 'payload', 'register', 'unregister', 'job', 'details', 'response', 'outfile', 'a'])
TEXTS = st.one_of(st.sampled_from(['', 'yes', 'no', 'on', 'active', '10.2.9-h1', '1', '10.0.0.1', '10.0.0.0/8', 'x', '\n', '\u00b2', 'Panorama']),
                  st.text(st.characters(min_codepoint=32, blacklist_categories=('Cs', 'Cc'), blacklist_characters='\ufffe\uffff'), max_size=8))
ATTRIBUTES = st.dictionaries(st.sampled_from(['ip', 'name', 'type', 'message', 'status', 'code', 'persistent']), TEXTS, max_size=3)


def element(name, attributes, inside):
    """The text of one element."""
    return '<%s%s>%s</%s>' % (name, ''.join(' %s=%s' % (key, quoteattr(value)) for key, value in attributes.items()), inside, name)


TREES = st.recursive(TEXTS.map(escape), lambda inner: st.lists(st.builds(element, NAMES, ATTRIBUTES, inner), max_size=4).map(''.join), max_leaves=12)
ANSWERS = st.builds(lambda status, code, result, inside: '<response status="%s"%s>%s</response>' % (
    status, code, '<result>%s</result>' % inside if result else inside), st.sampled_from(['success', 'success', 'success', 'error', 'unauth', 'x']),
    st.sampled_from(['', ' code="7"', ' code="17"', ' code="22"', ' code="\u00b2"']), st.booleans(), TREES)

READERS = {
    'system': read_system, 'ha': lambda client: read_ha(client, False), 'ha of a Panorama': lambda client: read_ha(client, True),
    'groups': lambda client: read_groups(client, 'vsys1'), 'groups of all': lambda client: read_groups(client, None), 'names': read_vsys_names,
    'count': lambda client: read_count(client, 'vsys1'), 'table': lambda client: read_table(client, 'vsys1', lambda text: None),
    'writing': lambda client: send(client, 'vsys1', Message([('10.0.0.1', ('a',))], [('10.0.0.2', ('b', 'c'))])),
}


def answered(read, body):
    """Read from a device that always answers this; what comes back, or an error of the family."""
    try:
        return read(samples.client(lambda form: body, patient=False))
    except MicrosegError as exc:
        assert exc.message and '\x1b' not in exc.message
        return exc


@pytest.mark.parametrize('name', sorted(READERS))
@settings(max_examples=80, deadline=None)
@example(samples.SYSTEM)
@example(samples.SYSTEM.replace('10.2.9-h1', '9' * 5000))
@example(samples.counted(1).replace('>1<', '>%s<' % ('9' * 5000)))
@example(samples.counted(1).replace('>1<', '>\u00b2<'))
@given(ANSWERS)
def test_any_answer(name, body):
    answered(READERS[name], body)


def deep(name, inside, times=20000):
    """An element inside of itself, often."""
    return '<%s>' % name * times + inside + '</%s>' % name * times


@pytest.mark.parametrize('name', sorted(READERS))
@pytest.mark.parametrize('body', [
    '<response status="success"><result>%s</result></response>' % deep('a', 'x'),
    '<response status="success"><result>%s</result></response>' % deep('entry', 'x'),
    '<response status="success"><result><system>%s</system></result></response>' % deep('model', 'x'),
    '<response status="error"><msg>%s</msg></response>' % deep('line', 'x'),
    '<response status="error"><msg><line>%s</line></msg></response>' % deep('uid-response', '<entry ip="1" message="m"/>'),
    '<response status="success"><result><dyn-addr-grp>%s</dyn-addr-grp></result></response>' % deep('entry', 'x'),
    deep('response', 'x'), '<response status="success">' + '<a>' * 100000,
], ids=['result', 'entries', 'leaf', 'message', 'failures', 'groups', 'root', 'without end'])
def test_answers_of_absurd_depth(name, body):
    answered(READERS[name], body)


@pytest.mark.parametrize('command, words', [
    ('<show><system><info></info></system></show>', 'the command "show system info"'),
    ('<show><system><info/></system></show>', 'the command "show system info"'),
    ('<show><object><registered-ip><all><option>count</option></all></registered-ip></object></show>',
     'the command "show object registered-ip all option count"'),
    ('<show>%s</show>' % ('<long/>' * 50), 'a command'), ('', 'a command'),
])
def test_commands_in_words(command, words):
    assert envelope.in_words(command) == words
