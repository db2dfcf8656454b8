# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain gather, render, register in this process, against the lab over real HTTPS, without waiting for anything.

What the modules' main() functions do, minus AnsibleModule: a run takes a tenth of a second and not one, so that thousands are possible.
"""

from __future__ import annotations

import copy
import datetime
import functools
import os

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.zerotrust.microseg.plugins.module_utils import _artifact
from ansible_collections.zerotrust.microseg.plugins.module_utils._errors import MicrosegError
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather import argspec as gather_argspec
from ansible_collections.zerotrust.microseg.plugins.module_utils._gather import run as gather_run
from ansible_collections.zerotrust.microseg.plugins.module_utils._illumio import argspec as illumio
from ansible_collections.zerotrust.microseg.plugins.module_utils._panos import argspec as panos
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import argspec as register_argspec
from ansible_collections.zerotrust.microseg.plugins.module_utils._register import run as register_run
from ansible_collections.zerotrust.microseg.plugins.module_utils._render import argspec as render_argspec
from ansible_collections.zerotrust.microseg.plugins.module_utils._render import run as render_run

CLAIM = "192.0.2.1"
NAMESPACE = "illumio."

# What somebody else may have registered on a firewall: a plain host, a quarantine on a managed address (added by the test), a range, a network, IPv6.
FOREIGN = {"172.16.9.9": ["soc-watchlist"], "10.9.0.0/24": ["branch"], "10.8.0.1-10.8.0.9": ["scanners"], "2001:db8:9::9": ["partner"],
           "172.16.9.10": ["illumio", "Illumio.env.Development", "Production"]}


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self):
        self.now = 0.0
        self.slept = []
        self.beside = lambda seconds: None  # somebody else's clock that goes on with this one

    def sleep(self, seconds):
        self.now += seconds
        self.slept.append(seconds)
        self.beside(seconds)

    def __call__(self):
        return self.now


class Result:
    """What a module would return: `failed`, `error` (the exception), `warnings`, and the keys of the result as `["key"]`."""

    def __init__(self, values, error, warnings):
        self.values = values
        self.error = error
        self.warnings = warnings

    @property
    def failed(self):
        return self.error is not None

    @property
    def message(self):
        return self.error.message if self.failed else self.values.get("message", "")

    @property
    def kind(self):
        return self.error.kind if self.failed else None

    def __getitem__(self, key):
        return self.values[key]

    def get(self, key, default=None):
        return self.values.get(key, default)

    def __repr__(self):
        return "Result(%r, %r)" % (self.message, {key: self.values.get(key) for key in ("state", "changed", "plan", "failures", "guards")})


def validated(spec, options):
    """Options as AnsibleModule would hand them on: typed, with defaults."""
    found = ArgumentSpecValidator(copy.deepcopy(spec)).validate(options)  # it writes into mutable defaults
    assert not found.error_messages, found.error_messages
    return found.validated_parameters


def pce_options(lab, **changes):
    """The connection options of the lab's PCE."""
    description = lab.description()
    pce = description["pces"][0]
    return {"pce_hostname": pce["host"], "pce_port": pce["port"], "pce_org_id": pce["org_id"], "api_key_username": pce["api_key_username"],
            "api_key_secret": pce["api_key_secret"], "pce_tls_ca": description["ca_file"], "pce_proxy": "", **changes}


def device(lab, name="fw1"):
    """The description of one of the lab's devices."""
    return next(each for each in lab.description()["devices"] if each["name"] == name)


def panos_options(lab, name="fw1", **changes):
    """The connection options of one of the lab's devices."""
    found = device(lab, name)
    return {"ip_address": found["host"], "port": found["port"], "api_key": found["api_key"], "ca_path": lab.description()["ca_file"], "proxy": "", **changes}


class Chain:
    """Runs against one lab. `clock.slept` holds what would have been waited for."""

    def __init__(self, lab, folder, monkeypatch):
        self.lab = lab
        self.folder = str(folder)
        self.clock = Clock()
        self.number = 0
        monkeypatch.setattr(gather_run, "connect", functools.partial(self._pce, illumio.connect))
        monkeypatch.setattr(register_run, "connect", functools.partial(self._panos, panos.connect))

    def _pce(self, connect, params, warn):
        return connect(params, warn=warn, sleep=self.clock.sleep, clock=self.clock)

    def _panos(self, connect, params, warn):
        return connect(params, warn, sleep=self.clock.sleep)

    def path(self, name):
        """A new file name."""
        self.number += 1
        return os.path.join(self.folder, "%s-%d.jsonl" % (name, self.number))

    def gather(self, **options):
        """illumio_workload_facts; returns the path of the workloads artifact."""
        params = validated(gather_argspec.ARGUMENTS, pce_options(self.lab, dest=self.path("workloads"), **options))
        self.warnings = []
        return gather_run.run(params, self.warnings.append)["ansible_facts"]["illumio_workloads"]["path"]

    def render(self, workloads, **options):
        """dag_tag_map; returns the path of the tag map."""
        params = validated(render_argspec.ARGUMENTS, dict(options, src=workloads, dest=self.path("tag-map")))
        return render_run.run(params, [].append, now)["tag_map"]["path"]

    def register(self, firewall="fw1", check=False, diff=True, moment=None, host=None, **options):
        """panos_dag_register; returns a Result."""
        params = validated(register_argspec.ARGUMENTS, panos_options(self.lab, firewall, **options))
        warnings = []
        try:
            return Result(register_run.run(params, check, diff, warnings.append, now=moment or now(), host=host), None, warnings)
        except MicrosegError as exc:
            return Result(exc.partial, exc, warnings)

    def tag_map(self, gather=None, render=None):
        """Gather and render; returns the path of the tag map."""
        return self.render(self.gather(**(gather or {})), **(render or {}))

    def sync(self, firewall="fw1", check=False, gather=None, render=None, **options):
        """The whole chain over one firewall; returns a Result, also where gather or render failed."""
        try:
            path = self.tag_map(gather, render)
        except MicrosegError as exc:
            return Result(dict(exc.partial, changed=False, state="no tag map"), exc, [])
        return self.register(firewall, check, src=path, **options)

    # -- what the lab holds ---------------------------------------------------------------------------------------------

    def table(self, firewall="fw1", vsys="vsys1"):
        """{address: set of tags}, as the device itself knows them."""
        return table(self.lab, firewall, vsys)

    def owned(self, firewall="fw1", vsys="vsys1", namespace=NAMESPACE, claims=False):
        """{address: set of tags} of the namespace."""
        return owned(self.table(firewall, vsys), namespace, claims)

    def foreign(self, firewall="fw1", vsys="vsys1"):
        """Pairs outside the namespace."""
        return foreign(self.table(firewall, vsys))

    def writes(self, firewall="fw1"):
        """Log entries of writes."""
        return [entry for entry in self.lab.control.log(firewall) if entry["write"]]


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def table(lab, firewall="fw1", vsys="vsys1"):
    return {address: frozenset(tags) for address, tags in lab.control.state(firewall)["vsys"][vsys]["registrations"].items()}


def owned(entries, namespace=NAMESPACE, claims=False):
    found = {address: frozenset(tag for tag in tags if tag.startswith(namespace)) for address, tags in entries.items() if claims or address != CLAIM}
    return {address: tags for address, tags in found.items() if tags}


def foreign(entries, namespace=NAMESPACE):
    return {(address, tag) for address, tags in entries.items() for tag in tags if not tag.startswith(namespace)}


def pairs(entries):
    return {(address, tag) for address, tags in entries.items() for tag in tags}


def desired(path):
    """{address: set of tags} of a tag map artifact, read without the product's reader of tag maps."""
    return {row["address"]: frozenset(row["tags"]) for row in _artifact.ArtifactReader(path, _artifact.TAG_MAP).rows() if "address" in row}


def write_tag_map(path, registrations, owner="pce.example.com/1", scope="0123456789ab", gathered_at=None, label_values=None, complete=True, **rules):
    """Write a tag map by hand and return its path. registrations: {address: tags}."""
    header = {
        "run_id": "run-1", "gathered_at": gathered_at or _artifact.utc_text(now()),
        "source": {"pce": owner.rpartition("/")[0], "org_id": 1, "pce_version": None, "owner": owner, "complete": complete},
        "rules": {"tag_template": "illumio.{key}.{value}", "namespace": "illumio.", "label_keys": None, "aliases": [], **rules}, "scope": scope}
    if label_values is not None:
        header["label_values"] = label_values
    with _artifact.ArtifactWriter(str(path), _artifact.TAG_MAP, header) as writer:
        for address, tags in registrations.items():
            writer.row({"address": address, "tags": list(tags), "workloads": []})
        writer.counts = {"addresses": len(registrations), "registrations": sum(map(len, registrations.values())), "workloads": 0}
    return str(path)


def firewall(name="fw1", **changes):
    """A scenario with one firewall and no PCE."""
    return {"seed": 7, "pces": [], "devices": [{"name": name, "kind": "firewall", "model": "PA-3220", "version": "10.2.4", **changes}]}
