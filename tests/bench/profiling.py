# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time and memory of each module go: the modules run by themselves, as Ansible runs them, measured and then under cProfile."""

from __future__ import annotations

import json
import os
import pstats
import io
import typing as t
from collections.abc import Callable
from pathlib import Path

from .world import PYTHON, BenchError, World, frozen_collection

MODULES = "ansible_collections.zerotrust.microseg.plugins.modules."
TOP = 25
_RUN = """\
import sys, runpy
import ansible.module_utils.basic as basic
basic._ANSIBLE_PROFILE = 'legacy'
name, stats = sys.argv[1:3]
del sys.argv[1:]
if stats == '-':
    runpy.run_module(name, run_name='__main__')
else:
    import cProfile
    profile = cProfile.Profile()
    try:
        profile.runcall(runpy.run_module, name, run_name='__main__')
    finally:
        profile.dump_stats(stats)
"""


class Modules:
    """Runs modules against a world."""

    def __init__(self, world: World, collections: Path, say: Callable[[str], None]) -> None:
        self.world, self.say = world, say
        world.environment["PYTHONPATH"] = str(collections)
        self.runner = world.folder / "run_module.py"
        self.runner.write_text(_RUN, encoding="utf-8")
        self.parts: list[str] = []

    def run(self, title: str, module: str, before: Callable[[], None], **arguments: t.Any) -> None:
        """Measure a module, then profile it; `before` restores the state that it finds."""
        path = self.world.folder / "arguments.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
        stats = self.world.folder / "stats"
        command = [str(self.runner), MODULES + module]
        before()
        plain = self.world.measured(["sh", "-c", 'exec "$0" "$@" < arguments.json', PYTHON, *command, "-"])
        before()
        self.world.measured(["sh", "-c", 'exec "$0" "$@" < arguments.json', PYTHON, *command, str(stats)])
        if '"failed": true' in plain["output"]:
            raise BenchError(plain["output"][-2000:])
        text = io.StringIO()
        pstats.Stats(str(stats), stream=text).sort_stats("tottime").print_stats(TOP)
        shown = text.getvalue().replace(str(Path(os.path.dirname(os.__file__))), "...").replace(self.world.environment["PYTHONPATH"], "")
        self.parts.append(f"== {title}: {plain['wall']:.2f} s wall, {plain['user']:.2f} s user, {plain['system']:.2f} s system, "
                          f"peak {plain['peak_mb']:.0f} MB, {plain['requests']} requests, lab {plain['lab_cpu']:.2f} s CPU\n{shown.strip()}\n")
        self.say(self.parts[-1].splitlines()[0])


def run(folder: Path, workloads: int, gzip: bool, say: Callable[[str], None]) -> str:
    """Profile the modules with so many workloads on one firewall; returns what to print."""
    collections = frozen_collection(folder)
    with World(folder / "world", collections, workloads, 1, gzip) as world:
        modules = Modules(world, collections, say)
        pce, device = world.description["pces"][0], world.description["devices"][0]
        gathered, tag_map = str(world.folder / "workloads.jsonl"), str(world.folder / "tag-map.jsonl")
        modules.run("illumio_workload_facts", "illumio_workload_facts", lambda: None, pce_hostname=pce["host"], pce_port=pce["port"], pce_org_id=pce["org_id"],
                    api_key_username=pce["api_key_username"], api_key_secret=pce["api_key_secret"], pce_tls_ca=world.description["ca_file"], dest=gathered)
        modules.run("dag_tag_map", "dag_tag_map", lambda: None, src=gathered, dest=tag_map)
        connection = {"ip_address": device["host"], "port": device["port"], "api_key": device["api_key"], "ca_path": world.description["ca_file"]}
        modules.run("panos_dag_register, first", "panos_dag_register", world.clear_tables, src=tag_map, **connection)
        modules.run("panos_dag_register, no change", "panos_dag_register", lambda: None, src=tag_map, **connection)
        return "\n".join(modules.parts)
