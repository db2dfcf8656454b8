# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the variables of a sync, found before anything is asked of a PCE or a device.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import copy
import difflib
import os

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import argspec as illumio
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import argspec as panos
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import check_options
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variables import MODULES, OPTIONS, typed

# What a play's "environment" may still supply, so that its absence is no error here.
_NEEDED = ('pce_hostname', 'api_key_username', 'api_key_secret')
_LATER = 'supplied-by-the-environment-of-the-task'

SHOWN = 10  # sentences; correcting these shows the rest

#: Variables that have one value for the whole run, with their types; the rules of rendering are among them.
RUN = {
    **{'dag_sync_' + name: spec for name, spec in RULES.items()},
    'dag_sync_allow_limited_scope': {'type': 'bool', 'default': False}, 'dag_sync_dir': {'type': 'path'}, 'dag_sync_keep': {'type': 'int', 'default': 10},
}
#: What else a user may set: the hosts of the play and its batches, which the playbooks read.
PLAY = ('dag_sync_hosts', 'dag_sync_serial', 'dag_sync_allow_no_hosts')
# What the roles themselves leave behind in a run.
_ARTIFACTS = frozenset(('illumio_workloads', 'illumio_gather_result', 'illumio_gather_host', 'illumio_gather_dest', 'illumio_gather_run_id'))
_NEAR = 0.8  # how alike the name of somebody else's variable has to be to one of ours to be a slip of the pen
_CLOSE = 0.5  # the same for a suggestion


def known_variables():
    """Return the names of all variables of a sync and of its inventory, sorted."""
    names = set(RUN).union(PLAY)
    for (role, dummy), modules in OPTIONS.items():
        if role == 'dag_sync':
            for module, chosen in modules.items():
                dummy, connection, prefix = MODULES[module]
                variables = OptionNames(role, connection, prefix)
                names.update(variables.name(option) for option in (*connection, *chosen))
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
        close = difflib.get_close_matches(rest, ours, n=1, cutoff=_CLOSE if prefix == 'dag_sync_' else _NEAR)
        if close:
            found[name] = 'Nothing reads the variable %s. Did you mean %s?' % (name, ours[close[0]])
        elif prefix == 'dag_sync_':
            found[name] = 'Nothing reads the variable %s. "ansible-doc -t role zerotrust.microseg.dag_sync" lists those of a sync.' % name
    return found


def wrong_values(host, entry):
    """Yield a sentence for each value of a firewall that cannot be right.

    :arg host: a C(_hosts.Host). :arg entry: entry point of dag_sync.
    """
    return _wrong(host, 'panos_dag_register', entry, _check_firewall)


def wrong_pce(host, entry):
    """Yield a sentence for each value of the connection to the PCE that cannot be right. :arg host: a C(_hosts.Host)."""
    return _wrong(host, 'illumio_workload_facts', entry, _check_pce)


def _check_firewall(params):
    given = params['api_key'] or (params['username'] and params['password'])
    panos.connect(params if given else dict(params, api_key=_LATER), _ignored)
    check_options(params)


def _check_pce(params):
    illumio.connect({name: params[name] or _LATER if name in _NEEDED else value for name, value in params.items()}, _ignored)


def _ignored(text):
    """Warnings are for the run itself."""


def _wrong(host, module, entry, check):
    """Yield a sentence for each wrong value; where each by itself is right, the module's own checks look at all of them."""
    if module not in OPTIONS['dag_sync', entry]:
        return
    spec, connection, prefix = MODULES[module]
    names = OptionNames('dag_sync', connection, prefix)
    fine = True
    for option in (*connection, *OPTIONS['dag_sync', entry][module]):
        variable = names.name(option)
        try:
            value = host.values.get(variable)
            if value is not None:
                typed(spec[option], variable, value)
        except OptionError as exc:
            fine = False
            yield exc.message
    if fine:
        checked = ArgumentSpecValidator(copy.deepcopy(spec)).validate(host.options(module, 'dag_sync', entry))
        yield from checked.error_messages
        try:
            if not checked.error_messages:
                check(checked.validated_parameters)
        except MicrosegError as exc:
            yield names(exc.message)


def disagreements(hosts):
    """Yield a sentence for each variable of the run on which two firewalls disagree, or whose value is wrong.

    :arg hosts: list of C(_hosts.Host), the firewalls of the play.
    """
    rules = {}
    for variable, spec in RUN.items():
        first = None
        for host in hosts:
            try:
                value = host.values.get(variable)
                value = spec.get('default') if value is None else typed(spec, variable, value)
            except OptionError as exc:
                yield exc.message
                break
            if first is None:
                first = (host.name, value)
            elif value != first[1]:
                yield ('%s has one value for the whole run, and %s says %s where %s says %s. Make them equal, or run them apart with --limit.'
                       % (variable, first[0], _shown(first[1]), host.name, _shown(value)))
                break
        else:
            if first and first[1] is not None and variable[len('dag_sync_'):] in RULES:
                rules[variable[len('dag_sync_'):]] = first[1]
        if variable == 'dag_sync_keep' and first and first[1] is not None and first[1] < 1:
            yield 'dag_sync_keep must be at least 1; it is %d.' % first[1]
    try:
        Rules(**rules)
    except MicrosegError as exc:
        yield OptionNames('dag_sync')(exc.message)


def _shown(value):
    return 'nothing' if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def folder_problem(host):
    """Return a sentence about a folder for artifacts that cannot be used, or None. :arg host: the C(_hosts.Host) that says it."""
    try:
        folder = host.values.get('dag_sync_dir')
    except OptionError:
        return None  # told among the variables of the run
    if folder is None:
        return None
    path = os.path.expanduser(str(folder))
    if not os.path.isabs(path):
        return ('dag_sync_dir is %s, and a relative path would mean a folder inside the collection. Name an absolute one, for instance %s.'
                % (folder, os.path.join(os.environ.get('PWD') or '/var/lib/microseg', str(folder))))
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    if not os.path.isdir(path):
        return 'dag_sync_dir is %s, and %s is not a folder. Name another one.' % (folder, path)
    if not os.access(path, os.W_OK | os.X_OK):
        return 'dag_sync_dir is %s, and this user may not write to %s. Change its permissions, or name another folder.' % (folder, path)
    return None


def shared(found, everyone):
    """Tell what is wrong with a run from what is wrong with single firewalls, which must not stop the others.

    :arg found: dict sentence -> list of hosts, or None among them for the run itself. :arg everyone: all firewalls of the run.
    :returns: (list of sentences about the run, at most L(SHOWN) and one that counts the rest; dict host -> sentences about it alone).
    """
    hosts = {}
    run = []
    for sentence, concerned in found.items():
        if None in concerned or set(concerned) == set(everyone):
            run.append(sentence)
        else:
            for host in concerned:
                hosts.setdefault(host, []).append(sentence)
    if set(hosts) == set(everyone):  # nobody is left to go on
        run += ['%s: %s' % (host, ' '.join(sentences)) for host, sentences in hosts.items()]
    if len(run) > SHOWN:
        run[SHOWN:] = ['And %d more like these.' % (len(run) - SHOWN)]
    return run, {} if run else {host: ' '.join(sentences) for host, sentences in hosts.items()}


def several_pces(pces):
    """Return a sentence where there is more than one PCE to gather from, or None."""
    if len(pces) < 2:
        return None
    return ('The group illumio holds %s, and a sync gathers from one PCE. Leave one in the group, or run once per PCE with another dag_sync_tag_template each.'
            % ' and '.join(map(str, pces)))


def no_pce(host):
    """Return a sentence where nothing says which PCE to gather from, or None. :arg host: the C(_hosts.Host) that asks; the group illumio is empty."""
    try:
        if host.values.get('illumio_pce_hostname') is not None:
            return None
    except OptionError:
        return None  # told among the values of the connection
    if os.environ.get('ILLUMIO_PCE_HOST', '').strip():
        return None
    return ('No PCE to gather from: the group illumio holds no host (in a job slice, or with an inventory of firewalls alone; --limit does not hide it), '
            'illumio_pce_hostname is not set for %s, and ILLUMIO_PCE_HOST is not in the environment. Add the PCE to the group illumio of the inventory, or '
            'attach a credential that sets illumio_pce_hostname or ILLUMIO_PCE_HOST.' % host.name)
