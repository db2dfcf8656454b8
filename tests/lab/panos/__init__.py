# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated PAN-OS devices: firewalls, HA pairs and Panoramas (PAN-OS facts 9).

`build` turns device configurations into apps that the lab's server puts behind HTTPS. Nothing in here opens a socket,
and all times are on a virtual clock that only `advance` moves.
"""

from __future__ import annotations

from .app import PanosApp
from .fleet import build

__all__ = ["PanosApp", "build"]
