# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware models: family names and the limits of the registered-ip table (PAN-OS facts 5)."""

from __future__ import annotations

import re

# model (shell-like: prefix up to the digits that matter) -> (addresses, tags per address)
LIMITS = {
    "PA-220": (1_000, 32), "PA-220R": (1_000, 32), "PA-820": (1_000, 32), "PA-850": (2_500, 32),
    "PA-410": (1_000, 64), "PA-440": (50_000, 64), "PA-450": (100_000, 64), "PA-460": (100_000, 64),
    "PA-3220": (200_000, 32), "PA-3250": (200_000, 32), "PA-3260": (200_000, 32),
    "PA-3410": (150_000, 64), "PA-3420": (150_000, 64), "PA-3430": (200_000, 64), "PA-3440": (200_000, 64),
    "PA-5220": (500_000, 32), "PA-5250": (500_000, 32), "PA-5260": (500_000, 32), "PA-5280": (500_000, 32),
    "PA-5410": (500_000, 64), "PA-5420": (500_000, 64), "PA-5430": (500_000, 64), "PA-5450": (500_000, 64),
    "PA-7050": (500_000, 32), "PA-7080": (500_000, 32),
    "PA-VM": (2_500, 32), "CN-Series": (2_500, 32),
}
PANORAMA_LIMITS = (500_000, 32)
OTHER_LIMITS = (100_000, 32)


def limits(model: str, panorama: bool = False) -> tuple[int, int]:
    """Addresses and tags per address that a model takes."""
    if panorama:
        return PANORAMA_LIMITS
    return LIMITS.get(model, OTHER_LIMITS)


def sessions(model: str) -> int:
    """Sessions that a model holds (of its size class; nothing depends on the exact number)."""
    return max(64_000, 4 * limits(model)[0])


def family(model: str) -> str:
    """The `family` leaf of show system info."""
    if model == "Panorama":
        return "pc"
    if model.startswith("M-"):
        return "m"
    if "VM" in model:
        return "vm"
    if model == "CN-Series":
        return "cn"
    digits = re.sub(r"\D", "", model)
    return digits[:-2] + "00" if len(digits) > 2 else digits or "unknown"


def version_tuple(text: str) -> tuple[int, ...]:
    """"10.2.8-h3" as (10, 2, 8). Raises ValueError if it is not a PAN-OS version."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?(?:[.-][A-Za-z0-9]+)*\Z", text)
    if not match:
        raise ValueError(f"{text!r} is not a PAN-OS version such as 10.2.8 or 9.1.12-h3")
    return tuple(int(part or 0) for part in match.groups())
