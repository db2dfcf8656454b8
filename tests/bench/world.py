# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab in its own process for one size, and commands that are measured against it."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import typing as t
from pathlib import Path

from tests.lab.control import RemoteControl
from tests.runner import environment, tree

from . import floor, replay

HERE = Path(__file__).resolve().parent
VENV_BIN = environment.VENV / "bin"
PYTHON = str(VENV_BIN / "python")
LIFETIME = 3 * 3600  # seconds after which a lab ends by itself, should we be killed
LIMIT = 900          # seconds for one measured command
MODEL, PANOS = "PA-5450", "11.1.4"  # 500,000 addresses, so that the capacity guard has no say
EVERY = 100          # one workload in so many changes: 1 %


class BenchError(Exception):
    """Nothing can be measured; the text says why."""


def command_environment(collections: Path) -> dict[str, str]:
    """The environment of everything that is measured: the caller's, without what would change Ansible, Python or the connections."""
    unwanted = ("ANSIBLE_", "ILLUMIO_", "PANOS_", "PYTHON")
    names = {"VIRTUAL_ENV", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC", "FORCE_COLOR"}
    result = {name: value for name, value in os.environ.items()
              if not name.startswith(unwanted) and name not in names and not name.lower().endswith("_proxy")}
    result.update(PATH=os.pathsep.join([str(VENV_BIN), os.environ.get("PATH", os.defpath)]), ANSIBLE_COLLECTIONS_PATH=str(collections),
                  ANSIBLE_HOME=str(environment.CACHE / "ansible"), ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8")
    return result


def frozen_collection(folder: Path) -> Path:
    """Copy what the collection is made of, so that all runs measure the same although somebody edits the checkout; returns the collections path."""
    target = folder / "collections" / "ansible_collections" / "zerotrust" / "microseg"
    for name in tree.source_files():
        if name.startswith(("plugins/", "roles/", "playbooks/", "meta/")) or name == "galaxy.yml":
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(environment.ROOT / name, target / name)
    return folder / "collections"


class World:
    """One PCE with `workloads` workloads and `firewalls` firewalls. A context manager; leaving it stops the lab whatever happened.

    folder: an empty one for everything that is written. collections: where Ansible finds the collection. gzip False: the PCE never compresses.
    """

    def __init__(self, folder: Path, collections: Path, workloads: int, firewalls: int, gzip: bool = True) -> None:
        self.folder = folder
        self.workloads = workloads
        self.firewalls = firewalls
        self.gzip = gzip
        self.environment = command_environment(collections)
        self.description: dict[str, t.Any] = {}
        self.control: t.Any = None
        self.turn = 0
        self._number = 0
        self._lab: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> World:
        self.folder.mkdir(parents=True)
        scenario = self.folder / "scenario.json"
        scenario.write_text(json.dumps({"pce": {"scenario": "organisation", "workloads": self.workloads},
                                        "devices": [{"name": "fw1", "model": MODEL, "version": PANOS, "vsys": ["vsys1"]}]}), encoding="utf-8")
        command = [PYTHON, "-B", "-m", "tests.lab", "--scenario", str(scenario), "--firewalls", str(self.firewalls), "--directory", str(self.folder / "lab"),
                   "--lifetime", str(LIFETIME), "--json", *([] if self.gzip else ["--switch", "pce.gzip=never"])]
        try:
            with open(self.folder / "lab.log", "wb") as errors:
                # a session of its own: Ctrl-C is for us, and we end it
                self._lab = subprocess.Popen(command, cwd=environment.ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                             stderr=errors, start_new_session=True)
            line = self._lab.stdout.readline()
            if not line:
                raise BenchError((self.folder / "lab.log").read_text(encoding="utf-8", errors="replace").strip() or "the lab did not start")
            self.description = json.loads(line)
            self.control = RemoteControl(self.description["control"], timeout=LIMIT)
            self.warm()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the lab, politely, else at once."""
        if self._lab is None:
            return
        self._lab.terminate()
        try:
            self._lab.wait(15)
        except subprocess.TimeoutExpired:
            self._lab.kill()
            self._lab.wait()
        self._lab.stdout.close()
        self._lab = None

    @property
    def inventory(self) -> str:
        """Path of the lab's inventory."""
        return self.description["inventory"]

    def lab_seconds(self) -> float:
        """CPU seconds that the lab's process has used so far."""
        fields = Path(f"/proc/{self._lab.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def warm(self) -> None:
        """Have the PCE make its answers once: the simulator compresses rows when they are first asked for, which a real one does elsewhere."""
        pce = self.description["pces"][0]
        log = [{"server": pce["name"], "type": "workloads", "path": f"/api/v2/orgs/{pce['org_id']}/workloads", "query": {}, "status": 202}]
        with open(replay.write_script(str(self.folder), {**self.description, "devices": []}, log, {}, {}, self.gzip, 1), encoding="utf-8") as stream:
            script = json.load(stream)
        floor.pce(script["pce"], ssl.create_default_context(cafile=script["ca_file"]))

    def table(self) -> dict[str, list[str]]:
        """What the first firewall holds: address -> tags. All of them hold the same."""
        return self.control.state(server="fw1")["vsys"]["vsys1"]["registrations"]

    def clear_tables(self) -> None:
        """Empty the table of each firewall."""
        for device in self.description["devices"]:
            self.control.mutate(op="clear_table", device=device["name"])

    def churn(self) -> None:
        """Change 1 % of the workloads, others than the last time."""
        self.control.mutate(op="churn", every=EVERY, turn=self.turn)
        self.turn += 1
        self.warm()

    def measured(self, command: t.Sequence[str], limit: float = LIMIT) -> dict[str, t.Any]:
        """Run a command and return what it took: wall, user, system, cpu (s), peak_mb of its largest process, lab_cpu (s), output, and what the lab saw.

        Raises BenchError where it fails.
        """
        result = self.tried(command, limit)
        if result["status"]:
            what = f"took longer than {limit:.0f} s" if result["timed_out"] else f"failed with status {result['status']}"
            raise BenchError(f"{' '.join(command)} {what}:\n{result['output'][-3000:]}")
        return result

    def tried(self, command: t.Sequence[str], limit: float = LIMIT) -> dict[str, t.Any]:
        """As `measured`, but whoever calls looks at `status`."""
        self._number += 1
        report, output = self.folder / f"report-{self._number}.json", self.folder / f"output-{self._number}.txt"
        self.control.clear_log()
        before = self.lab_seconds()
        with open(output, "wb") as stream:
            wrapper = subprocess.Popen([PYTHON, "-S", "-B", str(HERE / "measure.py"), str(report), str(limit), *command], cwd=self.folder,
                                       env=self.environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT)
            try:
                wrapper.wait(limit + 60)
            except BaseException:
                wrapper.terminate()  # it ends what it measures
                wrapper.wait(10)
                raise
        result = json.loads(report.read_text(encoding="utf-8"))
        result["cpu"] = result["user"] + result["system"]
        result["lab_cpu"] = self.lab_seconds() - before
        result["output"] = output.read_text(encoding="utf-8", errors="replace")
        log = result["log"] = self.control.log()
        result.update(requests=len(log), writes=sum(1 for entry in log if entry["write"]), sent=sum(entry["bytes_in"] for entry in log),
                      received=sum(entry["bytes_out"] for entry in log))
        return result
