# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest fixtures: `lab` (one running lab, the Ordering application and two firewalls) and `lab_factory`.

Use them with `from tests.lab.pytest_plugin import lab, lab_factory` in a conftest.py. `@pytest.mark.lab(...)` on a test gives the
arguments of its `lab`, those of `tests.lab.lab.Lab`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .lab import Lab


def pytest_configure(config: pytest.Config) -> None:
    """Registers the marker (a conftest.py that imports the fixtures imports this too)."""
    config.addinivalue_line("markers", "lab(**arguments): arguments of the Lab that the fixture `lab` starts")


@pytest.fixture
def lab_factory() -> Iterator[Callable[..., Lab]]:
    """Starts labs with the given arguments of `Lab` and stops them at the end of the test."""
    running: list[Lab] = []

    def start(*arguments: Any, **named: Any) -> Lab:
        lab = Lab(*arguments, **named)
        lab.start()
        running.append(lab)
        return lab

    yield start
    for lab in reversed(running):
        lab.stop()


@pytest.fixture
def lab(request: pytest.FixtureRequest, lab_factory: Callable[..., Lab]) -> Lab:
    """A running lab."""
    marker = request.node.get_closest_marker("lab")
    arguments = dict(marker.kwargs) if marker else {}
    return lab_factory(**{"scenario": "ordering", "firewalls": 2, **arguments})
