# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table, the targets of the project, and the section of the documentation, from the rows that were measured."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import typing as t
from datetime import datetime, timezone
from pathlib import Path

from .cases import STEPS, TITLES

Result = dict[str, t.Any]
GROWTH = 1.3          # cost per workload at the largest size, against that at GROWTH_FROM workloads
GROWTH_FROM = 10_000
RATIO, WISH = 3.0, 2.0  # wall time against transfer and empty playbook, from RATIO_FROM workloads on
RATIO_FROM = 50_000
PEAK_MB = 400.0       # largest process at PEAK_AT workloads
PEAK_AT = 100_000
CPU_PER_FIREWALL = 0.8  # seconds, with FLEET firewalls
FLEET = 50
DOMAIN_SECONDS = 2.0
BEGIN, END = ".. the result begins here", ".. the result ends here"
HOW = {True: "with gzip where nothing else is said", False: "uncompressed"}


def machine() -> dict[str, t.Any]:
    """What it was measured on."""
    processor = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="utf-8"), re.M)
    versions = {}
    for name in ("ansible-core", "requests", "xmltodict", "pan-os-python"):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {"date": datetime.now(timezone.utc).strftime("%Y-%m-%d"), "processor": processor[1] if processor else platform.machine(), "cores": os.cpu_count(),
            "memory_gb": round(int(memory[1]) / 1e6) if memory else None, "system": f"{platform.system()} {platform.release()}",
            "python": platform.python_version(), **versions}


def of_case(result: Result, case: str) -> list[dict[str, t.Any]]:
    """The rows of a case, smallest first."""
    return sorted((row for row in result["rows"] if row["case"] == case), key=lambda row: (row["workloads"], row["firewalls"]))


def ratio(row: dict[str, t.Any]) -> float:
    """Wall time against that of the transfer and an empty playbook."""
    return row["ours"]["wall"] / (row["floor"]["wall"] + row["empty"]["wall"])


def ratios(row: dict[str, t.Any]) -> list[float]:
    """The same of each run by itself."""
    runs = row.get("runs") or {name: [row[name]] for name in ("ours", "floor", "empty")}
    return [ours["wall"] / (floor["wall"] + empty["wall"]) for ours, floor, empty in zip(runs["ours"], runs["floor"], runs["empty"])]


def title(row: dict[str, t.Any]) -> str:
    """What a row is about."""
    return TITLES[row["case"]] + ("" if row.get("gzip", True) else ", not compressed")


HEADS = ("what", "workloads", "firewalls", "wall s", "transfer s", "empty s", "ratio", "CPU s", "CPU s/firewall", "peak MB", "requests", "floor's", "MB moved",
         "floor's", "lab CPU s", "floor's")


def cells(row: dict[str, t.Any]) -> list[str]:
    """One line of the table of syncs."""
    ours, floor, empty = row["ours"], row["floor"], row["empty"]
    return [title(row), f"{row['workloads']:,}", f"{row['firewalls']}", f"{ours['wall']:.2f}", f"{floor['wall']:.2f}", f"{empty['wall']:.2f}",
            f"{ratio(row):.2f}", f"{ours['cpu']:.2f}", f"{ours['cpu'] / row['firewalls']:.2f}", f"{ours['peak_mb']:.0f}", f"{ours['requests']:.0f}",
            f"{floor['requests']:.0f}", f"{(ours['sent'] + ours['received']) / 1e6:.1f}", f"{(floor['sent'] + floor['received']) / 1e6:.1f}",
            f"{ours['lab_cpu']:.2f}", f"{floor['lab_cpu']:.2f}"]


def sync_rows(result: Result) -> list[dict[str, t.Any]]:
    """The rows of syncs, by size, then step."""
    rows = [row for step in STEPS for row in of_case(result, step) if "floor" in row]
    return sorted(rows, key=lambda row: (row["firewalls"] > 1, row["workloads"], row["firewalls"], not row.get("gzip", True), STEPS.index(row["case"])))


ALTERNATIVE_HEADS = ("who", "workloads", "addresses", "first: wall s", "CPU s", "requests", "no change: wall s", "CPU s", "requests", "note")


def alternative_cells(row: dict[str, t.Any]) -> list[str]:
    """One line of the table of alternatives."""
    note = ""
    if "refused" in row:
        refused = row["refused"]
        note = f"{refused['addresses']:,} addresses were refused: one request of {refused['largest_request'] / 1e6:.1f} MB"
    figures = []
    for series in ("first", "unchanged"):
        found = row.get(series)
        figures += [f"{found['wall']:.2f}", f"{found['cpu']:.2f}", f"{found['requests']:.0f}"] if found else ["-"] * 3
    if row.get("of", 0) > row.get("addresses", 0) and row["name"] == "one call per address" and row.get("first"):
        note = f"extrapolated to {row['of']:,}: {row['first']['wall'] * row['of'] / row['addresses']:.0f} s"
    return [row["name"], f"{row['workloads']:,}", f"{row.get('addresses', 0):,}", *figures, note]


def text_table(heads: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> str:
    """Columns as wide as their longest cell; numbers to the right."""
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    right = [all(re.fullmatch(r"[\d,.-]+", row[column]) for row in rows) for column in range(len(heads))]
    lines = ["  ".join(cell.rjust(width) if to_right else cell.ljust(width) for cell, width, to_right in zip(line, widths, right)).rstrip()
             for line in [heads, *rows]]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _is_main(result: Result, row: dict[str, t.Any]) -> bool:
    """Whether a row was measured as most are, and not the other way for comparison."""
    return row.get("gzip", True) == result.get("gzip", True)


def growth(result: Result) -> list[tuple[str, float]]:
    """(what, cost per workload at the largest size over that at 10,000), for CPU and wall, plainly and above an empty playbook."""
    found = []
    for step in STEPS:
        rows = {row["workloads"]: row for row in of_case(result, step) if row["firewalls"] == 1 and "ours" in row and _is_main(result, row)}
        largest = max(rows, default=0)
        if GROWTH_FROM not in rows or largest < RATIO_FROM:
            continue
        for figure in ("cpu", "wall"):
            for above, name in ((False, "plain"), (True, "above the empty playbook")):
                def cost(size: int, figure: str = figure, above: bool = above) -> float:
                    row = rows[size]
                    return (row["ours"][figure] - (row["empty"][figure] if above else 0.0)) / size

                found.append((f"{TITLES[step]}: {figure} per workload at {largest:,}, {name}", cost(largest) / cost(GROWTH_FROM)))
    return found


def slopes(result: Result) -> list[tuple[str, float]]:
    """(what, CPU for each further workload between the two largest sizes, over that between 10,000 and the middle one).

    No target, but the sharper question: a fixed cost of seconds makes the cost per workload fall with the size whatever else it does.
    """
    found = []
    for step in STEPS:
        rows = {row["workloads"]: row["ours"]["cpu"] for row in of_case(result, step) if row["firewalls"] == 1 and "ours" in row and _is_main(result, row)}
        sizes = sorted(size for size in rows if size >= GROWTH_FROM)
        if GROWTH_FROM not in rows or len(sizes) < 3:
            continue
        middle, largest = sizes[-2:]
        early = (rows[middle] - rows[GROWTH_FROM]) / (middle - GROWTH_FROM)
        late = (rows[largest] - rows[middle]) / (largest - middle)
        if early > 0:
            what = f"CPU of each workload between {middle:,} and {largest:,} over that between {GROWTH_FROM:,} and {middle:,}"
            found.append((f"{TITLES[step]}: {what}", late / early))
    return found


def targets(result: Result) -> list[tuple[bool, str]]:
    """(held, sentence) for each target that these rows say something about."""
    found = []
    for step in ("first", "unchanged"):
        for row in of_case(result, step):
            if row["firewalls"] == 1 and row["workloads"] >= RATIO_FROM:
                value, each = ratio(row), ratios(row)
                held = max(value, *each) <= RATIO
                found.append((held, f"{title(row)}, {row['workloads']:,}: {value:.2f} x (transfer + empty playbook)"
                              + (f", {', '.join(f'{one:.2f}' for one in each)} in each run" if len(each) > 1 else "") + f"; at most {RATIO:.0f}"
                              + (f", wished for {WISH:.0f}: {'reached' if value <= WISH else 'not reached'}" if held else "")))
    for step in STEPS:
        for row in of_case(result, step):
            if row["firewalls"] == 1 and row["workloads"] == PEAK_AT:
                held = row["ours"]["peak_mb"] <= PEAK_MB
                found.append((held, f"{title(row)}, {PEAK_AT:,}: largest process {row['ours']['peak_mb']:.0f} MB; at most {PEAK_MB:.0f}"))
    for step in STEPS:
        for row in of_case(result, step):
            if row["firewalls"] == FLEET:
                each = row["ours"]["cpu"] / FLEET
                gathered = row.get("gathered", 1)
                held = each <= CPU_PER_FIREWALL and gathered == 1
                found.append((held, f"{TITLES[step]}, {row['workloads']:,} on {FLEET} firewalls: {each:.2f} CPU s each; at most "
                              f"{CPU_PER_FIREWALL}; gathered {'once' if gathered == 1 else f'{gathered} times'}"))
    for row in of_case(result, "domain"):
        spent = sum(row["seconds"][name] for name in row["seconds"] if name != "plan, no change")
        found.append((spent <= DOMAIN_SECONDS, f"domain alone (select, render, order, first plan), {row['workloads']:,} workloads: {spent:.2f} CPU s; at most "
                      f"{DOMAIN_SECONDS:.0f}"))
    found += [(value <= GROWTH, f"growth: {name} over that at {GROWTH_FROM:,}: {value:.2f}; at most {GROWTH}") for name, value in growth(result)]
    return found


def text(result: Result) -> str:
    """All of it for the terminal."""
    where = result["machine"]
    parts = [f"{where['date']}: {where['processor']}, {where['cores']} cores, {where['memory_gb']} GB, {where['system']}, Python {where['python']}, "
             f"ansible-core {where['ansible-core']}; medians of {result['runs']} run(s); PCE answers {HOW[bool(result['gzip'])]}; "
             f"load average before {result['load']:.1f}"]
    rows = sync_rows(result)
    if rows:
        parts.append("ratio: wall / (transfer + empty playbook); peak: largest process\n\n" + text_table(HEADS, [cells(row) for row in rows]))
    others = of_case(result, "alternative")
    if others:
        parts.append("registering alone, from tags that are there already, one firewall\n\n"
                     + text_table(ALTERNATIVE_HEADS, [alternative_cells(row) for row in others]))
    for row in of_case(result, "domain"):
        parts.append(f"domain, {row['workloads']:,} workloads, {row['addresses']:,} addresses: "
                     + ", ".join(f"{name} {value:.2f} s" for name, value in row["seconds"].items()) + " CPU")
    checks = targets(result)
    if checks:
        parts.append("\n".join([f"{'held  ' if held else 'MISSED'}  {sentence}" for held, sentence in checks]
                               + [f"note    {name}: {value:.2f} (1 is a straight line; no target)" for name, value in slopes(result)]))
    return "\n\n".join(parts)


def _rst_table(heads: t.Sequence[str], rows: t.Sequence[t.Sequence[str]]) -> str:
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [heads, *rows]:
        lines += [f"   {'*' if not number else ' '} - {cell}".rstrip() for number, cell in enumerate(row)]
    return "\n".join(lines)


def rst(result: Result) -> str:
    """The same as a section of the documentation."""
    where = result["machine"]
    parts = [f"Measured on {where['date']}: {where['processor']}, {where['cores']} cores, {where['memory_gb']} GB of memory, {where['system']}, Python "
             f"{where['python']}, ansible-core {where['ansible-core']}, requests {where['requests']}, pan-os-python {where['pan-os-python']}. Medians of "
             f"{result['runs']} run(s), load average up to {result['load']:.1f} before. The PCE answered {HOW[bool(result['gzip'])]}."
             + (f" Put together from {result['parts']} measurements; the collection may have changed in between." if result.get("parts", 1) > 1 else "")]
    rows = sync_rows(result)
    wanted = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
    if rows:
        parts.append(_rst_table([HEADS[column] for column in wanted], [[cells(row)[column] for column in wanted] for row in rows]))
    others = of_case(result, "alternative")
    if others:
        parts.append("Registering alone, from tags that are there already, on one firewall:")
        parts.append(_rst_table(ALTERNATIVE_HEADS, [alternative_cells(row) for row in others]))
    checks = targets(result)
    if checks:
        parts.append("Targets:")
        parts.append("\n".join([f"* {'held' if held else '**missed**'}: {sentence}" for held, sentence in checks]
                               + [f"* note: {name}: {value:.2f} (1 is a straight line; no target)" for name, value in slopes(result)]))
    return "\n\n".join(parts)


def update_documentation(path: Path, result: Result) -> None:
    """Replace what stands between the marks. Raises ValueError where there are none."""
    page = path.read_text(encoding="utf-8")
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no marks {BEGIN!r} and {END!r}")
    path.write_text(f"{before}{BEGIN}\n\n{rst(result)}\n\n{END}{after}", encoding="utf-8")


def merged(results: t.Sequence[Result]) -> Result:
    """Several results as one: rows of a later one replace the same ones of an earlier one.

    What is said of all rows is what holds for each: the fewest runs, the highest load. Raises ValueError for results that cannot stand in one table.
    """
    if len({result["gzip"] for result in results}) > 1:
        raise ValueError("results with and without --identity cannot be shown as one: the bytes on the wire differ")
    rows: dict[tuple[t.Any, ...], dict[str, t.Any]] = {}
    for result in results:
        for row in result["rows"]:
            rows[row["case"], row.get("name"), row["workloads"], row.get("firewalls"), row.get("gzip")] = row
    for row in rows.values():
        row.setdefault("firewalls", 1)
    return {**results[-1], "rows": list(rows.values()), "runs": min(result["runs"] for result in results),
            "load": max(result["load"] for result in results), "parts": len(results), "failed": [failure for result in results for failure in result["failed"]]}
