# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a device writes XML: envelopes, errors, entries — with the untidiness of the real ones (PAN-OS facts 1.2 to 1.5)."""

from __future__ import annotations

import random
from collections.abc import Iterable

from ..http import Response
from .table import Entry

INVALID_CREDENTIAL = "Invalid Credential"


def text(value: object) -> str:
    """Escaped element content."""
    return str(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def attribute(value: object) -> str:
    """Escaped attribute value, for either kind of quotes."""
    return text(value).replace('"', "&quot;").replace("'", "&apos;").replace("\n", "&#10;").replace("\t", "&#9;")


def leaves(pairs: Iterable[tuple[str, object]]) -> str:
    """Elements with text only; None writes an empty element."""
    return "".join(f"<{name}/>" if value is None else f"<{name}>{text(value)}</{name}>" for name, value in pairs)


class Refusal(Exception):
    """An error answer. `lines` is its text; `where`: "line" (msg/line), "cdata" (the same as CDATA) or "result" (result/msg)."""

    def __init__(self, *lines: str, code: int | None = None, http: int = 200, status: str = "error", where: str = "line") -> None:
        super().__init__("; ".join(lines))
        self.lines = lines
        self.code = code
        self.http = http
        self.status = status
        self.where = where


class Writer:
    """Writes the answers of one device. `noise` may be changed at any time; the randomness is seeded."""

    def __init__(self, rng: random.Random, noise: bool = True) -> None:
        self.rng = rng
        self.noise = noise

    def blank(self) -> str:
        """White space that has no meaning."""
        return self.rng.choice(("", "", " ", "\n", "\n  ")) if self.noise else ""

    def root(self, status: str, inner: str, code: int | None = None, cmd: str | None = None) -> str:
        """A whole document."""
        pairs = [("status", status)]
        if code is not None:
            pairs.append(("code", str(code)))
        if cmd:
            pairs.append(("cmd", cmd))
        equals, quote = "=", '"'
        if self.noise:
            self.rng.shuffle(pairs)
            equals, quote = self.rng.choice((("=", '"'), ("=", "'"), (" = ", "'"), (" = ", '"')))
        attributes = "".join(f" {name}{equals}{quote}{value}{quote}" for name, value in pairs)
        return f"<response{attributes}>{self.blank()}{inner}{self.blank()}</response>"

    def success(self, inner: str = "", code: int | None = None, cmd: str | None = None, entries: int | None = None) -> Response:
        """A result; `inner` is finished XML."""
        result = f"<result>{self.blank()}{inner}{self.blank()}</result>" if inner else "<result/>"
        response = Response.xml(self.root("success", result, code, cmd))
        response.entries = entries
        return response

    def plain(self, value: str) -> Response:
        """A result that is text (as many show commands on the command line)."""
        return Response.xml(self.root("success", f"<result>{text(value)}</result>"))

    def cdata(self, value: str) -> Response:
        """A result that is text in CDATA."""
        return Response.xml(self.root("success", f"<result><![CDATA[{value}]]></result>"))

    def refusal(self, error: Refusal) -> Response:
        """An error answer."""
        if error.where == "result":
            inner = f"<result><msg>{text(' '.join(error.lines))}</msg></result>"
        elif error.where == "cdata":
            lines = "".join(f"<line>{self.blank()}<![CDATA[{line}]]>{self.blank()}</line>" for line in error.lines)
            inner = f"<msg>{self.blank()}{lines}{self.blank()}</msg>"
        else:
            inner = "<msg>" + "".join(f"<line>{text(line)}</line>" for line in error.lines) + "</msg>"
        return Response.xml(self.root(error.status, inner, error.code), error.http)

    def entry(self, address: str, entry: Entry, tags: Iterable[str], attributes: bool) -> str:
        """One registered address, as `show object registered-ip` lists it."""
        pairs = [f'ip="{address}"']
        if attributes:
            pairs += [f'from_agent="{int(entry.from_agent)}"', f'persistent="{int(entry.persistent)}"']
        variant = int(self.rng.random() * 6) if self.noise else 0
        if variant & 1:
            pairs.reverse()
        space = "\n" if variant > 3 else ""
        members = f"</member>{space}<member>".join([text(tag) for tag in tags])
        if members or not tags:
            members = f"<member>{members}</member>"
        return f"<entry {' '.join(pairs)}>{space}<tag>{members}</tag>{space}</entry>{space}"

    def sections(self, names: Iterable[str], failures: dict[str, list[tuple[str, str]]], key: str = "ip") -> str:
        """The `uid-response` element: the sections that were sent, with their failing entries."""
        parts = []
        for name in names:
            listed = "".join(self._failure(key, *failure) for failure in failures.get(name, ()))
            parts.append(f"{self.blank()}<{name}>{listed or self.blank()}</{name}>")
        version = f"{self.blank()}<version>2.0</version>{self.blank()}"
        return f"<uid-response>{version}<payload>{''.join(parts)}{self.blank()}</payload>{self.blank()}</uid-response>"

    def _failure(self, key: str, value: str, message: str) -> str:
        # message comes last in all samples, and pan-python's text of the error ends in it: not subject to noise
        return f'{self.blank()}<entry {key}="{attribute(value)}" message="{attribute(message)}"/>'
