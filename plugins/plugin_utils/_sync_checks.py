# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the variables of a sync, found before anything is asked of a PCE or a device.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

import copy
import os

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.scope import Rules
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError, OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import argspec as illumio
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import argspec as panos
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.task import check_options
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._run_folder import run_folder
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variable_names import RUN, known_variables, unknown_variables
from ansible_collections.zerotrust.microseg.plugins.plugin_utils._variables import MODULES, OPTIONS, typed, variables_of

# What a play's "environment" may still supply, so that its absence is no error here.
_NEEDED = ('pce_hostname', 'api_key_username', 'api_key_secret')
_LATER = 'supplied-by-the-environment-of-the-task'

SHOWN = 10  # sentences; correcting these shows the rest


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
    for option, variable in variables_of(module, 'dag_sync', entry):
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
    folder = host.values.readable('dag_sync_dir')
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
    folder = host.values.readable('dag_sync_dir')
    return '' if folder is None or folder_problem(host) else str(folder).strip()


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


def check(inventory, everyone, batch, entry, base, defaults, earlier=None):
    """Return what is wrong with the variables of a sync, and its folder: C(problems) of the run, those of single C(hosts), C(dir), C(folder).

    :arg inventory: a C(_hosts.Inventory). :arg everyone: names of all firewalls. :arg batch: of those whose turn it is. :arg entry: entry point of dag_sync.
    :arg base: as in L(wrong_values). :arg defaults: those of the role. :arg earlier: what this returned for an earlier batch of the same run, or None.
    """
    over = _of_play(inventory, defaults)
    firewalls = {host: inventory.host(host, over) for host in (batch if earlier else everyone)}
    found = {}
    for host, problem in _problems(inventory, firewalls, batch, entry, base, earlier):
        if problem is not None and host not in found.setdefault(problem, []):
            found[problem].append(host)
    of_run, of_hosts = shared(found, batch)
    kept = earlier['dir'] if earlier else kept_folder(firewalls[everyone[0]])
    return {'problems': of_run, 'hosts': of_hosts, 'dir': kept, 'folder': earlier['folder'] if earlier else run_folder(kept)}


def _of_play(inventory, defaults):
    """Return the variables that hold for every firewall because the play sets them, and so win over the inventory.

    What the task sees and the inventory does not say so comes from the play, or is a default of the role, which is the weakest of all.
    """
    seen, own = inventory.variables, inventory.own
    return {name: seen[name] for name in known_variables() if name in seen
            and (name not in own or own[name] != seen[name]) and not (name in defaults and seen[name] == defaults[name])}


def _problems(inventory, firewalls, batch, entry, base, earlier):
    """Yield (host or None, sentence or None)."""
    for host in batch:
        for problem in wrong_values(firewalls[host], entry, base):
            yield host, problem
    if earlier:
        return
    yield from _unknown(inventory, firewalls)
    of_run = [*disagreements(list(firewalls.values()), batch), *wrong_pce(inventory.pce(), entry, base), folder_problem(inventory.here())]
    if entry == 'sync':
        of_run += [several_pces(inventory.pces), None if inventory.pces else no_pce(inventory.here(inventory=False))]
    for problem in of_run:
        yield None, problem


def _unknown(inventory, firewalls):
    """Yield what nobody reads: variables of single firewalls, of the PCE, and of the play."""
    theirs = set().union(*map(inventory.raw, firewalls))
    for host in firewalls:
        for problem in unknown_variables(inventory.raw(host)).values():
            yield host, problem
    others = set().union(filter(lambda name: isinstance(name, str), inventory.variables), *map(inventory.raw, inventory.pces)) - theirs
    for problem in unknown_variables(others).values():
        yield None, problem
