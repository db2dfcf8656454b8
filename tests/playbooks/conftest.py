# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ansible-playbook runs against the lab: a Site is a lab, an inventory and a way to run the collection's playbooks over them."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tests.lab.pytest_plugin import lab, lab_factory, pytest_configure  # noqa: E402

__all__ = ['lab', 'lab_factory', 'pytest_configure', 'site', 'sites', 'Site']

CLAIM = '192.0.2.1'
LIMIT = 240  # seconds for one ansible-playbook


class Ended:
    """One finished ansible-playbook: C(code), C(text), and C(recap) per host."""

    def __init__(self, code, text):
        self.code = code
        self.text = text
        self.recap = {
            host: {name: int(number) for name, number in re.findall(r'(\w+)=(\d+)', numbers)}
            for host, numbers in re.findall(r'^(\S+)\s+: (ok=.*)$', text, re.M)}

    def changed(self, host):
        return self.recap[host]['changed']

    def states(self):
        """Return what the summary says: dict host -> state."""
        return dict(re.findall(r'"(\S+?)\s+(in_sync|changed|incomplete|passive|panorama|refused|failed)\s{2,}', self.text))

    def said(self, words):
        """Tell whether a message is in the output, however it was wrapped."""
        return ' '.join(words.split()) in ' '.join(self.text.split())


class Site:
    """A lab and an inventory over it."""

    def __init__(self, running, folder):
        self.lab = running
        self.control = running.control
        self.folder = Path(folder)
        with open(running.description()['inventory'], encoding='utf-8') as stream:
            self.inventory = yaml.safe_load(stream)

    def with_inventory(self, change):
        """Return the same site with an inventory that C(change) has edited in place."""
        other = copy.copy(self)
        other.inventory = copy.deepcopy(self.inventory)
        change(other.inventory)
        return other

    def command(self, playbook, arguments, name):
        path = self.folder / name
        path.write_text(yaml.safe_dump(self.inventory), encoding='utf-8')
        program = shutil.which('ansible-playbook') or str(Path(sys.executable).with_name('ansible-playbook'))
        return [program, playbook, '-i', str(path), *arguments]

    def environment(self, extra):
        plain = {'ANSIBLE_NOCOLOR': '1', 'ANSIBLE_DEPRECATION_WARNINGS': 'false', 'ANSIBLE_FORKS': '5', 'ANSIBLE_LOCALHOST_WARNING': 'false'}
        return {**os.environ, **plain, **extra}

    def start(self, *arguments, playbook='zerotrust.microseg.sync', environment=(), name='inventory.yml'):
        """Start a playbook and return the process."""
        return subprocess.Popen(self.command(playbook, arguments, name), env=self.environment(dict(environment)), cwd=self.folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, *arguments, playbook='zerotrust.microseg.sync', environment=(), **options):
        """Run a playbook to its end."""
        done = subprocess.run(self.command(playbook, arguments, 'inventory.yml'), env=self.environment(dict(environment)), cwd=self.folder, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
        return Ended(done.returncode, done.stdout)

    def table(self, device='fw1', vsys='vsys1'):
        """Return the registrations that a device holds, without the claim: dict address -> set of tags."""
        found = self.control.state(device)['vsys'][vsys]['registrations']
        return {address: set(tags) for address, tags in found.items() if address != CLAIM}

    def claims(self, device='fw1', vsys='vsys1'):
        """Return the tags on the claim address."""
        return self.control.state(device)['vsys'][vsys]['registrations'].get(CLAIM, [])

    def tags(self, device='fw1', prefix='illumio.'):
        """Return the registrations of a namespace: dict address -> set of tags."""
        rows = {address: {tag for tag in tags if tag.startswith(prefix)} for address, tags in self.table(device).items()}
        return {address: tags for address, tags in rows.items() if tags}

    def writes(self):
        """Return the write requests that reached any device since the log was cleared."""
        return [entry for entry in self.control.log() if entry['write']]


@pytest.fixture
def sites(lab_factory, tmp_path):
    """Start sites: C(sites(workloads=60, firewalls=2))."""
    made = []

    def start(**named):
        folder = tmp_path / ('site%d' % len(made))
        folder.mkdir()
        made.append(Site(lab_factory(**{'firewalls': 2, **named}), folder))
        return made[-1]

    return start


@pytest.fixture
def site(sites):
    """The realistic organisation, small, and two firewalls."""
    return sites(scenario='organisation', size=60)
