# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of variables: those of a sync, and those that nobody reads although they look like one.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import difflib
import os
import re

from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variables import OPTIONS, variables_of

#: Variables that have one value for the whole run, with their types; the rules of rendering are among them.
RUN = {
    **{'dag_sync_' + name: spec for name, spec in RULES.items()},
    'dag_sync_allow_limited_scope': {'type': 'bool', 'default': False}, 'dag_sync_dir': {'type': 'path'}, 'dag_sync_keep': {'type': 'int', 'default': 10},
}
#: What else a user may set: the hosts of the play and its batches, which the playbooks read.
PLAY = ('dag_sync_hosts', 'dag_sync_serial', 'dag_sync_allow_no_hosts')
# What the roles themselves leave behind in a run.
_ARTIFACTS = frozenset(('illumio_workloads', 'illumio_gather_result', 'illumio_gather_host', 'illumio_gather_dest', 'illumio_gather_run_id'))
_CLOSE = 0.5  # how alike names are for a suggestion
_CONFUSED = {'pce_host': 'pce_hostname'}  # the environment variable of the PCE's name is ILLUMIO_PCE_HOST


def known_variables():
    """Return the names of all variables of a sync and of its inventory, sorted."""
    names = set(RUN).union(PLAY)
    for (role, entry), modules in OPTIONS.items():
        if role == 'dag_sync':
            for module in modules:
                names.update(variable for dummy, variable in variables_of(module, role, entry))
    return sorted(names)


def unknown_variables(names):
    """Return sentences about variables that nobody reads although their names say that they are for a sync.

    C(panos_) and C(illumio_) begin the variables of others too, so of these only near misses count.

    :arg names: names of variables. :returns: dict name -> sentence.
    """
    known = known_variables()
    found = {}
    for name in sorted(set(names)):
        if name in known or name in _ARTIFACTS or not isinstance(name, str):
            continue
        prefix = next((prefix for prefix in ('dag_sync_', 'panos_', 'illumio_') if name.startswith(prefix)), None)
        if prefix is None:
            continue
        rest = name[len(prefix):]
        ours = {each[len(prefix):]: each for each in known if each.startswith(prefix)}
        close = difflib.get_close_matches(rest, ours, n=1, cutoff=_CLOSE) if prefix == 'dag_sync_' else [each for each in ours if _slip(rest, each)]
        if close:
            found[name] = 'Nothing reads the variable %s. Did you mean %s?' % (name, ours[close[0]])
        elif prefix == 'dag_sync_':
            found[name] = 'Nothing reads the variable %s. "ansible-doc -t role zerotrust.microseg.dag_sync" lists those of a sync.' % name
    return found


def _slip(text, name):
    """Return whether a text is a slip of the pen for a name: one letter wrong, missing, too many or in another's place, or other underscores.

    A plural and a number are names of their own, and short names are too much alike.
    """
    if name == _CONFUSED.get(text) or text.replace('_', '') == name.replace('_', ''):
        return True
    if min(len(text), len(name)) < 7 or text in (name + 's', name + 'es') or re.sub(r'[0-9]', '', text) in (name, name + '_'):
        return False
    start = len(os.path.commonprefix((text, name)))
    a, b = text[start:], name[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[1:2] + a[:1] + a[2:] == b and len(a) > 1)
