# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runs that a folder keeps: C(runs/<UTC time>-<id>) for each, C(latest) beside them, and C(result.json) in each.

Evidence of one run is never overwritten by another. Nothing that a later run needs lives only there.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import re
import shutil
import tempfile

from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError

FORMAT = 'zerotrust.microseg/result'
VERSION = 1
RESULT = 'result.json'
LATEST = 'latest'
CHANGING = 10  # runs that changed a target and are kept however many have followed that changed nothing
UNFINISHED = 86400.0  # seconds after which a run without a result is not at work any more

_NAME = re.compile(r'(\d{8}T\d{6}Z)-[0-9a-f]{8}\Z')
_TIME = '%Y%m%dT%H%M%SZ'


def run_name(moment, token):
    """Return the name of a run's folder, C(20261122T170000Z-1f2e3d4c). :arg moment: aware datetime. :arg token: 8 hexadecimal digits."""
    return '%s-%s' % (moment.astimezone(datetime.timezone.utc).strftime(_TIME), token)


def started_at(name):
    """Return the aware datetime in a run's name, or None where it is none."""
    match = _NAME.match(name)
    try:
        return datetime.datetime.strptime(match.group(1), _TIME).replace(tzinfo=datetime.timezone.utc) if match else None
    except ValueError:
        return None


def read_result(folder):
    """Return the result of a run, or an empty dict where it has none that can be read."""
    try:
        with open(os.path.join(folder, RESULT), encoding='utf-8') as stream:
            found = json.load(stream)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get('format') == FORMAT else {}


def write_result(folder, result, targets):
    """Write C(result.json) of a run; targets of earlier batches of the same run stay in it. Return what was written.

    :arg result: JSON-like mapping. :arg targets: list of mappings with C(host).
    :raises ArtifactError: it cannot be written.
    """
    merged = {each.get('host'): each for each in read_result(folder).get('targets') or ()}
    merged.update((each.get('host'), each) for each in targets)
    rows = list(merged.values())
    written = dict(result, format=FORMAT, version=VERSION, digest=digest(rows), changed=any(each.get('changed') for each in rows), targets=rows)
    path = os.path.join(folder, RESULT)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(prefix='.result.', dir=folder)
        with os.fdopen(descriptor, 'w', encoding='utf-8') as stream:
            json.dump(written, stream, indent=2, sort_keys=True)
            stream.write('\n')
        os.replace(partial, path)
    except OSError as exc:
        raise _not_kept(path, exc) from exc
    return written


def digest(targets):
    """Return the digest of a run: SHA-256 over its targets and the digests of their plans, sorted; None where no target has a plan."""
    pairs = sorted((str(each.get('host')), str((each.get('plan') or {}).get('digest'))) for each in targets if (each.get('plan') or {}).get('digest'))
    return hashlib.sha256(json.dumps(pairs).encode('utf-8')).hexdigest() if pairs else None


def name_latest(folder):
    """Let C(latest) name this run. :arg folder: C(<base>/runs/<name>). :raises ArtifactError: it cannot be written."""
    runs, name = os.path.split(os.path.abspath(folder))
    link = os.path.join(os.path.dirname(runs), LATEST)
    fresh = '%s.%s' % (link, name)
    try:
        os.symlink(os.path.join(os.path.basename(runs), name), fresh)
        os.replace(fresh, link)
    except OSError as exc:
        if os.path.islink(fresh):
            os.unlink(fresh)
        raise _not_kept(link, exc) from exc


def _not_kept(path, exc):
    return ArtifactError('Cannot write %s: %s. Name another folder in O(path).' % (path, exc.strerror or exc), path=path)


def prune(runs, keep, now):
    """Remove the oldest runs and return their names.

    Kept are the newest O(keep), the newest ten that changed a target, and what is not finished yet. Only folders with a run's name are ever removed.

    :arg runs: the folder of the runs. :arg keep: number of runs, at least 1. :arg now: aware datetime.
    """
    try:
        names = sorted((name for name in os.listdir(runs) if started_at(name) is not None and not os.path.islink(os.path.join(runs, name))), reverse=True)
    except OSError:
        return []
    changing = 0
    removed = []
    for position, name in enumerate(names):
        folder = os.path.join(runs, name)
        result = read_result(folder) if position >= keep or changing < CHANGING else {}
        if result.get('changed') and not result.get('check_mode') and changing < CHANGING:
            changing += 1
            continue
        unfinished = not result and (now - started_at(name)).total_seconds() < UNFINISHED
        if position < keep or unfinished:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        removed.append(name)
    return removed
