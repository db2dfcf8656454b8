# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long JSON arrays as byte blocks, plain or gzip, without ever joining the whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

PLAIN_ROWS = 500  # rows of one block of a plain body
GZIP_ROWS = 250
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_POLYNOMIAL = 0xEDB88320


def plain(rows: list[bytes]) -> Iterator[bytes]:
    """The blocks of a JSON array of finished rows."""
    yield b"["
    for start in range(0, len(rows), PLAIN_ROWS):
        block = b",".join(rows[start:start + PLAIN_ROWS])
        yield block if not start else b"," + block
    yield b"]"


class Gzip:
    """One gzip member out of separately compressed blocks, which are kept as long as their rows stay the same.

    Compressing 100,000 workloads costs seconds, so it is done once per block; CRCs of blocks are combined, not computed anew.
    """

    def __init__(self) -> None:
        self._blocks: dict[tuple[int, int], tuple[list[bytes], bytes, int, int]] = {}

    def blocks(self, rows: list[bytes]) -> Iterator[bytes]:
        """The blocks of the gzip body."""
        yield _HEAD
        crc, size = _add(zlib.crc32(b"["), 1, b"")
        yield _deflated(b"[")
        for start in range(0, len(rows), GZIP_ROWS):
            body, block_crc, block_size = self._block(rows, start)
            crc = combine(crc, block_crc, block_size)
            size += block_size
            yield body
        crc, size = _add(crc, size, b"]")
        yield _deflated(b"]") + b"\x03\x00" + crc.to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")

    def _block(self, rows: list[bytes], start: int) -> tuple[bytes, int, int]:
        part = rows[start:start + GZIP_ROWS]
        key = (start, len(part))
        kept = self._blocks.get(key)
        if kept is None or kept[0] != part:  # identical objects compare by identity
            text = (b"," if start else b"") + b",".join(part)
            kept = (part, _deflated(text), zlib.crc32(text), len(text))
            self._blocks[key] = kept
        return kept[1:]


def _add(crc: int, size: int, data: bytes) -> tuple[int, int]:
    return zlib.crc32(data, crc), size + len(data)


def _deflated(data: bytes) -> bytes:
    """A piece of a raw deflate stream that ends on a byte and refers to nothing before it."""
    machine = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush(zlib.Z_FULL_FLUSH)


def combine(first: int, second: int, length: int) -> int:
    """The CRC-32 of two texts one after the other, from their CRCs and the length (bytes) of the second.

    A CRC is a polynomial over GF(2) modulo the CRC's; a text of n bytes behind it multiplies it by x^(8n).
    """
    factor, power = 1 << 31, 3  # x^0 (bits are reflected: the highest is x^0); x^(2^3) is one byte
    while length:
        if length & 1:
            factor = _product(_POWERS[power & 31], factor)
        length >>= 1
        power += 1
    return _product(factor, first) ^ second


def _product(left: int, right: int) -> int:
    """Product modulo the CRC polynomial, bits reflected."""
    result = 0
    bit = 1 << 31
    while left:
        if left & bit:
            result ^= right
            left ^= bit
        bit >>= 1
        right = right >> 1 ^ (_POLYNOMIAL if right & 1 else 0)
    return result


def _powers() -> list[int]:
    """x^(2^n) for n = 0 to 31."""
    powers = [1 << 30]
    while len(powers) < 32:
        powers.append(_product(powers[-1], powers[-1]))
    return powers


_POWERS = _powers()
