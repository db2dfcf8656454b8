# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the variables that users set to the options of a module, in one place for all roles.

* A blank value (null, an empty text, or blanks) means what an unset variable means: a survey of AWX answers that way.
* A value that refers to something undefined is an error that names the variable: it must not be taken for an unset one.
* A value of the wrong type is an error that names the variable, before anything is asked of a PCE or a device.

Note that this is private to the collection: it may change in any release.
"""

from __future__ import annotations

from ansible.errors import AnsibleUndefinedVariable
from ansible.module_utils.common import validation

from ansible_collections.zerotrust.microseg.plugins.module_utils._domain.option_values import blank
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import OptionError
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather.argspec import ARGUMENTS as GATHER
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio.argspec import CONNECTION as ILLUMIO
from ansible_collections.zerotrust.microseg.plugins.module_utils._option_names import OptionNames
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos.argspec import CONNECTION as PANOS
from ansible_collections.zerotrust.microseg.plugins.module_utils._record.argspec import ARGUMENTS as RECORD
from ansible_collections.zerotrust.microseg.plugins.module_utils._register.argspec import ARGUMENTS as REGISTER
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import ARGUMENTS as RENDER
from ansible_collections.zerotrust.microseg.plugins.module_utils._render.argspec import RULES

#: Module -> (its options, those of its connection, what their variables begin with).
MODULES = {
    'illumio_workload_facts': (GATHER, tuple(ILLUMIO), 'illumio_'),
    'dag_tag_map': (RENDER, (), ''),
    'panos_dag_register': (REGISTER, tuple(PANOS), 'panos_'),
    'dag_sync_record': (RECORD, (), ''),
}

_WRITING = ('order', 'timeout', 'sync_interval', 'renewal', 'persistent', 'max_tags', 'capacity')
_GUARDS = ('prune', 'max_removals_percent', 'max_removals', 'guard_floor', 'allow_empty', 'allow_emptied_tags', 'on_guard')
_OWNERSHIP = ('claim', 'adopt', 'accept_scope_change', 'retired_templates')

#: (role, entry point) -> module -> options that its variables set, besides those of the connection. The tasks of the role give the others.
OPTIONS = {
    ('illumio_gather', 'gather'): {'illumio_workload_facts': ('dest', 'run_id')},
    ('dag_render', 'render'): {'dag_tag_map': tuple(name for name in RENDER if name != 'caller')},
    ('dag_register', 'register'): {'panos_dag_register': tuple(name for name in REGISTER if name not in PANOS and name not in ('caller', 'progress'))},
    ('dag_sync', 'sync'): {
        'illumio_workload_facts': (),
        'dag_tag_map': (*RULES, 'allow_limited_scope'),
        'panos_dag_register': (*_WRITING, *_GUARDS, *_OWNERSHIP, 'own_table', 'max_age'),
        'dag_sync_record': ('keep',),
    },
    ('dag_sync', 'teardown'): {
        'panos_dag_register': ('tag_template', 'aliases', 'retired_templates', 'teardown_confirm', 'max_removals', 'order', 'own_table', 'adopt'),
        'dag_sync_record': ('keep',),
    },
}

USUAL_ENTRY = {'illumio_gather': 'gather', 'dag_render': 'render', 'dag_register': 'register', 'dag_sync': 'sync'}

_EXPECTED = {'bool': 'true or false', 'int': 'a whole number', 'float': 'a number', 'list': 'a list', 'dict': 'a mapping', 'str': 'a text', 'path': 'a path'}
_CHECKS = {'bool': validation.check_type_bool, 'int': validation.check_type_int, 'float': validation.check_type_float, 'list': validation.check_type_list,
           'dict': validation.check_type_dict, 'path': validation.check_type_path, 'str': validation.check_type_str}


def variables_of(module, role, entry):
    """Yield (option, name of its variable) for each option that variables of a role set, those of the connection first; see L(OPTIONS)."""
    dummy, connection, prefix = MODULES[module]
    names = OptionNames(role, connection, prefix)
    for option in (*connection, *OPTIONS[role, entry][module]):
        yield option, names.name(option)


class Values:
    """What a host's variables say, each read as a task of that host would read it.

    :arg variables: mapping of the variables, not templated. :arg template: callable that templates one value and raises where it refers to something
        undefined.
    """

    def __init__(self, variables, template):
        self._variables = variables
        self._template = template

    def raw(self, name):
        """Return the value of a variable as it is written, or None where it is not set."""
        return self._variables.get(name)

    def readable(self, name):
        """Return the value of a variable, or None where it is not set, blank, or cannot be read, which is told elsewhere."""
        try:
            return self.get(name)
        except OptionError:
            return None

    def get(self, name, default=None, secret=False):
        """Return the value of a variable, or O(default) where it is not set, blank or omitted.

        :arg secret: it must not appear in a message, nor may any part of it, which a template error would quote.
        :raises OptionError: its value refers to something that is not defined, or cannot be computed.
        """
        if name not in self._variables:
            return default
        try:
            value = self._template(self._variables[name])
        except AnsibleUndefinedVariable as exc:
            raise OptionError('%s refers to something that is not defined%s. Define that, or remove %s.'
                              % (name, '' if secret else ': ' + _first_line(exc), name), option=name) from None
        except Exception as exc:  # pylint: disable=broad-except
            # a template error, a vault without its secret: whatever Ansible raises there is about this variable
            if type(exc).__name__ == 'AnsibleValueOmittedError':
                return default
            if secret:
                raise OptionError('%s cannot be read. If its value holds {{, {%% or {#, mark it with !unsafe; if it is encrypted, give ansible-vault '
                                  'its secret.' % name, option=name) from None
            raise OptionError('%s cannot be read: %s.' % (name, _first_line(exc)), option=name) from None
        omitted = isinstance(value, str) and value.startswith('__omit_place_holder__')  # how ansible-core before 2.19 says it
        return default if omitted or blank(value) else value


def _first_line(exc):
    text = (str(exc).partition('String:')[0].strip().splitlines() or [type(exc).__name__])[0].rstrip('. ')
    half = text[:len(text) // 2].rstrip('. ')
    return half if text == '%s. %s' % (half, half) else text  # ansible-core before 2.19 says it twice


def options(values, module, caller, entry=None, host_defaults=None, secrets=True, of_role=None):
    """Return the options of a module that variables set, with O(caller); blank ones are left out.

    :arg values: a L(Values). :arg module: name of the module. :arg caller, entry: role and entry point, see L(OPTIONS).
    :arg of_role: the L(Values) that hold the role's own variables, where those of the connection are another host's; by default O(values).
    :arg secrets: whether secret options are read too; looking one up may take long, or be possible only once.
    :arg host_defaults: options of the connection that hold where their variable is not set: the address of the inventory's host.
    :raises OptionError: naming the variable: undefined, or not of its type.
    """
    spec, connection, dummy = MODULES[module]
    found = {'caller': caller}
    for option, variable in variables_of(module, caller, entry or USUAL_ENTRY[caller]):
        secret = bool(spec[option].get('no_log'))
        if secret and not secrets:
            continue
        value = (values if of_role is None or option in connection else of_role).get(variable, secret=secret)
        if value is not None:
            found[option] = typed(spec[option], variable, value)
        elif host_defaults and option in host_defaults:
            found[option] = host_defaults[option]
    return found


def typed(spec, variable, value):
    """Return a value in the type of its option.

    :arg spec: the option's part of an argument spec.
    :raises OptionError: it is not of that type, or not among the choices.
    """
    kind = spec.get('type', 'str')
    if kind == 'raw':
        return value
    try:
        value = _CHECKS[kind](value)
        if kind == 'list' and spec.get('elements') not in (None, 'raw', 'dict'):
            value = [_CHECKS[spec['elements']](item) for item in value]
    except (TypeError, ValueError):
        shown = '' if spec.get('no_log') else '; it is %s' % _shown(value)
        hint = ' On the command line write it as JSON: -e \'{"%s": {...}}\'.' % variable if kind == 'dict' else ''
        raise OptionError('%s must be %s%s.%s' % (variable, _EXPECTED[kind], shown, hint), option=variable) from None
    choices = spec.get('choices')
    wrong = [item for item in (value if kind == 'list' else [value]) if choices and item not in choices]
    if wrong:
        raise OptionError('%s must be %s; it is %s.' % (variable, ' or '.join(map(str, choices)), _shown(wrong[0])), option=variable)
    return value


def _shown(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
