# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim: one registration of ours that says who fills a target and with which scope.

It lies on a documentation address (RFC 5737), so that no policy ever meets it, and in our namespace, so that it is owned.
Its tag reads C(<namespace>claim:<owner>:<scope>.<fingerprint>:<alias keys>:<timers>); fingerprint, alias keys and timers only where there are any. The dot is
there in any case: claims of release 0.1.0 have none, and what those do not say of timers is not to be believed (its refused runs set some).

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import collections
import hashlib
import re
from urllib.parse import quote, unquote

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.addresses import CLAIM_ADDRESS

#: What a claim says of timers: none, or that some registrations may have one. A number says that all have one, of at most so many seconds; followed by a V(~),
#: that this is so of what is desired, and that what is stale may have one (see L(halves)).
UNTIMED = ''
PERHAPS = '~'
#: The scope of a claim that covers only what is desired: what is stale beside it was there before, and nobody has permitted yet to call it ours.
UNADOPTED = 'unadopted'

_MAX_TAG = 127
_UNSAFE = re.compile(r'[^A-Za-z0-9._/\[\]@-]')
_TIMERS = re.compile(r'(?:[0-9]{1,9}~?)?\Z')
_ANY = re.compile(r'(?P<namespace>.+?)claim:(?P<owner>[^:]+):(?P<scope>[^:]+)(?::[^:]*){0,2}\Z')

Claim = collections.namedtuple('Claim', 'tag namespace owner scope fingerprint alias_keys timers')
Claim.__doc__ = """One claim as it is registered: C(owner) is PCE and organisation, C(scope) 12 hexadecimal digits, C(fingerprint) hexadecimal digits of the
single options of that scope or an empty text, C(alias_keys) a tuple of label keys (or of their hashes, see L(AliasKeys)), C(timers) V(UNTIMED), V(PERHAPS),
or the seconds (text) after which registrations end, with a V(~) behind them where that is said only of what is desired."""

Standing = collections.namedtuple('Standing', 'kind claims register unregister changes', defaults=('',))
Standing.__doc__ = """What the claims on a target say about a run.

kind: C(ours), C(new) (nothing of the namespace is there), C(unclaimed) (owned registrations without a claim), C(other_scope),
C(other_owner). claims: those found. register / unregister: tuples of claim tags to write once the plan is carried out. changes: what was changed in the
scope, in words, where that can be told."""


def owner_part(text):
    """Return an owner as a claim spells it: without characters that a claim could not hold.

    A port follows an C(@); any other change, or a cut, is told apart by a hash at the end.
    """
    text = text.replace(':', '@') if text.count(':') == 1 else text
    safe = _UNSAFE.sub('_', text)
    if safe != text or len(safe) > 60:
        safe = '%s~%s' % (safe[:47], hashlib.sha256(text.encode('utf-8')).hexdigest()[:12])
    return safe


def _key_part(key):
    """Return a label key as a claim spells it, so that it can be read back whatever characters it has."""
    return quote(key, safe='/[]@', errors='surrogatepass').replace('~', '%7E')


def _hash_of(part):
    """Return the hash by which a claim knows a label key, or None where it spells the key out.

    The release before spelt a key with a blank or the like as C(my_key~) and its hash: what comes before was changed and tells nothing.
    """
    return '~' + part.rpartition('~')[2] if '~' in part else None


def _key_hash(key):
    """Return what a claim says of a label key that is too long for it."""
    return '~' + hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:12]


class AliasKeys:
    """Container of the label keys that have aliases.

    :arg keys: label keys. :arg claims: Claims whose keys count too; some of them may be known by a hash only.
    """

    def __init__(self, keys, claims=()):
        claimed = frozenset(key for claim in claims for key in claim.alias_keys)
        self._hashes = frozenset(map(_hash_of, claimed)) - {None}
        self._keys = frozenset(keys).union(unquote(key, errors='surrogatepass') for key in claimed if not _hash_of(key))

    def __contains__(self, key):
        return key in self._keys or (bool(self._hashes) and _key_hash(key) in self._hashes)

    def __bool__(self):
        return bool(self._keys or self._hashes)


def halves(timers):
    """Return what C(Claim.timers) says of (what is desired, what is stale)."""
    return (timers[:-1], PERHAPS) if timers.endswith(PERHAPS) and timers != PERHAPS else (timers, timers)


def claim_tag(namespace, owner, scope, alias_keys=(), timers=UNTIMED, fingerprint=''):
    """Return the tag of a claim, at most 127 characters.

    Where it gets too long, it goes without the fingerprint, then with hashes instead of label keys, and then without those: aliases that are given up
    later then stay and have to be removed by hand. At last it says V(PERHAPS) instead of the seconds.

    :arg owner: C(pce.example.com/1), with C(host:port/1) where the port is not 443.
    :arg scope: the digest of the scope. :arg fingerprint: that of its options.
    :arg timers: as in Claim, or a number: going back to none has to replace what has one.
    """
    base = '%sclaim:%s:%s' % (namespace, owner_part(owner), scope)
    if len(base) > _MAX_TAG - 8:
        base = '%sclaim:%s:%s' % (namespace, hashlib.sha256(owner.encode('utf-8')).hexdigest()[:16], scope)
    spelt = ','.join(sorted(map(_key_part, alias_keys)))
    return _fitting(base, fingerprint, (spelt, ','.join(sorted(map(_key_hash, alias_keys)))), timers or UNTIMED)


def _fitting(base, fingerprint, spellings, timers):
    """Return the most telling tag that PAN-OS can carry. At last not even the seconds fit; V(PERHAPS) is true whatever they are."""
    for mark, keys, said in ((fingerprint, spellings[0], timers), ('', spellings[0], timers), ('', spellings[-1], timers), ('', '', timers),
                             ('', '', PERHAPS)):
        tag = '%s.%s' % (base, mark) + (':' + keys if keys or said else '') + (':%s' % said if said else '')
        if len(tag) <= _MAX_TAG:
            break
    return tag


def retimed(claim, timers, scope=None):
    """Return the tag of O(claim) with another saying about timers, and with another scope where one is given."""
    base = '%sclaim:%s:%s' % (claim.namespace, claim.owner, scope or claim.scope)
    hashes = [_hash_of(key) or _key_hash(unquote(key, errors='surrogatepass')) for key in claim.alias_keys]
    return _fitting(base, '' if scope else claim.fingerprint, (','.join(claim.alias_keys), ','.join(sorted(hashes))), timers or UNTIMED)


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
                    scope, dot, fingerprint = parts[1].partition('.')
                    timers = parts[3] if _TIMERS.match(parts[3]) and (dot or parts[3]) else PERHAPS
                    claims.append(Claim(tag, namespace, parts[0], scope, fingerprint, tuple(key for key in parts[2].split(',') if key), timers))
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
            claims.append(Claim(match.group(), namespace, owner, scope.partition('.')[0], '', (), UNTIMED))
    return claims


def stand(claims, wanted, has_owned, owners=()):
    """Compare the claims found with the one wanted.

    Scopes are equal where their digests are: a claim with another fingerprint, or none, is as good; one that says something else of timers is ours too, but is
    replaced. One of the scope V(UNADOPTED) is none yet.

    :arg claims: from L(read_claims).
    :arg wanted: our claim as read by L(read_claims).
    :arg has_owned: whether the target holds owned registrations besides claims.
    :arg owners: others, as claims spell them, whose claims count as ours because the user says so.
    """
    good = [claim.tag for claim in claims if claim._replace(tag='', fingerprint='') == wanted._replace(tag='', fingerprint='')]
    kept = wanted.tag if wanted.tag in good or not good else good[0]
    register = () if good else (wanted.tag,)
    unregister = tuple(claim.tag for claim in claims if claim.tag != kept)
    whole = [claim for claim in claims if claim.scope != UNADOPTED]
    if any(claim.owner != wanted.owner and claim.owner not in owners for claim in claims):
        kind = 'other_owner'
    elif not whole:
        kind = 'unclaimed' if has_owned else 'new'
    elif any(claim.scope != wanted.scope for claim in whole):
        kind = 'other_scope'
    else:
        kind = 'ours'
    return Standing(kind, tuple(claims), register, unregister)


__all__ = ('AliasKeys', 'CLAIM_ADDRESS', 'Claim', 'PERHAPS', 'Standing', 'UNADOPTED', 'UNTIMED', 'claim_tag', 'halves', 'overlapping_claims', 'owner_part',
           'read_claims', 'retimed', 'stand')
