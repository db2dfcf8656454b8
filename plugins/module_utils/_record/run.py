# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The use case of dag_sync_record: who ran what, when, with which versions, and what became of each target.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import datetime
import getpass
import json
import os
import platform
import re
import socket

from ansible_collections.zerotrust.microseg.plugins.module_utils._artifact import utc_text
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import ArtifactError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._runs import name_latest, prune, started_at, write_result

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def run(params, warn, now=None):
    """Write the result of a run, let C(latest) name it, and remove runs that are too old. Return the module's result.

    A result that cannot be kept is a warning: what happened on the firewalls has happened, and the summary tells it.

    :arg params: the checked options. :arg warn: callable with one text. :arg now: aware datetime; by default the clock's.
    :raises OptionError: a path or a number that makes no sense.
    """
    names = OptionNames(params.get('caller'))
    with names.errors():
        return _run(params, names.warning(warn), now or datetime.datetime.now(datetime.timezone.utc))


def _run(params, warn, now):
    folder = os.path.abspath(os.path.expanduser(params['path']))
    if started_at(os.path.basename(folder)) is None:
        raise OptionError('O(path) must be the folder of a run, as the lookup zerotrust.microseg.run_folder gives it; it is %s.' % folder, option='path')
    if params['keep'] < 1:
        raise OptionError('O(keep) must be at least 1; it is %d.' % params['keep'], option='keep')
    written, pruned = {}, []
    try:
        written = write_result(folder, _result(params, folder, now), params['targets'])
        name_latest(folder)
        pruned = prune(os.path.dirname(folder), params['keep'], now)
    except ArtifactError as exc:
        warn('The result of this run is not kept: %s' % exc.message)
    return {'changed': False, 'path': folder, 'id': os.path.basename(folder), 'digest': written.get('digest'), 'pruned': pruned}


def _result(params, folder, now):
    details = params['run']
    tag_map = details.get('tag_map') or {}
    name = os.path.basename(folder)
    return {
        'id': name,
        'started_at': utc_text(started_at(name)),
        'ended_at': utc_text(now),
        'check_mode': bool(details.get('check_mode')),
        'by': {'user': details.get('user') or _user(), 'job': details.get('job'), 'controller': socket.gethostname()},
        'versions': {'collection': collection_version(), 'ansible-core': details.get('ansible_version'), 'python': platform.python_version()},
        'tag_map': {key: tag_map.get(key) for key in ('sha256', 'scope', 'rules', 'source', 'gathered_at')} if tag_map else None,
    }


def _user():
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return None  # a container with a user that has no name


def collection_version():
    """Return the version of this collection, installed or as a checkout, or None where only a part of it is there."""
    try:
        with open(os.path.join(_ROOT, 'MANIFEST.json'), encoding='utf-8') as stream:
            return json.load(stream)['collection_info']['version']
    except (OSError, ValueError, KeyError, TypeError):
        pass
    try:
        with open(os.path.join(_ROOT, 'galaxy.yml'), encoding='utf-8') as stream:
            match = re.search(r'^version:\s*"?([^"\s]+)', stream.read(), re.MULTILINE)
            return match.group(1) if match else None
    except OSError:
        return None
