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
import re

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
_CLOSE = 0.5  # how alike names are for a suggestion
_CONFUSED = {'pce_host': 'pce_hostname'}  # the environment variable of the PCE's name is ILLUMIO_PCE_HOST


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


def wrong_values(host, entry, base=''):
    """Yield a sentence for each value of a firewall that cannot be right. Secrets are not looked at.

    :arg host: a C(_hosts.Host). :arg entry: entry point of dag_sync. :arg base: the folder where relative paths begin, that of the playbook.
    """
    return _wrong(host, 'panos_dag_register', entry, _check_firewall, base)


def wrong_pce(host, entry, base=''):
    """Yield a sentence for each value of the connection to the PCE that cannot be right. :arg host: a C(_hosts.Host). :arg base: as in L(wrong_values)."""
    return _wrong(host, 'illumio_workload_facts', entry, _check_pce, base)


def _check_firewall(params):
    panos.connect(dict(params, api_key=_LATER), _ignored)
    check_options(params)


def _check_pce(params):
    illumio.connect({name: params[name] or _LATER if name in _NEEDED else value for name, value in params.items()}, _ignored)


def _ignored(text):
    """Warnings are for the run itself."""


def _wrong(host, module, entry, check, base):
    """Yield a sentence for each wrong value; where each by itself is right, the module's own checks look at all of them."""
    if module not in OPTIONS['dag_sync', entry]:
        return
    spec, connection, prefix = MODULES[module]
    names = OptionNames('dag_sync', connection, prefix)
    fine = True
    for option in (*connection, *OPTIONS['dag_sync', entry][module]):
        variable = names.name(option)
        try:
            value = None if spec[option].get('no_log') else host.values.get(variable)
            if value is not None:
                typed(spec[option], variable, value)
        except OptionError as exc:
            fine = False
            yield exc.message
    if fine:
        checked = ArgumentSpecValidator(copy.deepcopy(spec)).validate(host.options(module, 'dag_sync', entry, secrets=False))
        yield from checked.error_messages
        for option, value in checked.validated_parameters.items():
            if value and spec[option].get('type') == 'path':
                checked.validated_parameters[option] = os.path.join(base, value)
        try:
            if not checked.error_messages:
                check(checked.validated_parameters)
        except MicrosegError as exc:
            yield names(exc.message)


def disagreements(hosts, batch=None):
    """Yield a sentence for each variable of the run on which two firewalls disagree, or whose value is wrong.

    :arg hosts: list of C(_hosts.Host), the firewalls of the play. :arg batch: names of those whose turn it is; what the others refer to may not exist yet.
    """
    rules = {}
    for variable, spec in RUN.items():
        first = None
        for host in hosts:
            if variable == 'dag_sync_dir' and host is not hosts[0] and host.values.raw(variable) == hosts[0].values.raw(variable):
                continue  # one value for all, also where computing it twice would give two: it may hold the time
            try:
                value = host.values.get(variable)
                value = spec.get('default') if value is None else typed(spec, variable, value)
            except OptionError as exc:
                if batch is not None and host.name not in batch:
                    continue
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


def kept_folder(host):
    """Return the folder that keeps runs, or an empty text where there is none or it cannot be used. :arg host: as in L(folder_problem)."""
    try:
        folder = host.values.get('dag_sync_dir', '')
    except OptionError:
        return ''
    return '' if folder_problem(host) else str(folder).strip()


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
