# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of panos_dag_register is asked to do: its options, and the desired registrations that they name.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import TAG_MAP, ArtifactReader
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain import claim as claims
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS, normalise, sort_key
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.guard import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.ownership import Ownership
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import fingerprint, scope_options
from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.tagging import TagTemplate, legal
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._tag_map_artifact import read_tag_map

MAX_TIMEOUT = 2592000  # seconds, 30 days (PAN-OS facts 2.1)

Task = collections.namedtuple(
    'Task', 'state desired template templates alias_keys owner claim_owner claim_scope scope_options claim earlier_owners workloader_values rules '
    'on_guard order prune timeout persistent renewal max_tags capacity source teardown')
Task.__doc__ = """One request, checked: nothing has been asked of a device yet.

state: C(present), C(absent), C(synced). desired: dict address -> tags in address order; None: everything that is owned goes (teardown).
template, templates: the current TagTemplate; it and the retired ones. owner: text that names PCE and organisation, or None. claim_owner, claim_scope:
texts, what our claim says or would say, or None where claims do not matter. scope_options: the options behind that scope, or None. claim: whether it is
written. earlier_owners: whose claims count as ours.
source: what the tag map says of itself, for the report. The rest is as in the module's documentation."""


def task(params, now):
    """Return the Task that a module's parameters describe.

    :arg params: module.params of panos_dag_register. :arg now: aware datetime, for the age of the tag map.
    :raises OptionError: a combination that makes no sense. :raises ArtifactError: the tag map is missing, changed, cut off or too old.
    """
    state = params['state']
    _check_numbers(params)
    header, desired = {}, None
    if params['src']:
        header, desired = _from_artifact(params, now)
        _refuse_partial(params, header)
    elif params['registrations'] is not None:
        desired = _from_option(params['registrations'])
    rules = header.get('rules') or {}
    text = rules.get('tag_template') or params['tag_template'] or 'illumio.{key}.{value}'
    if params['tag_template'] and params['tag_template'] != text:
        raise OptionError('The tag map %s was rendered with the template %s, and O(tag_template) says %s. Render it again or leave the option out.'
                          % (params['src'], text, params['tag_template']))
    template = TagTemplate(text)
    retired = [TagTemplate(each) for each in params['retired_templates'] or () if each.strip()]
    teardown = _check_teardown(params, template)
    if desired is None and not teardown:
        raise OptionError('What is to be registered? Give O(src) (a tag map that zerotrust.microseg.dag_tag_map wrote) or O(registrations); an empty desired '
                          'state has to be said.')
    alias_keys = tuple(rules.get('aliases') or params['aliases'] or ())
    if desired is not None:
        _check_tags(desired, state, template, [template] + retired, alias_keys)
    owner = (header.get('source') or {}).get('owner') or params['owner'] or (None if teardown else 'inline')
    adopt, earlier_owners = _adopt(params['adopt'])
    if 'workloader' in adopt and not params['src']:
        raise OptionError('O(adopt)=workloader needs O(src), a tag map: it names the label values by which the bare tags of workloader are told from those of '
                          'others.')
    return Task(
        state=state, desired=desired, template=template, templates=[template] + retired, alias_keys=alias_keys, owner=owner,
        claim_owner=owner if state == 'synced' else None, claim_scope=header.get('scope') or 'inline',
        scope_options=scope_options(rules) if header.get('scope') else None, claim=params['claim'], earlier_owners=earlier_owners,
        workloader_values=header.get('label_values') or [] if 'workloader' in adopt else None,
        rules=Rules(params['max_removals_percent'], params['max_removals'], params['guard_floor'], params['allow_empty'],
                    tuple(params['allow_emptied_tags'] or ()), adopt, params['accept_scope_change'], teardown),
        on_guard=params['on_guard'], order=params['order'], prune=params['prune'], timeout=params['timeout'] or None, persistent=params['persistent'],
        renewal=params['renewal'], max_tags=params['max_tags'], capacity=params['capacity'],
        source=dict(header.get('source') or {}, gathered_at=header.get('gathered_at')), teardown=teardown)


def check_options(params):
    """Check the options of a module as far as that is possible without a tag map and without a device.

    :raises OptionError: one makes no sense.
    """
    _check_numbers(params)
    _adopt(params['adopt'])
    for text in params['retired_templates'] or ():
        TagTemplate(text)


def ownership(request, found):
    """Return the Ownership for a target: aliases of the claims found there count too, so that aliases that were given up can be removed.

    :arg request: a Task. :arg found: Claims from the target.
    """
    mine = [claim for claim in found if request.claim_owner is None or claim.owner == wanted_claim(request).owner]
    return Ownership(request.templates, claims.AliasKeys(request.alias_keys, mine), request.workloader_values)


def wanted_claim(request, timers=claims.UNTIMED):
    """Return the Claim that this request keeps on a target, or None where it keeps none. :arg timers: what it has to say of them."""
    if not request.claim_owner:
        return None
    tag = claims.claim_tag(request.template.namespace, request.claim_owner, request.claim_scope, request.alias_keys, timers,
                           fingerprint(request.scope_options))
    return claims.read_claims([tag], [request.template.namespace])[0]


def _check_numbers(params):
    for name, low, high in (('timeout', 0, MAX_TIMEOUT), ('max_removals_percent', 0, 100), ('max_removals', 0, None), ('guard_floor', 0, None),
                            ('max_tags', 1, None), ('capacity', 1, None), ('max_age', 1, None)):
        value = params[name]
        if value is not None and (value < low or (high is not None and value > high)):
            raise OptionError('O(%s) must be %s; got %s.' % (name, 'from %d to %d' % (low, high) if high else 'at least %d' % low, value))


def _check_teardown(params, template):
    confirmation = params['teardown_confirm']
    if params['state'] != 'absent':
        if confirmation:
            raise OptionError('O(teardown_confirm) goes with O(state)=absent only.')
        return False
    if params['src'] or params['registrations'] is not None:
        return False
    if confirmation == template.namespace:
        return True
    if confirmation is None and params['_check_mode']:
        return True
    raise OptionError('This removes everything in the namespace "%s", and its claim%s. To confirm, set O(-e) O(teardown_confirm)=%s '
                      '(--check --diff shows what would go, without it).'
                      % (template.namespace, ', and O(teardown_confirm) says "%s"' % confirmation if confirmation else '', template.namespace))


def _adopt(values):
    """Return (what may be adopted, owners whose claims count as ours): C(true) means registrations of our namespace without a claim."""
    adopt = set()
    owners = set()
    for value in values or ():
        word = value.strip().lower()
        if word in ('true', 'yes', 'on', '1', 'unclaimed'):
            adopt.add('unclaimed')
        elif word == 'workloader':
            adopt.add('workloader')
        elif word.startswith('from:'):
            owners.add(claims.owner_part(word[5:]))
            owners.add(value.strip()[5:])
        elif word not in ('', 'false', 'no', 'off', '0', 'none'):
            raise OptionError('O(adopt) takes true, false, workloader or from:OWNER; got %s.' % value)
    return frozenset(adopt), frozenset(owners)


def _from_artifact(params, now):
    reader = ArtifactReader(params['src'], TAG_MAP)
    moment = reader.header.get('gathered_at')
    age = reader.age(now)
    if age > params['max_age']:
        raise ArtifactError('The tag map %s is too old: its workloads were gathered at %s, %d seconds ago, and O(max_age) is %d. Gather and render again; '
                            'nothing was changed.' % (params['src'], moment, age, params['max_age']), path=params['src'])
    if age < -300:
        raise ArtifactError('The tag map %s comes from the future (%s). Set the clock of this controller right; nothing was changed.' % (params['src'], moment),
                            path=params['src'])
    tag_map = read_tag_map(params['src'], reader)
    if params['sha256'] and params['sha256'] != tag_map.digest:
        raise ArtifactError('The tag map %s is not the one that this run rendered: another run has written to the same folder. Give each its own '
                            'O(src); nothing was changed.' % params['src'], path=params['src'])
    if CLAIM_ADDRESS in tag_map.registrations:
        raise ArtifactError('The tag map %s registers %s, the documentation address that holds claims. Render it again; nothing was changed.'
                            % (params['src'], CLAIM_ADDRESS), path=params['src'])
    return dict(tag_map.header), tag_map.registrations


def _refuse_partial(params, header):
    """Refuse to remove what is missing from a tag map only because its workloads were gathered with filters."""
    if params['state'] == 'synced' and (header.get('source') or {}).get('complete') is not True:
        raise ArtifactError('The workloads of the tag map %s were gathered with filters, and O(state)=synced would remove everything that is missing from it. '
                            'Use O(state)=present, or gather without filters and choose with O(select); nothing was changed.' % params['src'],
                            path=params['src'])


def _from_option(rows):
    """Return dict address -> tags from the option C(registrations), in address order; pairs listed twice count once."""
    listed = {}
    for row in rows:
        text = row.get('address')
        tags = [str(tag) for tag in row.get('tags') or ()]
        try:
            address = normalise(str(text))
        except ValueError as exc:
            raise OptionError('O(registrations): "%s" is not an IPv4 or IPv6 address (ranges and networks are never registered by this module).'
                              % text) from exc
        if address == CLAIM_ADDRESS:
            raise OptionError('O(registrations): %s is the documentation address that holds claims; it cannot be registered.' % address)
        if not tags:
            raise OptionError('O(registrations): %s comes without tags. Name them: without tags PAN-OS would mean the whole address.' % address)
        listed.setdefault(address, [])
        listed[address].extend(tag for tag in tags if tag not in listed[address])
    return {address: tuple(listed[address]) for address in sorted(listed, key=sort_key)}


def _check_tags(desired, state, template, templates, alias_keys):
    """Refuse tags that PAN-OS cannot carry, and pairs that would not be ours afterwards."""
    namespaces = tuple(each.namespace for each in templates)
    seen = set()
    fine = set()  # tags that are legal and in the namespace
    for address, tags in desired.items():
        if fine.issuperset(tags) or id(tags) in seen:
            continue
        seen.add(id(tags))
        mirrors = {template.alias_of(tag, alias_keys) for tag in tags} if alias_keys else ()
        for tag in tags:
            reason = legal(tag)
            if reason:
                raise OptionError('The tag %r of %s cannot be registered: %s.' % (tag, address, reason))
            if state != 'absent' and not tag.startswith(template.namespace) and tag not in mirrors:
                raise OptionError('The tag "%s" of %s lies outside the namespace %s, so it would be foreign the moment it is there. Name another '
                                  'O(tag_template).'
                                  % (tag, address, template.namespace))
            if state == 'absent' and not tag.startswith(namespaces) and not alias_keys:
                raise OptionError('The tag "%s" of %s is foreign: it lies outside the namespace %s, and foreign registrations are never unregistered. If it is '
                                  'yours, name its O(tag_template).' % (tag, address, template.namespace))
            if tag.startswith(template.namespace):
                fine.add(tag)


def owner_pattern(namespaces, owner_part):
    """Return a regular expression for claims of the same owner in a namespace that is not among O(namespaces)."""
    return re.compile(r'(?!%s)(?P<namespace>.+?)claim:%s:[0-9a-z]+' % ('|'.join(re.escape(each) for each in namespaces), re.escape(owner_part)))
