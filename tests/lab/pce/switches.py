# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switches of the PCE: every fact that public material leaves open, with its readings (PCE facts 13 and the places named)."""

from __future__ import annotations

from ..switches import Switch

SWITCHES = {
    switch.name: switch
    for switch in (
        Switch(
            "location",
            ("relative", "absolute"),
            "relative",
            "Location of an asynchronous request: the documentation shows an URL, five clients expect a path without /api/v2 (2.4)",
        ),
        Switch("retry_after", (0, 1), 0, "Retry-After of jobs in seconds; a PCE says 5, tests must not wait (2.4)"),
        Switch("job_polls", (int,), 2, "how many polls find a job pending or running before it is done (2.4)"),
        Switch(
            "job_timestamps",
            ("space", "rfc3339"),
            "space",
            "timestamps of jobs: a blank and no zone in the documentation's sample, RFC 3339 in the schema (2.1)",
        ),
        Switch("datafile_reads", ("repeatedly", "once"), "repeatedly", "whether a datafile can be fetched twice (13.2)"),
        Switch(
            "job_delete",
            ("keeps_datafile", "drops_datafile"),
            "keeps_datafile",
            "whether deleting a job deletes its datafile; retention is not documented (13.2)",
        ),
        Switch("gzip", ("offered", "never"), "offered", "whether the PCE compresses when asked; a proxy in between may not let it (13.14)"),
        Switch("header_case", ("lower", "documented"), "lower", "x-total-count as newer PCEs send it, or X-Total-Count as documented (2.2)"),
        Switch(
            "total_count",
            ("unfiltered", "filtered"),
            "unfiltered",
            "x-total-count under a filter: unfiltered when measured on 25.2.40, filtered in the documentation's sample (2.2)",
        ),
        Switch("matched_count", ("absent", "sent"), "absent", "X-Matched-Count appears in samples of 2015 and 2016 only (13.5)"),
        Switch(
            "max_results",
            ("honoured", "hard_500"),
            "honoured",
            "a larger max_results of a synchronous collection: five clients rely on it, the documentation says 500 (13.1)",
        ),
        Switch("product_version", ("flat", "nested"), "flat", "product_version: flat in the 26.3 schema and in clients, nested in the 25.2.20 schema (1.4)"),
        Switch("health", ("served", "absent"), "served", "/health is missing on SaaS (1.4)"),
        Switch("label_dimensions", ("served", "absent", "forbidden"), "served", "label_dimensions is unpublished and newer than 22.2 (3.2)"),
        Switch("key_role", ("owner", "read_only", "scoped"), "owner", "role of the API key; a scoped one silently sees fewer workloads (1.7)"),
        Switch("users_login", ("served", "forbidden"), "served", "whether GET /users/login answers to an API key (1.3)"),
        Switch(
            "workload_labels",
            ("expanded", "href_only"),
            "expanded",
            "before 22.3 workloads carry the href of a label only, unless representation=workload_labels (9)",
        ),
        Switch("unknown_parameters", ("ignored", "refused"), "ignored", "query parameters that the PCE does not know (13.15)"),
        Switch("rate_limit", (int,), 0, "requests per minute and key, 0 = no limit; a PCE has 500 (2.5)"),
        Switch("rate_limit_window", ("sliding", "fixed"), "sliding", "window of the rate limit (13.3)"),
        Switch("rate_limit_retry_after", ("absent", "sent"), "absent", "whether a 429 carries Retry-After (13.3)"),
        Switch("error_bodies", ("json", "empty", "html"), "json", "body of 401, 403 and 404: no capture was found (13.4)"),
        Switch("same_key_labels", ("refused", "accepted"), "refused", "two labels of one key on one workload (13.10)"),
        Switch("label_case", ("sensitive", "insensitive"), "sensitive", "whether values that differ in case only are the same label (13.10)"),
        Switch("ignored_interfaces", ("listed", "removed"), "listed", "whether ignored interfaces still appear among a workload's interfaces (13.11)"),
        Switch("deleted_workload", ("shown", "404", "410"), "shown", "reading one deleted workload: 200 with deleted true, or gone (13.13)"),
        Switch("edits_bump_updated_at", (True, False), True, "whether an API edit changes a workload's updated_at; address changes by a VEN never do (13.8)"),
        Switch(
            "heartbeats",
            ("moving", "still"),
            "moving",
            "every 300 s of the lab's clock a VEN that is online sends one; still: all stay as they were made, for tests that compare whole rows (4.5)",
        ),
        Switch("event_type_filter", ("exact", "prefix"), "exact", "matching of events?event_type= (13.9)"),
        Switch("event_delay", (int,), 0, "seconds of the lab's clock until an event is listed; clusters store events late (13.9)"),
        Switch("label_changes", ("sets", "before_after"), "sets", "payload of label changes in workload events other than bulk_update (13.6)"),
        Switch(
            "set_labels_field", ("either", "delete_existing", "delete_existing_keys"), "either", "how workloads/set_labels is told to remove labels (13.7)"
        ),
        Switch("delete_created", ("immediate", "pending"), "immediate", "deleting what was never provisioned: gone, or marked until provisioned (policy h.1)"),
        Switch("put_on_deleted", ("accepted", "refused"), "accepted", "changing what is marked as deleted: 204 and it stays so, or 406 (policy h.2)"),
        Switch("auto_dependencies", ("no", "yes"), "no", "provisioning without what has to go along: 406, or it goes along silently (policy h.20)"),
        Switch("transitive_dependencies", ("yes", "direct_only"), "yes", "whether one answer names dependencies of dependencies too (policy h.21)"),
        Switch("active_write", ("405", "404"), "405", "status of a write to the active policy (policy h.24)"),
        Switch("set_labels_response", (204, 200), 204, "answer of workloads/set_labels and remove_labels (13.7)"),
    )
}
