# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: groups on two firewalls follow the labels of a PCE. It tells a story, does what it tells, and checks that it is so."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import textwrap
import time
import typing as t
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# pylint: disable=wrong-import-position
from tests.demo.stage import Ended, NotAsTold, Stage  # noqa: E402
from tests.lab.pce.ordering import groups as defined_groups  # noqa: E402
from tests.lab.scenario import LabError  # noqa: E402

SYNC = "zerotrust.microseg.sync"
WIDTH = 100
SHOWN = ("Development", "Production", "Ordering-Web", "Ordering-Processing", "Ordering-Database", "Quarantine", "Watchlist")
MOVED, OLD, NEW = "web01-dev-ny", "10.10.1.11", "10.10.1.99"
ISOLATED, ITS_ADDRESS = "web02-prod-lon", "10.21.1.12"
FOREIGN = (ITS_ADDRESS, "soc-watchlist")
WORK = ("Gather labels and workloads from the PCE", "Render the workloads into the tag map", "Register on this firewall")
LIFETIME = 600  # of the lab, in seconds, should nobody stop it
KEPT = 3600

REAL = """\
illumio:
  hosts:
    pce.example.com:
      illumio_pce_port: 8443      # SaaS: 443, and then the line can go
panos:
  hosts:
    fw1.example.com:
    fw2.example.com:"""


class Teller:
    """Writes the story; in colour where it is read on a terminal."""

    def __init__(self) -> None:
        self._colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._chapter = 0

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text

    def chapter(self, title: str) -> None:
        """Begin the next part."""
        self._chapter += 1
        print("\n" + self._paint("1", f"{self._chapter}. {title}"), flush=True)

    @staticmethod
    def say(text: str) -> None:
        """Write a sentence or two."""
        print(textwrap.fill(text, WIDTH - 3, initial_indent="   ", subsequent_indent="   ", break_on_hyphens=False, break_long_words=False), flush=True)

    def true(self, text: str) -> None:
        """Write what was just checked."""
        lines = textwrap.wrap(text, WIDTH - 6, break_on_hyphens=False, break_long_words=False)
        print("   " + self._paint("32", "ok ") + "\n      ".join(lines), flush=True)

    def command(self, *arguments: str) -> None:
        """Write a command before it runs."""
        print("   " + self._paint("36", "$ " + " ".join(arguments)), flush=True)

    def output(self, lines: t.Iterable[str]) -> None:
        """Write lines that a program printed."""
        colours = {"+": "32", "-": "31"}
        for line in lines:
            for part in textwrap.wrap(line, WIDTH - 5, subsequent_indent=" " * 14, break_on_hyphens=False, drop_whitespace=False) or [""]:
                print("   | " + self._paint(colours.get(line[:1], "0"), part.rstrip()), flush=True)

    def table(self, heads: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> None:
        """Write a table; columns of numbers are aligned to the right."""
        right = [all(row[column].isdigit() for row in rows) for column in range(len(heads))]
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        for number, row in enumerate([heads, *rows]):
            line = "  ".join(cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in zip(row, widths, right)).rstrip()
            print("   " + (self._paint("4", line) if number == 0 and self._colour else line))
            if number == 0 and not self._colour:
                print("   " + "  ".join("-" * width for width in widths))
        sys.stdout.flush()


class Story:
    """The five chapters, over one lab."""

    def __init__(self, stage: Stage, teller: Teller) -> None:
        self.stage = stage
        self.tell = teller
        self.seen: list[dict[str, set[str]]] = []  # members per group, whenever they were read
        self.held: dict[str, set[tuple[str, str]]] = {}
        self.foretold = Ended(0, "")

    # what must be so

    def expect(self, fact: bool, told: str, details: str = "") -> None:
        """Go on where *fact* is true. Raises NotAsTold."""
        if not fact:
            raise NotAsTold(told, details)

    def in_pce(self, label: tuple[str, str]) -> set[str]:
        """The addresses of the workloads with a label, from the lab's PCE; without IPv6 and the bridge of a container host, as is the default of a sync."""
        key, value = label
        return {address for workload in self.stage.control.state(server="pce")["workloads"] if workload["labels"].get(key) == value
                for address in workload["addresses"] if ":" not in address and address != "172.17.0.1"}

    def members(self) -> dict[str, set[str]]:
        """The members of each group, read from both firewalls by panos_dag_info, and compared with what the labels in the PCE ask for and what the lab says."""
        read = self.stage.groups()
        first = read[self.stage.firewalls[0]]
        for name in self.stage.firewalls:
            self.expect(FOREIGN in self.stage.registrations(name), f"the tag {FOREIGN[1]} on {FOREIGN[0]} should be left alone on {name}")
            held = self.stage.control.state(server=name)["vsys"]["vsys1"]["groups"]
            for group, found in read[name].items():
                self.expect(sorted(found) == sorted(held.pop(group)), f"panos_dag_info should read the members that {group} has on {name}", str(found))
                self.expect(sorted(found) == sorted(first.get(group, [])), f"{group} should have the same members on all firewalls", f"{name}: {found}")
            self.expect(not held, f"panos_dag_info should read each group of {name}", str(sorted(held)))
        return {group: set(found) for group, found in first.items()}

    def expect_members(self, members: dict[str, set[str]]) -> None:
        """Expect the groups to hold what the labels in the PCE say. Raises NotAsTold."""
        for group, label in {"Development": ("env", "Development"), "Production": ("env", "Production"), "Quarantine": ("env", "Quarantine"),
                             "Ordering-Web": ("role", "Web"), "Ordering-Processing": ("role", "Processing"), "Ordering-Database": ("role", "Database")}.items():
            self.expect(members[group] == self.in_pce(label), f"the group {group} should hold the workloads with the label {label[0]}={label[1]}",
                        f"group: {sorted(members[group])}\nPCE:   {sorted(self.in_pce(label))}")
        self.expect(members["Watchlist"] == {FOREIGN[0]}, "the group Watchlist should hold its one address", str(members["Watchlist"]))

    def sync(self, *arguments: str) -> Ended:
        """Run the playbook and show what counts of its output. Raises NotAsTold where it fails."""
        self.stage.control.clear_log()
        self.tell.command("ansible-playbook", SYNC, "-i", "inventory.yml", *arguments)
        ended = self.stage.playbook(SYNC, *arguments)
        self.expect(ended.status == 0, f"the playbook should have ended well, not with status {ended.status}", "\n".join(ended.lines) or ended.text)
        self.expect(sorted(ended.states) == self.stage.firewalls, "the playbook should end with a line per firewall", ended.text)
        self.tell.output(ended.warnings)
        return ended

    # the story

    def beginning(self) -> None:
        """Show what there is, before anything was done."""
        self.tell.chapter("A PCE knows the labels, two firewalls wait for addresses")
        workloads = self.stage.control.state(server="pce")["workloads"]
        ordering = [workload for workload in workloads if workload["labels"].get("app") == "Ordering"]
        self.tell.say(f"Illumio PCE: {len(workloads)} workloads, {len(ordering)} of them belong to the application Ordering. One is {MOVED}: "
                      + ", ".join(f"{key}={value}" for key, value in ordering[0]["labels"].items()) + f", {OLD}.")
        self.expect(ordering[0]["name"] == MOVED and OLD in ordering[0]["addresses"], f"{MOVED} should have the address {OLD}")
        self.tell.say("PAN-OS firewalls fw1 and fw2: dynamic address groups, defined once by a match on tags, and used in rules.")
        before = self.members()
        self.seen.append(before)
        self.expect(not any(found for group, found in before.items() if group != "Watchlist"), "all groups but Watchlist should be empty", str(before))
        filters = {name: group["filter"] for name, group in defined_groups().items()}
        rows = [(group, filters[group], str(len(before[group])), str(len(before[group]))) for group in SHOWN]
        self.tell.table(("group", "match", "fw1", "fw2"), rows)
        self.tell.say(f"({len(before) - len(SHOWN)} more, like Ordering-Web-Production, are empty too.) Watchlist is somebody else's: "
                      f"the SOC tagged {FOREIGN[0]}.")

    def first_sync(self) -> None:
        """Fill the groups."""
        self.tell.chapter("One command fills the groups")
        ended = self.sync()
        self.tell.output([*self._essence(ended), *ended.lines])
        self.expect(set(ended.states.values()) == {"changed"}, "the first sync should have changed both firewalls", ended.text)
        members = self.members()
        self.expect_members(members)
        self.seen.append(members)
        self.tell.say("(The claim is one more registration: it says on the firewall which PCE fills it.)")
        self.tell.table(("group", "before", "now", "members on fw1 and fw2"),
                        [(group, *self._counts(group), self._some(members[group])) for group in SHOWN])
        self.tell.true("Read back from both firewalls: each group holds exactly the addresses that the labels in the PCE ask for.")

    def second_sync(self) -> None:
        """Do nothing, and prove it on firewalls that refuse every write."""
        self.tell.chapter("The same command again changes nothing")
        self.stage.control.read_only(on=True)
        ended = self.sync()
        self.stage.control.read_only(on=False)
        self.tell.output([*ended.lines, *self._recap(ended)])
        self.expect(set(ended.changed.values()) == {0}, "the second sync should have changed nothing", ended.text)
        self.expect(self.stage.writes() == 0 and not self.stage.control.violations(), "the second sync should have written nothing")
        self.tell.true("0 write requests reached the firewalls (which were set to refuse any).")

    def something_happens(self) -> None:
        """Change two workloads in the PCE, and look what a sync would do."""
        self.tell.chapter("Two things happen in the PCE; --check --diff shows what they mean")
        self.stage.control.mutate(op="readdress", workload=MOVED, address=NEW)
        self.stage.control.mutate(op="relabel", workload=ISOLATED, labels={"env": "Quarantine"})
        self.tell.say(f"{MOVED} moves from {OLD} to {NEW}. {ISOLATED} ({ITS_ADDRESS}, the one on the watch list) is relabelled from env=Production to "
                      "env=Quarantine.")
        self.held = {name: self.stage.registrations(name) for name in self.stage.firewalls}
        self.foretold = self.sync("--check", "--diff")
        diffs = self.foretold.diffs
        self.expect(sorted(diffs) == self.stage.firewalls and all(diffs.values()), "there should be a diff for each firewall", self.foretold.text)
        self.tell.output([*diffs["fw1"], *self.foretold.lines])
        self.expect(self.stage.writes() == 0, "a run with --check should write nothing")
        self.expect(self.held == {name: self.stage.registrations(name) for name in self.stage.firewalls}, "a run with --check should change nothing")
        self.expect(diffs["fw1"] == diffs["fw2"], "the diff should be the same for both firewalls", self.foretold.text)
        self.tell.true("0 write requests. The diff of fw2 is the same. The tag soc-watchlist is not in it: it is not ours.")

    def third_sync(self) -> None:
        """Move exactly what was shown."""
        self.tell.chapter("Sync moves exactly those")
        ended = self.sync()
        self.tell.output(ended.lines)
        self.expect(ended.digests == self.foretold.digests and all(ended.digests.values()), "the run should have carried out the plan that was shown",
                    f"shown: {self.foretold.digests}\ndone:  {ended.digests}")
        tags = {tag for address, tag in self.held["fw1"] if address == OLD}
        gone = {(OLD, tag) for tag in tags} | {(ITS_ADDRESS, "illumio.env.Production")}
        new = {(NEW, tag) for tag in tags} | {(ITS_ADDRESS, "illumio.env.Quarantine")}
        for name in self.stage.firewalls:
            now = self.stage.registrations(name)
            self.expect((self.held[name] - now, now - self.held[name]) == (gone, new), f"exactly {MOVED} and {ISOLATED} should have moved on {name}",
                        f"gone: {sorted(self.held[name] - now)}\nnew:  {sorted(now - self.held[name])}")
        members = self.members()
        self.expect_members(members)
        self.seen.append(members)
        rows = []
        for group in SHOWN:
            gone_from, new_in = sorted(self.seen[1][group] - members[group]), sorted(members[group] - self.seen[1][group])
            moved = [f"- {address}" for address in gone_from] + [f"+ {address}" for address in new_in]
            rows.append((group, *self._counts(group), "  ".join(moved) or "the same"))
        self.tell.table(("group", "at first", "synced", "now", "this sync, on fw1 and fw2"), rows)
        self.tell.true("Read back from both firewalls. The plan was the one that --check had shown (same digest), and nothing else moved.")
        self.tell.true(f"{FOREIGN[0]} is in Quarantine now, and still carries the SOC's tag: no sync ever touched it.")

    def tell_all(self) -> None:
        """From the first line to the last but one."""
        for chapter in (self.beginning, self.first_sync, self.second_sync, self.something_happens, self.third_sync):
            chapter()

    # what is shown

    @staticmethod
    def _essence(ended: Ended) -> list[str]:
        """The tasks that do the work, with what they said."""
        result = []
        keep = False
        for line in ended.text.splitlines():
            if line.startswith("TASK ["):
                keep = line.split(" : ")[-1].split("]")[0] in WORK
                line = line.rstrip("*").rstrip()
            if keep and line:
                result.append(line)
        return result

    @staticmethod
    def _recap(ended: Ended) -> list[str]:
        rows = [line.split() for line in ended.text.splitlines() if " : ok=" in line]
        return [f"{row[0]} : {' '.join(row[2:6])}" for row in rows]

    def _counts(self, group: str) -> list[str]:
        return [str(len(members[group])) for members in self.seen]

    @staticmethod
    def _some(addresses: set[str]) -> str:
        rows = sorted(addresses, key=lambda address: [int(part) for part in address.split(".")])
        return ", ".join(rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")


def near(path: Path) -> str:
    """Return a path as one types it in the current directory."""
    return shlex.quote(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))


def ending(stage: Stage, teller: Teller, keep: bool) -> None:
    """Say how to go on."""
    teller.chapter("The same with your own PCE and firewalls")
    teller.say("inventory.yml:")
    print(textwrap.indent(REAL, "       "))
    teller.say("Credentials from the environment (or from ansible-vault, or AWX: see the README):")
    print("       export ILLUMIO_API_KEY_USERNAME=api_... ILLUMIO_API_KEY_SECRET=... PANOS_API_KEY=...")
    teller.say("Install the collection with `ansible-galaxy collection install .` in this checkout, then look, then do:")
    print(f"       ansible-playbook {SYNC} -i inventory.yml --check --diff\n       ansible-playbook {SYNC} -i inventory.yml")
    teller.say("Groups, guards and everything else: README.md in this checkout.")
    if not keep:
        return
    teller.chapter(f"The lab goes on for {KEPT // 60} minutes")
    python = Path(sys.executable)
    lab = f"{near(python)} -m tests.lab"
    teller.say("In this checkout:")
    print(textwrap.indent(f"""\
LAB={stage.directory}
export ANSIBLE_COLLECTIONS_PATH={near(Path(stage.collections))}
{near(python.with_name('ansible-playbook'))} {SYNC} -i $LAB/inventory.yml --check --diff
{lab} control --directory $LAB mutate op=relabel \\
    workload=web01-prod-ny labels='{{"env": "Quarantine"}}'
{lab} control --directory $LAB state server=fw1
{lab} stop --directory $LAB""", "       "))


def stop(stage: Stage) -> int:
    """End the lab and return an exit status."""
    try:
        stage.stop()
    except NotAsTold as problem:
        print(f"demo: {problem}: {problem.details}", file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """Run the demo and return its exit status: 0, 1 where something is not as told, 2 for wrong options."""
    parser = argparse.ArgumentParser(
        prog="./demo", description="Shows in a minute what this collection does: dynamic address groups on two firewalls follow the labels of a PCE. "
        "PCE and firewalls are simulated on this machine, the playbooks and modules are the real ones. Exit status 1 means that something was not as told.")
    parser.add_argument("--keep", action="store_true", help=f"leave the lab running for {KEPT // 60} minutes, and say how to play with it")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    teller = Teller()
    started = time.monotonic()
    status, stage = 0, None
    try:
        stage = Stage(KEPT if options.keep else LIFETIME)
        print("zerotrust.microseg: firewall groups follow the labels of Illumio's Policy Compute Engine (PCE).\n"
              "PCE and firewalls are simulated on this machine; the playbook is real (its output is shortened).")
        Story(stage, teller).tell_all()
        ending(stage, teller, options.keep)
        print(f"\nThat took {time.monotonic() - started:.0f} seconds." + ("" if options.keep else " The lab is stopped. ./demo --keep leaves one running."))
    except NotAsTold as problem:
        details = textwrap.indent("\n".join(problem.details.strip().splitlines()[-40:]), "  ")
        print("\n" + (f"{details}\n" if details else "") + f"demo: not as told: {problem}", file=sys.stderr)
        status = 1
    except LabError as problem:
        print(f"\ndemo: {problem}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        sys.stdout = None  # the reader has seen enough
    finally:
        if stage is not None and (status or not options.keep):
            status = max(status, stop(stage))
    return status


if __name__ == "__main__":
    sys.exit(main())
