# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as a Python object: builds the simulators of a scenario, serves them, writes what clients need."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from typing import Any

from . import inventory, scenario as scenarios
from .control import Control, ControlApp
from .faults import Faults
from .http import App
from .log import RequestLog
from .scenario import LabError
from .server import HttpsServer
from .tls import MODES, Authority, MissingLibrary

CONTROL = "control"
FILES = ("ca.pem", "inventory.yml", "lab.json")


def build_pce(config: dict[str, Any], seed: int) -> App:
    """The PCE simulator of a scenario's `pce`."""
    from . import pce

    return pce.build(config, seed)


def build_panos(config: dict[str, Any], devices: list[dict[str, Any]], seed: int) -> list[App]:
    """The PAN-OS simulators of a scenario's `devices`; `config` is the whole scenario."""
    from . import panos

    return panos.build(config, devices, seed)


class Lab:
    """One PCE (or several) and any number of PAN-OS devices over HTTPS on loopback. A context manager.

    scenario: a built-in name, the path of a JSON file, or a dict (README.md says what is in it). seed: overrides the scenario's. size: workloads
    of the organisation. firewalls, panoramas: how many; None keeps the scenario's. switches: {"pce.name": value,
    "panos.name": value for every device} or {"pce": {"name": value}}. workloads_file: PCE collection JSON to serve as it is.
    directory: where ca.pem, inventory.yml and lab.json are written (default: a temporary one, removed at the end).
    ports: {"control": n, "pce": n, "fw1": n ...}, others are free ones. certificates: {"pce": "untrusted"} and so on, "*" for all (tls.MODES).

    Raises LabError with one clear line.
    """

    def __init__(self, scenario: str | os.PathLike | Mapping[str, Any] = "organisation", seed: int | None = None, size: int | None = None,
                 firewalls: int | None = None, panoramas: int | None = None, switches: Mapping[str, Any] | None = None,
                 workloads_file: str | os.PathLike | None = None, directory: str | os.PathLike | None = None,
                 ports: Mapping[str, int] | None = None, certificates: Mapping[str, str] | None = None) -> None:
        found = scenarios.with_devices(scenarios.load(scenario, seed, size), firewalls, panoramas)
        self.scenario = scenarios.checked(found, seed)
        if workloads_file is not None:
            self._serve_file(workloads_file)
        self.seed = self.scenario["seed"]
        self.log = RequestLog()
        self.faults = Faults()
        self.pces: list[App] = self._built(lambda: [build_pce(config, self.seed) for config in self.scenario["pces"]])
        devices = self.scenario["devices"]
        self.devices: dict[str, App] = {app.name: app for app in self._built(lambda: build_panos(self.scenario, devices, self.seed) if devices else [])}
        self.apps: dict[str, App] = {**{app.name: app for app in self.pces}, **self.devices}
        self._set_switches(switches or {})
        self._certificates = dict(certificates or {})
        self._check_certificates()
        self.set_ports(ports or {})
        self._given = None if directory is None else os.path.abspath(os.fspath(directory))
        self.directory = ""
        self.servers: dict[str, HttpsServer] = {}
        self.control = Control(self)
        self.stop_requested = threading.Event()
        self._control_server: HttpsServer | None = None

    @staticmethod
    def _built(build: Any) -> Any:
        try:
            return build()
        except (ValueError, LookupError, OSError) as error:
            raise LabError(str(error.args[0] if isinstance(error, KeyError) and error.args else error)) from error

    def _serve_file(self, path: str | os.PathLike) -> None:
        path = os.path.abspath(os.fspath(path))
        if not isinstance(scenarios.read_json(path, "workloads"), list):
            raise LabError(f"workloads file {path} is not a JSON array of workloads, as the PCE's collection answer is")
        if not self.scenario["pces"]:
            raise LabError("the scenario has no PCE that could serve a workloads file")
        pce = self.scenario["pces"][0]
        pce.pop("workloads", None)
        pce.pop("scenario", None)
        pce["file"] = path

    def _check_certificates(self) -> None:
        for name, mode in self._certificates.items():
            if name != "*":
                self.app(name)
            if mode not in MODES:
                raise LabError(f"unknown certificate {mode!r}; the lab has {', '.join(MODES)}")

    def set_ports(self, ports: Mapping[str, int]) -> None:
        """Fixes ports before the start, by server name ("control" too). Raises LabError."""
        for name, port in ports.items():
            if name != CONTROL:
                self.app(name)
            scenarios.whole(port, f"the port of {name}", 0, 65535)
        self._ports = dict(ports)

    def _set_switches(self, switches: Mapping[str, Any]) -> None:
        flat: dict[str, Any] = {}
        for name, value in switches.items():
            flat.update({f"{name}.{inner}": each for inner, each in value.items()} if isinstance(value, Mapping) else {name: value})
        for name, value in flat.items():
            server, dot, switch = name.partition(".")
            if not dot:
                raise LabError(f"a switch is given as server.name=value, not {name!r}; --list-switches shows them")
            self.set_switch(server, switch, value)

    def named(self, server: str) -> list[App]:
        """The app of that name; all devices for "panos"; all apps for "*". Raises LabError."""
        if server == "*":
            return list(self.apps.values())
        if server == "panos" and server not in self.apps:
            return list(self.devices.values())
        return [self.app(server)]

    def app(self, server: str) -> App:
        """The app of that name. Raises LabError."""
        app = self.apps.get(server)
        if app is None:
            raise LabError(f"the lab has no server {server!r}; it has {', '.join(self.apps)}")
        return app

    def set_switch(self, server: str, name: str, value: Any) -> None:
        """Sets a switch of a server, or of all devices ("panos"). Raises LabError."""
        for app in self.named(server):
            try:
                app.set_switch(name, value)
            except ValueError as error:
                raise LabError(str(error)) from error

    @property
    def pce(self) -> App:
        """The first PCE."""
        return self.pces[0]

    @property
    def ca_file(self) -> str:
        """Path of the CA certificate that clients have to trust."""
        return os.path.join(self.directory, "ca.pem")

    @property
    def inventory(self) -> str:
        """Path of the written Ansible inventory."""
        return os.path.join(self.directory, "inventory.yml")

    @property
    def control_url(self) -> str:
        """Where the control verbs are served (plain HTTP)."""
        return f"http://127.0.0.1:{self._control_server.port}" if self._control_server else ""

    def start(self) -> Lab:
        """Starts all servers and writes the files. Raises LabError (a taken port, a directory that cannot be written)."""
        try:
            authority = Authority()
        except MissingLibrary as error:
            raise LabError(str(error)) from error
        try:
            self._make_directory()
            for name, app in self.apps.items():
                mode = self._certificates.get(name, self._certificates.get("*", "good"))
                server = HttpsServer(app, authority.context(mode), self.log, self.faults, port=self._ports.get(name, 0))
                self._bind(name, server)
                self.servers[name] = server
            # Its own log and no faults: control must stay usable whatever the lab plays, and unseen in the lab's log.
            self._control_server = HttpsServer(ControlApp(self), None, RequestLog(1), Faults(), port=self._ports.get(CONTROL, 0))
            self._bind(CONTROL, self._control_server)
            for server in [*self.servers.values(), self._control_server]:
                server.start()
            self._write_files(authority)
        except BaseException:
            self.stop()
            raise
        return self

    def _bind(self, name: str, server: HttpsServer) -> None:
        try:
            server.bind()
        except OSError as error:
            raise LabError(f"port {server.port} for {name} cannot be used ({error.strerror}); give another one, or none to get a free one") from error

    def _make_directory(self) -> None:
        try:
            if self._given is None:
                self.directory = tempfile.mkdtemp(prefix="lab-")
            else:
                os.makedirs(self._given, mode=0o700, exist_ok=True)
                self.directory = self._given
        except OSError as error:
            raise LabError(f"cannot make directory {self._given}: {error.strerror}") from error

    def _write_files(self, authority: Authority) -> None:
        description = self.description()
        contents = {
            "ca.pem": authority.pem,
            "inventory.yml": inventory.render(description).encode("utf-8"),
            "lab.json": json.dumps({**description, "pid": os.getpid()}, indent=2).encode("utf-8") + b"\n",
        }
        for name in FILES:
            path = os.path.join(self.directory, name)
            try:
                with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
                    stream.write(contents[name])
                os.replace(path + ".new", path)
            except OSError as error:
                raise LabError(f"cannot write {path}: {error.strerror}") from error

    def stop(self) -> None:
        """Stops all servers and removes what was written. Does nothing the second time."""
        servers, self.servers = self.servers, {}
        control, self._control_server = self._control_server, None
        for server in [*servers.values(), *([control] if control else [])]:
            server.stop()
        directory, self.directory = self.directory, ""
        if not directory:
            return
        if self._given is None:
            shutil.rmtree(directory, ignore_errors=True)
            return
        for name in FILES:
            try:
                os.unlink(os.path.join(directory, name))
            except OSError:
                pass

    def description(self) -> dict[str, Any]:
        """Where everything listens and how to get in; what the command prints with --json."""
        def listed(apps: Any) -> list[dict[str, Any]]:
            return [{"name": app.name, "host": "127.0.0.1", "port": self.servers[app.name].port, **app.describe()} for app in apps]

        return {
            "control": self.control_url,
            "ca_file": self.ca_file,
            "seed": self.seed,
            "pces": listed(self.pces),
            "devices": listed(self.devices.values()),
            "inventory": self.inventory,
            "directory": self.directory,
        }

    def __enter__(self) -> Lab:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()
