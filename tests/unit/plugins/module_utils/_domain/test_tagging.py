# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import MAX_TAG, Tag, TagTemplate, legal, sanitise
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError

# Texts that are likely to collide: pieces of templates and hashes, look-alikes, blanks, quotes, and anything else that JSON can hold.
PIECES = st.sampled_from(['a', 'n', 'o', 't', '.', '..', '=', ' ', '  ', '\u00a0', 'é', 'e\u0301', 'ß', '"', "'", '_', '~', '~0123456789ab', 'illumio.',
                          'env', 'Ａ', '\t', '\n', '\0',
                          '\ud800', 'x' * 60, 'y' * 127])
TEXTS = st.one_of(st.lists(PIECES, max_size=4).map(''.join), st.text(max_size=140))
LABELS = st.tuples(TEXTS, TEXTS)
LITERALS = st.text(alphabet='an.=:~ _/-', min_size=1, max_size=4)
TEMPLATES = st.one_of(
    st.just('illumio.{key}.{value}'),
    st.builds('{}{{key}}{}{{value}}{}'.format, LITERALS, LITERALS, st.one_of(st.just(''), LITERALS)),
)
HASHED = re.compile(r'~[0-9a-f]{12}\Z')


def template_of(text):
    """The template, or nothing to test where the text is none."""
    try:
        return TagTemplate(text)
    except OptionError:
        assume(False)


@given(TEMPLATES, LABELS, LABELS)
def test_two_labels_never_become_one_tag(text, one, other):
    template = template_of(text)
    assert (template.tag(*one).text == template.tag(*other).text) == (one == other)


@given(TEMPLATES, TEXTS)
def test_moving_the_border_between_key_and_value_makes_another_tag(text, joined):
    template = template_of(text)
    tags = {template.tag(joined[:cut], joined[cut:]).text for cut in range(len(joined) + 1)}
    assert len(tags) == len(joined) + 1


@given(TEMPLATES, LABELS)
def test_a_tag_is_legal_and_in_the_namespace(text, label):
    template = template_of(text)
    tag = template.tag(*label)
    assert legal(tag.text) is None
    assert tag.text.startswith(template.namespace)
    assert (HASHED.search(tag.text) is not None) == (tag.why is not None)


@given(TEMPLATES, LABELS)
def test_a_plain_tag_spells_its_label_and_is_read_back(text, label):
    template = template_of(text)
    tag = template.tag(*label)
    if tag.why is None:
        assert tag.text == text.replace('{key}', '\0').replace('{value}', label[1]).replace('\0', label[0]) or '\0' in ''.join(label)
        assert template.label_of(tag.text) == label
    else:
        assert template.label_of(tag.text) is None


@given(TEMPLATES, TEXTS)
def test_any_text_is_a_plain_tag_or_not_ours(text, tag):
    template = template_of(text)
    label = template.label_of(tag)
    if label is not None:
        assert template.tag(*label) == Tag(tag, None)


@given(TEMPLATES, LABELS, st.booleans())
def test_an_alias_is_derivable_from_the_tag_beside_it(text, label, wanted):
    template = template_of(text)
    tag = template.tag(*label).text
    alias = template.alias(*label)
    assert template.alias_of(tag, {label[0]} if wanted else {'other' + label[0]}) == (alias if wanted else None)
    if alias is not None:
        assert alias == label[1] and legal(alias) is None and not alias.startswith(template.namespace)


def slowly_legal(tag):
    """The rules of PAN-OS, said once more in another way."""
    return (0 < len(tag) <= 127 and all(' ' <= letter <= '~' and letter not in '\'"' for letter in tag) and tag == tag.strip(' ') and '  ' not in tag
            and not re.fullmatch('and|or|not', tag, re.IGNORECASE))


@given(st.one_of(TEXTS, st.sampled_from(['and', 'OR', 'Not', 'nota', '~', '~~'])))
def test_what_is_legal(tag):
    assert (legal(tag) is None) == slowly_legal(tag)


@given(TEXTS)
def test_sanitising_leaves_what_a_tag_may_hold(text):
    clean = sanitise(text)
    assert sanitise(clean) == clean
    if slowly_legal(text):
        assert clean == text


@pytest.mark.parametrize('label,expected', [
    (('env', 'Production'), Tag('illumio.env.Production', None)),
    (('Net', 'Server-172.16.15'), Tag('illumio.Net.Server-172.16.15', None)),
    (('app', 'HR (payroll) & more'), Tag('illumio.app.HR (payroll) & more', None)),
    (('env', 'a.'), Tag('illumio.env.a.', None)),
])
def test_plain_tags(label, expected):
    assert TagTemplate().tag(*label) == expected


# These never change: other releases, and other people's DAG filters, rely on them.
@pytest.mark.parametrize('label,text,why', [
    (('env', 'Zürich'), 'illumio.env.Zurich~8ac653a71297', 'not ASCII'),
    (('e.nv', 'x'), 'illumio.e.nv.x~ee85a5e462bc', 'contains the separator'),
    (('env', 'a  b'), 'illumio.env.a b~5b788e117f8c', 'two blanks'),
    (('env', '"x"'), 'illumio.env._x_~2f29178f37ad', 'a quote'),
    (('env', 'a' * 200), 'illumio.env.' + 'a' * 102 + '~b07788d6be54', '212 characters'),
    (('env', 'x~0123456789ab'), 'illumio.env.x~0123456789ab~356114d1ae21', 'ends like a shortened tag'),
])
def test_hashed_tags(label, text, why):
    tag = TagTemplate().tag(*label)
    assert tag.text == text
    assert why in tag.why


def test_a_word_of_the_filter_language_is_never_a_tag():
    assert TagTemplate('n{key}t{value}').tag('o', '').text.startswith('not~')
    assert TagTemplate().alias('env', 'NOT') is None


def test_a_namespace_that_ends_in_a_blank_is_kept():
    assert TagTemplate('a {key} {value}').tag('', '').text.startswith('a ~')


def test_length_is_allowed_up_to_the_last_character():
    room = MAX_TAG - len('illumio.env.')
    assert TagTemplate().tag('env', 'a' * room).why is None
    assert len(TagTemplate().tag('env', 'a' * (room + 1)).text) == MAX_TAG


@pytest.mark.parametrize('text,why', [
    ('', '{key} and'), ('illumio', '{key} and'), (None, '{key} and'), ('illumio.{key}', '{key} and'), ('illumio.{value}.{key}', 'after it'),
    ('a{key}.{value}.{value}', 'once each'),
    ('{key}.{value}', 'namespace'), ('illumio.{key}{value}', 'between'), ('a.{key}.{value}.{x}', 'braces'), ('a.{{key}}.{value}', 'braces'),
    ("a'.{key}.{value}", 'ASCII'), ('ä.{key}.{value}', 'ASCII'), ('a\t{key}.{value}', 'ASCII'), (' a{key}.{value}', 'blank'), ('a{key}.{value} ', 'blank'),
    ('a  {key}.{value}', 'blank'), ('a' * 70 + '{key}.{value}', '71 characters'),
])
def test_a_template_that_is_none(text, why):
    with pytest.raises(OptionError) as caught:
        TagTemplate(text)
    assert 'tag_template' in caught.value.message and why in caught.value.message and 'illumio.{key}.{value}' in caught.value.message


@pytest.mark.parametrize('value,expected', [('Production', 'Production'), ('Zürich', None), ('illumio.x', None), ('a"b', None), ('', None), ('a' * 120, None)])
def test_aliases(value, expected):
    assert TagTemplate().alias('env', value) == expected


@pytest.mark.parametrize('tag', ['quarantine', 'illumio.', 'illumio.env', 'Illumio.env.x', '/orgs/1/workloads/x', '',
                                 'illumio.claim:pce.example.com/1:0123456789ab'])
def test_tags_of_others_and_claims_are_no_labels(tag):
    label = TagTemplate().label_of(tag)
    assert label is None or label[0].startswith('claim:')
