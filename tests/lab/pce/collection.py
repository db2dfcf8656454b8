# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collections: cut, counted, compressed; at once or as an asynchronous job with a datafile (PCE facts 2.2 to 2.4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..http import Response
from . import filters, streams, wire
from .call import Call, Listing
from .errors import not_found

STREAMED = 600  # a body of more rows goes out in blocks
RETENTION = 100  # jobs kept
_WRONG = {
    "object": b'{"error":"server error"}', "null": b"null", "garbage": b"\x1f\x8b not json [{]", "strings": b'["one","two"]',
    "html": b"<!DOCTYPE html><html><body>Please sign in</body></html>",
}


class Job:
    """One asynchronous request."""

    def __init__(self, href: str, call: Call, work: Callable[[], Listing], resource: str) -> None:
        self.href = href
        self.description = call.request.target.split("/api/v2", 1)[-1] if call.request.target else call.href
        self.work = work
        self.resource = resource
        self.polls = 0
        self.status = "pending"
        self.result: dict[str, Any] = {}
        self.requested = call.store.clock.now()
        self.ended: datetime | None = None
        faults = call.app.armed
        self.fails = faults.take("job_fails", resource)
        self.endless = faults.take("job_never_ends", resource) is not None

    def show(self, spelling: str) -> dict[str, Any]:
        """The job as the PCE shows it."""
        def moment(at: datetime) -> str:
            return at.strftime("%Y-%m-%d %H:%M:%S.%f") if spelling == "space" else wire.fine_moment(at)

        shown = {
            "href": self.href, "job_type": ":illumio/async_requests", "description": self.description, "result": self.result, "status": self.status,
            "requested_at": moment(self.requested), "requested_by": {"href": "/users/1"},
        }
        if self.ended is not None:
            shown["terminated_at"] = moment(self.ended)
        return shown


class Datafile:
    """The rows a job left; a `wrong` body takes their place."""

    def __init__(self, rows: list[bytes], wrong: bytes | None) -> None:
        self.rows = rows
        self.wrong = wrong
        self.reads = 0


class Jobs:
    """All jobs and datafiles of a PCE."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.datafiles: dict[str, Datafile] = {}

    def submit(self, call: Call, work: Callable[[], Listing]) -> Response:
        """202 with the place of a new job. The parameters are checked at once (by doing the work and forgetting it)."""
        resource = work().resource
        job = Job(f"/orgs/{call.store.org}/jobs/{uuid.uuid4()}", call, work, resource)
        self.jobs[job.href] = job
        while len(self.jobs) > RETENTION:
            self.jobs.pop(next(iter(self.jobs)))
        while len(self.datafiles) > RETENTION:
            self.datafiles.pop(next(iter(self.datafiles)))
        headers = {"Retry-After": str(call.switches["retry_after"]), "Cache-Control": "no-cache"}
        if not call.app.armed.take("no_location", resource):
            absolute = call.switches["location"] == "absolute"
            headers["Location"] = (f"https://{call.request.headers.get('Host', call.app.fqdn)}/api/v2" if absolute else "") + job.href
        return Response(202, headers, iter(()), entries=0)  # an iterator: the PCE sends the empty body chunked

    def poll(self, call: Call) -> Any:
        """GET of one job: pending, running, then done or failed."""
        job = self.jobs.get(call.href)
        if job is None or call.app.armed.take("job_gone"):
            raise not_found()
        if job.ended is None:
            self._step(job, call)
        return Response.json(job.show(call.switches["job_timestamps"]), 200, {} if job.ended else {"Retry-After": str(call.switches["retry_after"])})

    def _step(self, job: Job, call: Call) -> None:
        job.polls += 1
        left = call.switches["job_polls"] - job.polls
        if job.endless or left >= 0:
            job.status = "pending" if job.polls == 1 and left > 0 else "running"
            return
        job.ended = call.store.clock.now()
        if job.fails:
            job.status = job.fails["status"]
            job.result = {"message": job.fails["message"]}
            return
        rows, wrong = spoiled(call, job.work)
        href = f"/orgs/{call.store.org}/datafiles/{uuid.uuid4()}"
        self.datafiles[href] = Datafile(rows, wrong)
        job.status = "done"
        job.result = {"href": href}

    def fetch(self, call: Call) -> Response:
        """GET of a datafile."""
        found = self.datafiles.get(call.href)
        once = call.switches["datafile_reads"] == "once"
        if found is None or (once and found.reads) or call.app.armed.take("datafile_missing"):
            raise not_found()
        found.reads += 1
        name = call.request.first("filename")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'} if name and '"' not in name else {}
        if found.wrong is not None:
            return Response(200, {"Content-Type": "application/json", **headers}, found.wrong)
        return array(call, found.rows, headers)

    def delete(self, call: Call) -> Response:
        """DELETE of a job."""
        job = self.jobs.pop(call.href, None)
        if job is None:
            raise not_found()
        if call.switches["job_delete"] == "drops_datafile":
            self.datafiles.pop(job.result.get("href", ""), None)
        call.record("job.delete", [], 204)
        return Response(204)

    def listing(self, call: Call) -> Listing:
        """GET of all jobs."""
        call.known(filters.JOBS, "jobs")
        kind = call.request.first("job_type")
        rows = [wire.encode(job.show(call.switches["job_timestamps"])) for job in self.jobs.values() if kind in (None, ":illumio/async_requests")]
        return Listing("jobs", rows, len(self.jobs))


def spoiled(call: Call, work: Callable[[], Listing]) -> tuple[list[bytes], bytes | None]:
    """The rows of a collection after the armed faults had their way, or a body that is none."""
    faults = call.app.armed
    moved = faults.take("extra_row_between_count_and_datafile") if faults.peek("extra_row_between_count_and_datafile") else None
    if moved:
        call.app.surprise(moved["change"])
    resource, rows = work()[:2]
    if faults.take("empty_collection", resource):
        rows = []
    short = faults.take("short_datafile", resource)
    if short:
        rows = rows[:max(0, len(rows) - short["rows"])]
    double = faults.take("duplicate_row", resource)
    if double and rows:
        rows = [*(rows[:-1] if double["instead"] and len(rows) > 1 else rows), rows[0]]
    wrong = faults.take("wrong_json", resource)
    if wrong:
        whole = b"".join(streams.plain(rows))
        return rows, whole[:max(1, len(whole) * 2 // 3)] if wrong["kind"] == "cut" else _WRONG[wrong["kind"]]
    return rows, None


def count(call: Call, listing: Listing) -> dict[str, str]:
    """The counting headers of a collection."""
    faults = call.app.armed
    total = len(listing.rows) if call.switches["total_count"] == "filtered" else listing.total
    empty = faults.peek("empty_collection", listing.resource)
    if empty and empty["count"] == "zero":
        total = 0
    wrong = faults.take("count_mismatch", listing.resource)
    if wrong:
        total = max(0, total + wrong["by"])
    lower = call.switches["header_case"] == "lower"
    headers = {"x-total-count" if lower else "X-Total-Count": str(total)}
    if call.switches["matched_count"] == "sent":
        headers["x-matched-count" if lower else "X-Matched-Count"] = str(len(listing.rows))
    return headers


def answer(call: Call, work: Callable[[], Listing]) -> Response:
    """The answer to GET of a collection: now, or as a job where the client prefers that."""
    requested = filters.maximum(call.request)
    if "respond-async" in call.request.headers.get("Prefer", "").lower():
        return call.app.jobs.submit(call, work)
    listing = work()
    limit = listing.default if requested is None else requested
    if call.switches["max_results"] == "hard_500" and listing.hard is None:
        limit = min(limit, listing.default)
    if listing.hard is not None:
        limit = min(limit, listing.hard)
    headers = count(call, listing)
    rows, wrong = listing.rows, None
    if call.app.armed.any and (requested is None or requested > 1):  # more than a mere count
        rows, wrong = spoiled(call, work)
    if wrong is not None:
        return Response(200, {"Content-Type": "application/json", **headers}, wrong)
    return array(call, rows[:limit], headers)


def array(call: Call, rows: list[bytes], headers: dict[str, str]) -> Response:
    """Finished rows as a JSON array, in blocks if there are many."""
    headers = {"Content-Type": "application/json", **headers}
    if len(rows) <= STREAMED:
        return Response(200, headers, b"".join(streams.plain(rows)), entries=len(rows))
    if call.app.compresses(call.request):
        return Response(200, {**headers, "Content-Encoding": "gzip"}, call.app.gzip.blocks(rows), entries=len(rows))
    return Response(200, headers, streams.plain(rows), entries=len(rows))
