# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's command: what bad input says, starting, stopping, the background."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab import lab as lab_module
from tests.lab.cli import main

from . import stub

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "tests.lab"]
SMALL = ["--scenario", "empty", "--firewalls", "1"]


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stub simulators for commands that run in this process."""
    monkeypatch.setattr(lab_module, "build_pce", stub.build_pce)
    monkeypatch.setattr(lab_module, "build_panos", stub.build_panos)


def called(*arguments: str) -> subprocess.CompletedProcess:
    """The command in its own process, from the checkout root."""
    return subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def refused(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """The one line on standard error of a command that must fail with status 2."""
    assert main([*arguments, *([] if arguments[0] in ("stop", "control") else ["--lifetime=1"])]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("lab: ")
    return lines[0]


@pytest.mark.parametrize("arguments, words", [
    (["--scenario", "nope"], "unknown scenario 'nope'; there are empty, ordering, organisation"),
    (["--scenario", "missing.json"], "cannot read scenario file missing.json: No such file"),
    (["--workloads", "-5"], "--workloads: must be a whole number from 0 to 1000000, not '-5'"),
    (["--workloads", "many"], "not 'many'"),
    (["--workloads", "1e3"], "not '1e3'"),
    (["--workloads", "5", "--scenario", "ordering"], "only be chosen for the scenario organisation"),
    (["--firewalls", "101"], "--firewalls: must be a whole number from 0 to 100"),
    (["--panoramas", "x"], "--panoramas"),
    (["--seed", "-1"], "--seed"),
    (["--lifetime", "0"], "--lifetime"),
    (["--pce-port", "70000"], "--pce-port: must be a whole number from 1 to 65535"),
    (["--port-base", "0"], "--port-base"),
    (["--pce-port", "8000", "--control-port", "8000"], "port 8000 is given to pce and to control"),
    (["--port-base", "65000", "--pce-port", "65000"], "port 65000 is given to control and to pce"),
    (["--switch", "mode=strict"], "--switch is given as server.name=value, not 'mode'"),
    (["--switch", "pce.mode"], "--switch is given as name=value, not 'pce.mode'"),
    (["--switch", "fw9.mode=strict"], "no server 'fw9'; it has pce, fw1, fw2"),
    (["--switch", "pce.colour=red"], "pce has no switch 'colour'; it has echo, mode, pause"),
    (["--switch", "panos.mode=loose"], "mode accepts plain, strict, not 'loose'"),
    (["--switch", "fw1.pause=-1"], "pause accepts a number (0 or more), not '-1'"),
    (["--switch", "fw1.pause=nan"], "not 'nan'"),
    (["--certificate", "pce=bad"], "unknown certificate 'bad'; the lab has good, untrusted, wrong_host, expired"),
    (["--certificate", "fw7=expired"], "no server 'fw7'"),
    (["--workloads-file", "missing.json"], "cannot read workloads file"),
    (["--colour"], "unrecognized arguments: --colour (--help lists the options)"),
    (["begin"], "unrecognized arguments: begin"),
    (["--scenario"], "expected one argument"),
    (["stop"], "--directory"),
    (["stop", "--directory", "nowhere"], "no lab runs in nowhere"),
    (["control", "--directory", "nowhere", "state"], "no lab runs in nowhere"),
    (["control", "--directory", "nowhere", "state", "odd"], "an argument is given as name=value, not 'odd'"),
])
def test_bad_input_is_one_line(stubs: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture,
                               arguments: list[str], words: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content, words", [
    ("{", "is not JSON"),
    ("[]", "is not a JSON object"),
    ('{"colour": 1}', "no key 'colour'; it has seed, description, pce, pces, devices"),
    ('{"seed": 1.5}', "the seed must be a whole number"),
    ('{"pce": {"workloads": -1}}', "the number of workloads must be a whole number from 0"),
    ('{"pce": 5}', "pces of a scenario must be a list of objects"),
    ('{"devices": {}}', "devices of a scenario must be a list"),
    ('{"devices": [{"name": "fw1", "kind": "router"}]}', "kind is firewall or panorama, not 'router'"),
    ('{"devices": [{"kind": "firewall"}]}', "needs a name"),
    ('{"devices": [{"name": "a b"}]}', "not 'a b'"),
    ('{"devices": [{"name": "pce"}]}', "two servers are called 'pce'"),
])
def test_bad_scenario_files(stubs: None, tmp_path: Path, capsys: pytest.CaptureFixture, content: str, words: str) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(content, encoding="utf-8")
    assert words in refused(capsys, "--scenario", str(path))


def test_bad_workloads_file(stubs: None, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    path = tmp_path / "workloads.json"
    path.write_text('{"no": "array"}', encoding="utf-8")
    assert f"{path} is not a JSON array" in refused(capsys, "--workloads-file", str(path))


def test_taken_port(stubs: None, capsys: pytest.CaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option, name in (("--pce-port", "pce"), ("--control-port", "control")):
            line = refused(capsys, *SMALL, option, str(port))
            assert f"port {port} for {name} cannot be used (Address already in use); give another one" in line


def test_bad_directory(stubs: None, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    assert f"{file} is not a directory" in refused(capsys, "--directory", str(file))
    assert f"cannot make directory {file}/below" in refused(capsys, "--directory", str(file / "below"))
    assert f"cannot write into {file}/below" in refused(capsys, "--directory", str(file / "below"), "--detach")


def test_missing_library(stubs: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    assert "needs the Python library trustme: python -m pip install trustme" in refused(capsys, *SMALL)


def test_help_and_lists(stubs: None, capsys: pytest.CaptureFixture) -> None:
    for arguments in (["--help"], ["stop", "--help"], ["control", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    text = capsys.readouterr().out
    for word in ("--scenario", "--workloads-file", "--switch", "--port-base", "--detach", "--lifetime", "examples:", "mutate", "drop_after"):
        assert word in text
    assert main(["--list-scenarios"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["empty", "ordering", "organisation"]
    assert main(["--list-switches"]) == 0
    listed = capsys.readouterr().out
    assert "--switch pce.NAME=VALUE" in listed and "--switch panos.NAME=VALUE" in listed and "mode: plain, strict (default: plain)" in listed


def test_description_for_people(stubs: None, capsys: pytest.CaptureFixture) -> None:
    assert main([*SMALL, "--lifetime", "1", "--panoramas", "1"]) == 0
    text = capsys.readouterr().out
    for word in ("https://127.0.0.1:", "api_stub", "stub-secret", "key-fw1", "stub-password", "panorama1", "ca.pem", "inventory.yml", "curl",
                 "lifetime of 1 seconds"):
        assert word in text


def started(*arguments: str) -> tuple[subprocess.Popen, dict[str, Any]]:
    """A lab in the foreground of its own process, and what it printed."""
    process = subprocess.Popen([*COMMAND, "--json", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return process, json.loads(line)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_signals_stop_cleanly(signum: int) -> None:
    process, description = started(*SMALL)
    assert set(description) == {"control", "ca_file", "seed", "pces", "devices", "inventory", "directory"}
    state = requests.get(description["control"] + "/state", timeout=20).json()
    assert set(state["devices"]) == {"fw1"}
    device = description["devices"][0]
    requests.get(f"https://127.0.0.1:{device['port']}/", verify=description["ca_file"], timeout=20)
    process.send_signal(signum)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", "")
    assert not os.path.exists(description["directory"])


def test_lifetime_ends_it() -> None:
    process, description = started(*SMALL, "--lifetime", "1")
    assert process.wait(timeout=30) == 0
    assert not os.path.exists(description["directory"])
    process.communicate()


def test_fixed_ports() -> None:
    base = free_ports(3)
    process, description = started(*SMALL, "--port-base", str(base))
    process.terminate()
    process.communicate(timeout=30)
    assert description["control"].endswith(f":{base}")
    assert [description["pces"][0]["port"], description["devices"][0]["port"]] == [base + 1, base + 2]


def free_ports(count: int) -> int:
    """The first of so many ports in a row that are free now."""
    for base in range(20_000, 60_000, 10):
        try:
            for port in range(base, base + count):
                with socket.socket() as free:
                    free.bind(("127.0.0.1", port))
            return base
        except OSError:
            continue
    raise AssertionError("no free ports")


def test_background(tmp_path: Path) -> None:
    directory = tmp_path / "lab"
    where = ["--directory", str(directory)]
    result = called(*SMALL, *where, "--detach")
    assert result.returncode == 0, result.stderr
    assert "stop --directory" in result.stdout and "X-PAN-KEY" in result.stdout
    try:
        description = json.loads((directory / "lab.json").read_text(encoding="utf-8"))
        assert stat_mode(directory / "lab.json") == 0o600
        assert (directory / "ca.pem").read_text(encoding="utf-8").startswith("-----BEGIN CERTIFICATE")
        again = called(*SMALL, *where)
        assert again.returncode == 2 and "a lab already runs in" in again.stderr
        answer = called("control", *where, "switch", "server=pce", "name=nope", "value=1")
        assert answer.returncode == 2 and "pce has no switch 'nope'" in answer.stderr
        answer = called("control", *where, "description")
        assert json.loads(answer.stdout)["control"] == description["control"]
    finally:
        stopped = called("stop", *where)
    assert stopped.returncode == 0 and "Stopped" in stopped.stdout
    assert sorted(path.name for path in directory.iterdir()) == ["lab.log"]
    again = called("stop", *where)
    assert again.returncode == 2 and "no lab runs in" in again.stderr


def test_background_in_a_directory_of_its_own() -> None:
    result = called(*SMALL, "--detach", "--json")
    assert result.returncode == 0, result.stderr
    directory = json.loads(result.stdout)["directory"]
    assert called("stop", "--directory", directory).returncode == 0
    assert not os.path.exists(directory)


def test_background_that_cannot_start(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = called(*SMALL, "--detach", "--directory", str(tmp_path / "lab"), "--pce-port", port)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr.startswith(f"lab: port {port} for pce cannot be used") and len(result.stderr.splitlines()) == 1


def test_a_killed_lab_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    where = ["--directory", str(tmp_path)]
    process, _description = started(*SMALL, *where)
    process.kill()
    process.communicate()
    assert (tmp_path / "lab.json").exists()
    result = called("stop", *where)
    assert result.returncode == 0 and "not running any more" in result.stdout
    process, _description = started(*SMALL, *where)
    process.kill()
    process.communicate()
    process, _description = started(*SMALL, *where)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


def stat_mode(path: Path) -> int:
    """Permission bits of a file."""
    return path.stat().st_mode & 0o777
