# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the module tests: the lab's own, and the chain of modules over a lab."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.lab.pytest_plugin import lab, lab_factory, pytest_configure  # noqa: E402

__all__ = ["chain", "chains", "fw", "lab", "lab_factory", "pytest_configure"]


@pytest.fixture
def chains(lab_factory, tmp_path, monkeypatch):
    """Starts labs and returns a Chain over each: chains("ordering"), chains({...}, switches={...})."""
    from tests.modules.chain import Chain  # the collection is importable only where the tests of plugins run

    def start(*arguments, **named):
        found = lab_factory(*arguments, **named)
        return Chain(found, tmp_path, monkeypatch)

    return start


@pytest.fixture
def chain(lab, tmp_path, monkeypatch):
    """The Chain over the fixture `lab`."""
    from tests.modules.chain import Chain

    return Chain(lab, tmp_path, monkeypatch)


@pytest.fixture
def fw(chains):
    """A Chain over one firewall and no PCE, with registrations of others: a host, a network, a range, IPv6."""
    from tests.modules.chain import FOREIGN, firewall

    return chains(firewall(registrations={"vsys1": [{"ip": address, "tags": tags} for address, tags in FOREIGN.items()]}))
