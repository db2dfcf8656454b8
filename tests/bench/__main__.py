# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command ./bench."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.lab.scenario import LabError
from tests.runner.environment import CACHE, ROOT

from . import cases, profiling, report
from .world import BenchError, World, command_environment, frozen_collection

SIZES = (1_000, 10_000, 50_000, 100_000)
QUICK = (1_000, 10_000)
FIREWALLS = (1, 10, 50)
FLEET_SIZE = 10_000
ALTERNATIVE_MOST = 10_000
PAGE = ROOT / "docs" / "docsite" / "rst" / "performance.rst"
BOTH_WAYS = frozenset(("first", "unchanged"))  # what is measured with and without compression where a target compares it with the transfer
ONLY = (*cases.STEPS, "alternatives", "domain")

DESCRIPTION = """\
Measures whole runs of the playbook zerotrust.microseg.sync against simulators in a process of their own, and beside each the
floor: a bare script that moves the same bytes over the same number of requests, and an ansible-playbook with one empty module.
Nothing leaves this machine."""

EPILOG = """\
usual times on two idle cores: --quick 3 min; 50,000 workloads 1.5 min, 100,000 2 min for each run; 50 firewalls 8 min for each run;
everything with three runs about an hour. Memory: 2 GB for the simulators of 100,000 workloads.

examples:
  ./bench --quick
  ./bench --sizes 100000 --firewalls 1 --runs 1 --only first --only unchanged
  ./bench --profile 100000
  ./bench --show .cache/bench/*.json
"""


def numbers(text: str) -> list[int]:
    """1000,10000 as a list. An argparse type."""
    found = [part.strip() for part in text.split(",") if part.strip()]
    if not found or not all(part.isdecimal() and 1 <= int(part) <= 1_000_000 for part in found):
        raise argparse.ArgumentTypeError(f"whole numbers from 1 to 1000000 with commas in between, not {text!r}")
    return [int(part) for part in found]


def parser() -> argparse.ArgumentParser:
    """The options."""
    result = argparse.ArgumentParser(prog="./bench", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
                                     allow_abbrev=False)
    result.add_argument("--sizes", type=numbers, metavar="N,N", help="numbers of workloads, on one firewall (%s)" % ",".join(map(str, SIZES)))
    result.add_argument("--firewalls", type=numbers, metavar="N,N", help="numbers of firewalls, with 10,000 workloads (%s)" % ",".join(map(str, FIREWALLS)))
    result.add_argument("--runs", type=int, metavar="N", help="runs of each; medians are shown (3)")
    result.add_argument("--quick", action="store_true", help="%s workloads, one firewall, one run" % " and ".join(f"{size:,}" for size in QUICK))
    result.add_argument("--only", action="append", choices=ONLY, metavar="CASE", help=f"only this: {', '.join(ONLY)}; repeatable")
    result.add_argument("--identity", action="store_true", help="let the PCE never compress; by default it does, because the product asks for gzip, and "
                        f"from {report.RATIO_FROM:,} workloads on first and unchanged are measured both ways")
    result.add_argument("--json", metavar="FILE", help="where the result is written (.cache/bench/DATE-TIME.json)")
    result.add_argument("--docs", action="store_true", help=f"put the result into {PAGE.relative_to(ROOT)}")
    result.add_argument("--show", nargs="+", metavar="FILE", help="measure nothing: print the table of earlier results, the later ones in place of the earlier")
    result.add_argument("--profile", type=int, metavar="N", help="measure nothing else: profile each module with so many workloads")
    return result


def say(text: str) -> None:
    """Progress, on standard error."""
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


def measure(options: argparse.Namespace, folder: Path) -> report.Result:
    """Measure what the options ask for. A world that fails is told and left out; the others are measured."""
    runs = options.runs or (1 if options.quick else 3)
    only = options.only or ONLY
    steps = [step for step in cases.STEPS if step in only]
    sizes = options.sizes or (QUICK if options.quick else SIZES)
    fleets = options.firewalls or ([1] if options.quick or options.sizes else list(FIREWALLS))
    gzip = not options.identity
    worlds = [(size, 1, gzip) for size in sizes] + [(FLEET_SIZE, number, gzip) for number in fleets if number > 1]
    if 1 in fleets and options.firewalls and not options.sizes and not options.quick:
        worlds = [(FLEET_SIZE, number, gzip) for number in fleets]
    elif gzip and BOTH_WAYS.intersection(steps):
        worlds += [(size, 1, False) for size in sizes if size >= report.RATIO_FROM]
    collections = frozen_collection(folder)
    result: report.Result = {"machine": report.machine(), "runs": runs, "gzip": not options.identity, "load": cases.load(), "rows": [], "failed": []}
    if "domain" in only:
        result["rows"].append(cases.domain(collections, command_environment(collections), runs, say))
    for number, (workloads, firewalls, compressed) in enumerate(worlds):
        beside = "alternatives" in only and firewalls == 1 and workloads <= ALTERNATIVE_MOST
        if not steps and not beside:
            continue
        say(f"starting a lab: {workloads:,} workloads, {firewalls} firewall(s){'' if compressed else ', nothing compressed'}")
        try:
            with World(folder / f"world-{number}", collections, workloads, firewalls, compressed) as world:
                if not number:
                    world.measured([*cases.SYNC, "-i", world.inventory, "--check"])  # Python compiles what it imports, once
                if steps:
                    result["rows"] += cases.Syncs(world, steps if compressed is gzip else BOTH_WAYS.intersection(steps), say).run(runs)
                if beside:
                    result["rows"] += cases.alternatives(world, runs, say)
        except (BenchError, LabError) as error:
            say(f"failed: {error}")
            result["failed"].append({"workloads": workloads, "firewalls": firewalls, "error": str(error)})
        finally:
            shutil.rmtree(folder / f"world-{number}", ignore_errors=True)
    return result


def write(options: argparse.Namespace, result: report.Result) -> None:
    """Keep the result."""
    path = Path(options.json) if options.json else CACHE / "bench" / time.strftime("%Y%m%d-%H%M%S.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    say(f"written: {path}")


def main(arguments: t.Sequence[str]) -> int:
    """Run the command: 0, or 1 where something failed, or 3 where a target was missed."""
    options = parser().parse_args(arguments)

    def end(_signum: int, _frame: object) -> None:
        raise SystemExit(143)

    signal.signal(signal.SIGTERM, end)
    if options.show:
        result = report.merged([json.loads(Path(name).read_text(encoding="utf-8")) for name in options.show])
    else:
        with tempfile.TemporaryDirectory(prefix="microseg-bench-") as folder:
            if options.profile:
                print(profiling.run(Path(folder), options.profile, not options.identity, say))
                return 0
            result = report.merged([measure(options, Path(folder))])
        write(options, result)
    print(report.text(result))
    if options.docs:
        report.update_documentation(PAGE, result)
    for failure in result["failed"]:
        print(f"FAILED  {failure['workloads']:,} workloads on {failure['firewalls']} firewall(s): {failure['error'].splitlines()[0]}")
    return 1 if result["failed"] else 0 if all(held for held, _sentence in report.targets(result)) else 3


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except (BenchError, LabError, OSError, ValueError) as problem:
        print(f"bench: {problem}", file=sys.stderr)
        sys.exit(2)
