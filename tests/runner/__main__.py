# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of run-tests."""

from __future__ import annotations

import argparse
import concurrent.futures
import signal
import sys
import time
import typing as t

from . import environment, tree
from .lanes import Lane, Run, all_lanes
from .results import Counts, summary, tail


def parse_arguments(arguments: list[str], lanes: list[Lane]) -> tuple[argparse.Namespace, list[str]]:
    """Read the command line; ends the process with status 2 and one line where it makes no sense."""
    passed_on: list[str] = []
    if "--" in arguments:
        passed_on = arguments[arguments.index("--") + 1:]
        arguments = arguments[:arguments.index("--")]
    parser = argparse.ArgumentParser(
        prog="./run-tests", usage="./run-tests [--help] [--jobs N] [--all] [LANE ...] [-- ARGUMENT ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Runs the tests of this collection, in lanes. Sets itself up in .venv and .cache; needs Python 3.11 or newer and a package registry.",
        epilog=lane_table(lanes))
    parser.add_argument("lanes", nargs="*", metavar="LANE", help="the lanes to run; none: those with a * below")
    parser.add_argument("--all", action="store_true", help="run every lane below")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="how many lanes run at the same time (2)")
    options = parser.parse_args(arguments)
    known = {lane.name: lane for lane in lanes}
    wrong = [name for name in options.lanes if name not in known]
    if wrong:
        refuse(f"no such lane: {', '.join(wrong)} (there are: {', '.join(known)})")
    if options.jobs < 1:
        refuse("--jobs must be 1 or more")
    if passed_on and (len(options.lanes) != 1 or not known[options.lanes[0]].takes_arguments):
        refuse("arguments after -- belong to one lane that hands them on to ansible-test, pytest or molecule")
    return options, passed_on


def refuse(text: str) -> t.NoReturn:
    """End with one line and status 2."""
    print(f"run-tests: {text}", file=sys.stderr)
    sys.exit(2)


def lane_table(lanes: list[Lane]) -> str:
    """Describe the lanes for --help."""
    lines = ["lanes (* runs by default), with their usual time once everything is installed:"]
    for lane in lanes:
        lines.append(f"  {'*' if lane.default else ' '} {lane.name:<12} {lane.usual:>6}   {lane.what}")
    lines += [
        "",
        "Arguments after -- go to the program that a lane runs, for one lane at a time:",
        "  ./run-tests lab -- -k paging        ./run-tests sanity -- --test pep8",
        "A lane whose Python is not on this machine is counted as skipped. Logs are kept in .cache/logs.",
        "Exit status: 0 nothing failed, 1 something failed, 2 could not start.",
    ]
    return "\n".join(lines)


def run_lane(lane: Lane, run: Run) -> tuple[Counts, float]:
    """Run one lane, whatever happens, and return its counts and its duration in seconds."""
    started = time.monotonic()
    try:
        counts = lane.run(run)
    except environment.SetUpError as error:
        run.write(str(error))
        counts = Counts(failed=1, failures=["set-up"])
    except Exception as error:  # a mistake in the lane itself must not lose the results of the others
        run.write(f"{type(error).__name__}: {error}")
        counts = Counts(failed=1, failures=[f"{type(error).__name__}: {error}"])
    return counts, time.monotonic() - started


def report(lane: Lane, run: Run, counts: Counts, seconds: float) -> None:
    """Print the result of a lane: one line, and what a reader needs to see of a failure."""
    word = "FAILED" if counts.failed else "ok" if counts.passed else "skipped"
    line = f"{word:<8} {lane.name:<12} {summary(counts):<40} {seconds:6.0f} s"
    print(line.rstrip(), flush=True)
    for note in counts.notes:
        print(f"           skipped {note}")
    if not counts.failed:
        return
    for name in counts.failures[:20]:
        print(f"           failed  {name}")
    if len(counts.failures) > 20:
        print(f"           failed  and {len(counts.failures) - 20} more")
    wanted = (lambda text: text.startswith(("ERROR", "FATAL"))) if lane.name == "sanity" else None
    for text in tail(run.log, 40, wanted):
        print(f"  | {text}")
    print(f"  the whole output is in {run.log.relative_to(environment.ROOT)}", flush=True)


def main() -> int:
    """Run what was asked for and return the exit status."""
    lanes = all_lanes()
    options, passed_on = parse_arguments(sys.argv[1:], lanes)
    if options.lanes:
        chosen = [lane for lane in lanes if lane.name in options.lanes]
    else:
        chosen = [lane for lane in lanes if lane.default or options.all]
    total = Counts()
    runnable = []
    for lane in chosen:
        reason = lane.missing()
        if reason:
            print(f"{'skipped':<8} {lane.name:<12} {reason}", flush=True)
            total.skipped += 1
        else:
            runnable.append(lane)
    started = time.monotonic()
    if runnable:
        try:
            environment.ensure_main_venv()
        except environment.SetUpError as error:
            print(f"run-tests: {error}", file=sys.stderr)
            return 2
        collections = tree.update_tree()
        environment.link_pythons(["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
        total.add(run_all(runnable, options.jobs, collections, passed_on))
    if len(chosen) > 1:
        print(f"All lanes in {time.monotonic() - started:.0f} s.")
    print(summary(total), flush=True)
    return 1 if total.failed else 0


def run_all(lanes: list[Lane], jobs: int, collections: t.Any, passed_on: list[str]) -> Counts:
    """Run *lanes*, *jobs* at a time, print each result as it ends, and return the sum."""
    total = Counts()
    runs: dict[str, Run] = {}
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end what was started, also when told to by another program
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=jobs)
    waiting: dict[concurrent.futures.Future[tuple[Counts, float]], Lane] = {}
    try:
        for lane in lanes:
            runs[lane.name] = Run(lane.name, collections, passed_on)
            waiting[pool.submit(run_lane, lane, runs[lane.name])] = lane
        for done in concurrent.futures.as_completed(waiting):
            lane = waiting[done]
            counts, seconds = done.result()
            report(lane, runs[lane.name], counts, seconds)
            total.add(counts)
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        for run in runs.values():
            run.stop()
        pool.shutdown(wait=True)
        print("Interrupted.", file=sys.stderr)
        total.check("interrupted", False)
    return total


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("run-tests: interrupted")
