# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""show jobs: a device that has started lists the commit of its start (third-party requests 2: none listed means that it is not ready)."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from ..http import Response
from .xmltext import Refusal, leaves

if TYPE_CHECKING:
    from .operational import Context

AUTO_COMMIT = "1"
_STAMP = "%Y/%m/%d %H:%M:%S"


def jobs(context: Context) -> Response:
    """show jobs all, processed, pending, or one by its number."""
    number = context.element.findtext("id")
    running, there = context.switches["jobs"] == "running", context.switches["jobs"] != "none"
    if number is not None:
        if number.strip() != AUTO_COMMIT or not there:
            raise Refusal(f"job {number.strip()} not found")
        return context.writer.success(_auto_commit(context, running))
    names = {child.tag for child in context.element}
    for unknown in sorted(names - {"all", "processed", "pending"}):
        raise context.unexpected(unknown)
    if not names:
        raise Refusal(f" {' -> '.join(context.path)}  is incomplete", code=17, where="cdata")
    if not there or ("processed" in names and running) or ("pending" in names and not running):
        return context.writer.success(context.writer.blank() or "\n")
    return context.writer.success(_auto_commit(context, running), entries=1)


def _auto_commit(context: Context, running: bool) -> str:
    """The job that loads the configuration while a device starts; it is over before the device answers, unless it is still running."""
    started = context.device.time() - datetime.timedelta(seconds=context.device.uptime + 60)
    ended = started + datetime.timedelta(seconds=31)
    lines = "" if running else "<line>Configuration committed successfully</line><line>Successfully committed last configuration</line>"
    before = leaves((
        ("tenq", started.strftime(_STAMP)), ("tdeq", started.strftime("%H:%M:%S")), ("id", AUTO_COMMIT), ("user", None), ("type", "AutoCom"),
        ("status", "ACT" if running else "FIN"), ("queued", "NO"), ("stoppable", "no"), ("result", "PEND" if running else "OK"),
        ("tfin", "Still Active" if running else ended.strftime(_STAMP)), ("description", None), ("positionInQ", 0), ("progress", 55 if running else 100),
    ))
    return f"<job>{before}<details>{lines}</details><warnings/></job>"
