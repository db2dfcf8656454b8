# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the conformance tests: the lab's own, and a lab of stub simulators for tests of the core alone."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).resolve().parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.conformance import stub  # noqa: E402
from tests.lab import lab as lab_module  # noqa: E402
from tests.lab.pytest_plugin import lab, lab_factory, pytest_configure  # noqa: E402

__all__ = ["lab", "lab_factory", "pytest_configure", "core", "core_factory"]


@pytest.fixture
def core_factory(monkeypatch: pytest.MonkeyPatch, lab_factory: Callable) -> Callable:
    """Like lab_factory, with stub simulators."""
    monkeypatch.setattr(lab_module, "build_pce", stub.build_pce)
    monkeypatch.setattr(lab_module, "build_panos", stub.build_panos)
    return lab_factory


@pytest.fixture
def core(core_factory: Callable) -> Iterator[lab_module.Lab]:
    """A running lab of stubs: pce, fw1, fw2."""
    return core_factory("empty")
