# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests of the HTTP layer."""

from __future__ import annotations

import os

import pytest

from ansible_collections.zerotrust.microseg.tests.unit.plugins.module_utils.wire_stub import Wire


@pytest.fixture(autouse=True)
def no_proxy_variables(monkeypatch):
    """Nothing that this machine says of proxies."""
    for name in list(os.environ):
        if name.lower().endswith('_proxy'):
            monkeypatch.delenv(name)


@pytest.fixture
def serve():
    """Start servers that answer with what they are told: serve(answer, ...)."""
    wires = []

    def start(*answers, **options):
        wires.append(Wire(answers, **options))
        return wires[-1]

    yield start
    for wire in wires:
        wire.close()
