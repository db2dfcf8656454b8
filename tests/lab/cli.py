# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command: python -m tests.lab (from the checkout root). Exit status 0, or 2 with one line on standard error."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from . import background
from .control import RemoteControl
from .faults import EVERY
from .lab import CONTROL, Lab
from .scenario import BUILTIN, DEFAULT_FIREWALLS, DEFAULT_SIZE, LabError
from .show import control_answer, description_text, switches_text
from .tls import MODES

PROG = "python -m tests.lab"
LIFETIME = 4 * 3600
LONGEST = 30 * 86400

DESCRIPTION = """\
Starts simulated Illumio PCEs and Palo Alto Networks firewalls and Panoramas over HTTPS on 127.0.0.1 and prints where
they listen and the credentials. It runs until Ctrl-C, SIGTERM, the end of its lifetime, or (with --detach) until
'stop'. Nothing outside this machine is touched, and everything is made up from --seed."""

EPILOG = f"""\
other commands:
  {PROG} stop --directory DIR            end a lab that was started with --detach
  {PROG} control --directory DIR VERB [name=value ...]
                                            look at a running lab or change it; 'control --help' lists the verbs

examples:
  {PROG} --scenario ordering --firewalls 2
  {PROG} --scenario ordering --directory lab --detach
  {PROG} control --directory lab mutate op=relabel workload=web01-dev-ny labels='{{"env": "Production"}}'
  ansible-playbook -i lab/inventory.yml zerotrust.microseg.sync
  {PROG} stop --directory lab
"""

CONTROL_EPILOG = f"""\
verbs that only look: state [server=NAME], log [server=NAME], violations, faults, switches, description
verbs that change:    clear_log, mutate op=... [device=NAME] ..., arm server=NAME action=... ..., disarm,
                      switch server=NAME name=... value=..., read_only [server=NAME] [on=false], advance seconds=N, stop
faults of any server: {', '.join(EVERY)}
A value that is JSON is taken as JSON, anything else as text. tests/lab/README.md explains each verb.
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the options in one line."""

    def error(self, message: str) -> NoReturn:
        raise LabError(f"{message} (--help lists the options)")


def number(least: int, most: int) -> Any:
    """An argparse type: a whole number from least to most."""
    def parse(text: str) -> int:
        if not (text.isdecimal() and text.isascii() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text!r}")
        return int(text)
    return parse


def parser() -> Parser:
    """The options of the starting command."""
    result = Parser(prog=PROG, description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    what = result.add_argument_group("what to start")
    what.add_argument("--scenario", metavar="NAME|FILE.json", default="organisation",
                      help=f"{', '.join(BUILTIN)} (default: organisation), or a JSON file as tests/lab/README.md describes it")
    what.add_argument("--seed", type=number(0, 2**63 - 1), metavar="N", help="makes another world of the same kind (default: the scenario's, else 1)")
    what.add_argument("--workloads", type=number(0, 1_000_000), metavar="N", help=f"size of the organisation (default: {DEFAULT_SIZE})")
    what.add_argument("--workloads-file", metavar="FILE", help="serve the workloads of this file, the JSON array that a PCE's collection answers, as they are")
    what.add_argument("--firewalls", type=number(0, 100), metavar="N", help=f"how many firewalls (default: the scenario's, else {DEFAULT_FIREWALLS})")
    what.add_argument("--panoramas", type=number(0, 100), metavar="N", help="how many Panoramas, each connected to all firewalls (default: the scenario's)")
    what.add_argument("--switch", action="append", default=[], metavar="SERVER.NAME=VALUE",
                      help="choose another reading of an uncertain fact, e.g. pce.max_results=hard_500; SERVER 'panos' means every device; repeatable")
    what.add_argument("--certificate", action="append", default=[], metavar="SERVER=KIND",
                      help=f"a certificate that clients should refuse ({', '.join(MODES)}), '*' for all servers; repeatable")
    where = result.add_argument_group("where")
    where.add_argument("--port-base", type=number(1, 65000), metavar="N",
                       help="control listens on N, then PCEs and devices on the ports after it (default: free ports)")
    where.add_argument("--pce-port", type=number(1, 65535), metavar="N", help="port of the (first) PCE")
    where.add_argument("--control-port", type=number(1, 65535), metavar="N", help="port of the control verbs (plain HTTP)")
    where.add_argument("--directory", metavar="DIR", help="where ca.pem, lab.json and inventory.yml are written (default: a temporary one, removed at the end)")
    how = result.add_argument_group("how")
    how.add_argument("--json", action="store_true", help="print the description as one line of JSON")
    how.add_argument("--detach", action="store_true", help="start in the background and return when everything listens")
    how.add_argument("--lifetime", type=number(1, LONGEST), default=LIFETIME, metavar="SECONDS",
                     help="end by itself after this time (default: 14400, four hours)")
    how.add_argument("--list-scenarios", action="store_true", help="list the built-in scenarios and exit")
    how.add_argument("--list-switches", action="store_true", help="list the switches of PCEs and devices and exit")
    how.add_argument("--remove-directory", action="store_true", help=argparse.SUPPRESS)
    return result


def pairs(texts: Sequence[str], what: str) -> dict[str, str]:
    """name=value texts as a dict. Raises LabError."""
    result = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise LabError(f"{what} is given as name=value, not {text!r}")
        result[name] = value
    return result


def chosen_ports(options: argparse.Namespace, lab_names: Sequence[str], pce: str | None) -> dict[str, int]:
    """The ports that the options fix. Raises LabError where they do not fit."""
    ports: dict[str, int] = {}
    if options.port_base is not None:
        ports = {name: options.port_base + offset for offset, name in enumerate([CONTROL, *lab_names])}
    if options.pce_port is not None and pce is not None:
        ports[pce] = options.pce_port
    if options.control_port is not None:
        ports[CONTROL] = options.control_port
    taken: dict[int, str] = {}
    for name, port in ports.items():
        if port > 65535:
            raise LabError(f"port {port} for {name} does not exist; choose a smaller --port-base")
        if port in taken:
            raise LabError(f"port {port} is given to {taken[port]} and to {name}; choose different ones")
        taken[port] = name
    return ports


def build(options: argparse.Namespace) -> Lab:
    """The lab that the options ask for, not started yet. Raises LabError."""
    switches = pairs(options.switch, "--switch")
    for name in switches:
        if "." not in name:
            raise LabError(f"--switch is given as server.name=value, not {name!r}; --list-switches shows them")
    lab = Lab(options.scenario, options.seed, options.workloads, options.firewalls, options.panoramas, switches, options.workloads_file,
              options.directory, None, pairs(options.certificate, "--certificate"))
    lab.set_ports(chosen_ports(options, list(lab.apps), lab.pce.name if lab.pces else None))
    return lab


def run(options: argparse.Namespace) -> int:
    """Starts a lab and keeps it until it is told to end."""
    lab = build(options)

    def end(_signum: int, _frame: object) -> None:
        lab.stop_requested.set()

    handlers = {signum: signal.signal(signum, end) for signum in (signal.SIGTERM, signal.SIGINT)}
    try:
        with lab:
            print(json.dumps(lab.description()) if options.json else description_text(lab.description()), flush=True)
            in_time = lab.stop_requested.wait(options.lifetime)
    finally:
        for signum, handler in handlers.items():
            signal.signal(signum, handler)
    if not options.json:
        print("Stopped." if in_time else f"Stopped: the lifetime of {options.lifetime} seconds is over.", flush=True)
    return 0


def start(arguments: Sequence[str]) -> int:
    """The starting command."""
    options = parser().parse_args(arguments)
    if options.list_scenarios:
        for name, (_make, text) in BUILTIN.items():
            print(f"{name:<14} {text}")
        return 0
    if options.list_switches:
        print(switches_text(Lab("empty", firewalls=1)))
        return 0
    if options.directory is not None:
        background.check_free(options.directory)
    if options.detach:
        return background.detach(arguments, options.directory, options.json)
    if options.remove_directory:
        return background.in_directory(options.directory, lambda: run(options))
    return run(options)


def stop(arguments: Sequence[str]) -> int:
    """The stopping command."""
    result = Parser(prog=f"{PROG} stop", description="Ends a lab that runs in the background.", allow_abbrev=False)
    result.add_argument("--directory", metavar="DIR", required=True, help="the directory that the lab was started with, or printed")
    print(background.stop(result.parse_args(arguments).directory))
    return 0


def control(arguments: Sequence[str]) -> int:
    """One control verb against a running lab."""
    result = Parser(prog=f"{PROG} control", description="Looks at a running lab, or changes it; the answer is JSON.", epilog=CONTROL_EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    result.add_argument("--directory", metavar="DIR", required=True, help="the directory of the running lab")
    result.add_argument("verb", metavar="VERB", help="see below")
    result.add_argument("arguments", metavar="name=value", nargs="*", help="arguments of the verb")
    options = result.parse_args(arguments)
    values: dict[str, Any] = {}
    for name, text in pairs(options.arguments, "an argument").items():
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    print(control_answer(RemoteControl(background.described(options.directory)["control"]).call(options.verb, **values)))
    return 0


def main(arguments: Sequence[str]) -> int:
    """Runs the command; returns the exit status. Never a traceback for bad input."""
    commands = {"stop": stop, "control": control}
    command = commands.get(arguments[0]) if arguments else None
    try:
        return command(arguments[1:]) if command else start(arguments)
    except LabError as error:
        print(f"lab: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
