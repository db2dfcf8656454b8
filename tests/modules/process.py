# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible runs it: a process of its own, arguments on standard input, JSON on standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys

PACKAGE = "ansible_collections.zerotrust.microseg.plugins.modules."
# where the collection lies as ansible_collections/zerotrust/microseg: found by import, because a checkout may be reached through a link
COLLECTIONS = next(folder for folder in map(os.path.abspath, sys.path + os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep))
                   if os.path.isfile(os.path.join(folder, *PACKAGE.strip(".").split("."), "panos_dag_register.py")))


def run_raw(module, check=False, diff=False, verbosity=0, environment=None, **arguments):
    """Run a module and return (exit status, standard output, standard error)."""
    code = ("import runpy, ansible.module_utils.basic as basic; basic._ANSIBLE_PROFILE = 'legacy'; "
            f"runpy.run_module('{PACKAGE}{module}', run_name='__main__')")
    arguments.update(_ansible_check_mode=check, _ansible_diff=diff, _ansible_verbosity=verbosity)
    done = subprocess.run([sys.executable, "-c", code], input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), capture_output=True, text=True, check=False,
                          timeout=120, env={**os.environ, "PYTHONPATH": COLLECTIONS, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def run(module, **arguments):
    """Run a module and return its result."""
    status, output, errors = run_raw(module, **arguments)
    assert output.strip(), errors
    result = json.loads(output.strip().splitlines()[-1])
    assert bool(result.get("failed")) == bool(status), (status, output, errors)
    return result
