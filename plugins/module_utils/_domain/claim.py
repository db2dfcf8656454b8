# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim: one registration of ours that says who fills a target and with which scope.

It lies on a documentation address (RFC 5737), so that no policy ever meets it, and in our namespace, so that it is owned.
Its tag reads C(<namespace>claim:<owner>:<scope>:<alias keys>:<timeout>); the last two only where there are any.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import hashlib
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS

_MAX_TAG = 127
_UNSAFE = re.compile(r'[^A-Za-z0-9._/\[\]@-]')
_ANY = re.compile(r'(?P<namespace>.+?)claim:(?P<owner>[^:]+):(?P<scope>[^:]+)(?::[^:]*){0,2}\Z')

Claim = collections.namedtuple('Claim', 'tag owner scope alias_keys timeout')
Claim.__doc__ = """One claim as it is registered: C(owner) is PCE and organisation, C(scope) 12 hexadecimal digits, C(alias_keys) a tuple,
C(timeout) the seconds (text) that registrations were given, or an empty text."""

Standing = collections.namedtuple('Standing', 'kind claims register unregister')
Standing.__doc__ = """What the claims on a target say about a run.

kind: C(ours), C(new) (nothing of the namespace is there), C(unclaimed) (owned registrations without a claim), C(other_scope),
C(other_owner). claims: those found. register / unregister: tuples of claim tags to write once the plan is carried out."""


def owner_part(text):
    """Return an owner (or a label key) as a claim spells it: without characters that a claim could not hold.

    A port follows an C(@); any other change, or a cut, is told apart by a hash at the end.
    """
    text = text.replace(':', '@') if text.count(':') == 1 else text
    safe = _UNSAFE.sub('_', text)
    if safe != text or len(safe) > 60:
        safe = '%s~%s' % (safe[:47], hashlib.sha256(text.encode('utf-8')).hexdigest()[:12])
    return safe


def claim_tag(namespace, owner, scope, alias_keys=(), timeout=None):
    """Return the tag of a claim, at most 127 characters.

    :arg owner: C(pce.example.com/1), with C(host:port/1) where the port is not 443.
    :arg scope: the digest of the scope.
    :arg alias_keys: left out where they do not fit: aliases that are given up later then stay and have to be removed by hand.
    :arg timeout: seconds, where registrations expire: going back to none has to replace them.
    """
    base = '%sclaim:%s:%s' % (namespace, owner_part(owner), scope)
    if len(base) > _MAX_TAG - 8:
        base = '%sclaim:%s:%s' % (namespace, hashlib.sha256(owner.encode('utf-8')).hexdigest()[:16], scope)
    ending = ':%d' % timeout if timeout else ''
    keys = ','.join(sorted(owner_part(key) for key in alias_keys))
    if len(base) + 1 + len(keys) + len(ending) > _MAX_TAG:
        keys = ''
    return base + (':' + keys if keys or ending else '') + ending


def read_claims(tags, namespaces):
    """Return the claims among the tags of the claim address.

    :arg tags: all tags registered on the claim address.
    :arg namespaces: ours and the retired ones.
    """
    claims = []
    for tag in tags:
        for namespace in namespaces:
            head = namespace + 'claim:'
            if tag.startswith(head):
                parts = tag[len(head):].split(':') + ['', '']
                if 4 <= len(parts) <= 6:
                    claims.append(Claim(tag, parts[0], parts[1], tuple(key for key in parts[2].split(',') if key), parts[3]))
                    break
    return claims


def overlapping_claims(tags, namespaces, owners):
    """Return the claims in a namespace that lies inside one of ours, anybody's, or around it, others': the same registrations would be owned twice.

    :arg tags: all tags registered on the claim address. :arg namespaces: ours and the retired ones. :arg owners: who we are, as claims spell it.
    """
    claims = []
    for match in filter(None, map(_ANY.match, tags)):
        namespace, owner, scope = match.group('namespace', 'owner', 'scope')
        inside = any(namespace.startswith(each) for each in namespaces)
        around = owner not in owners and any(each.startswith(namespace) for each in namespaces)
        if namespace not in namespaces and (inside or around):
            claims.append(Claim(match.group(), owner, scope, (), ''))
    return claims


def stand(claims, wanted, has_owned, owners=()):
    """Compare the claims found with the one wanted.

    :arg claims: from L(read_claims).
    :arg wanted: our claim as read by L(read_claims).
    :arg has_owned: whether the target holds owned registrations besides claims.
    :arg owners: others, as claims spell them, whose claims count as ours because the user says so.
    """
    found = tuple(claim.tag for claim in claims)
    register = () if wanted.tag in found else (wanted.tag,)
    unregister = tuple(tag for tag in found if tag != wanted.tag)
    if not claims:
        kind = 'unclaimed' if has_owned else 'new'
    elif any(claim.owner != wanted.owner and claim.owner not in owners for claim in claims):
        kind = 'other_owner'
    elif any(claim.scope != wanted.scope for claim in claims):
        kind = 'other_scope'
    else:
        kind = 'ours'
    return Standing(kind, tuple(claims), register, unregister)


__all__ = ('CLAIM_ADDRESS', 'Claim', 'Standing', 'claim_tag', 'overlapping_claims', 'read_claims', 'stand')
