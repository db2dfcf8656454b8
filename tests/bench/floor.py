# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor: moves the same bytes over the same number of requests as a run did, and does nothing else with them: python floor.py SCRIPT.json

SCRIPT.json (written by replay.py) says what to ask the PCE and each device for. Keep-alive connections of http.client, one per server; bodies of User-ID
messages lie ready in a file; answers are read and thrown away, compressed as they come. Prints the number of requests and bytes as JSON.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

PIECE = 1 << 18
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Server:
    """One keep-alive connection, and what went over it."""

    def __init__(self, script, context):
        self.connection = http.client.HTTPSConnection(script["host"], script["port"], context=context, timeout=600)
        self.headers = script["headers"]
        self.requests = self.sent = self.received = 0

    def ask(self, method, path, body=None, headers=(), keep=False):
        """Send one request and read its answer; returns (status, headers, the body if it is to be kept)."""
        self.connection.request(method, path, body, {**self.headers, **dict(headers)})
        answer = self.connection.getresponse()
        kept = []
        while True:
            piece = answer.read(PIECE)
            if not piece:
                break
            self.received += len(piece)
            if keep:
                kept.append(piece)
        self.requests += 1
        self.sent += len(body or b"")
        if answer.status not in (200, 202):
            raise SystemExit(f"floor: HTTP {answer.status} for {method} {path}")
        return answer.status, answer.headers, b"".join(kept)


def pce(script, context):
    """Order the collections, look at each job until it is done, fetch each data file; then whatever else was asked for."""
    server = Server(script, context)
    jobs = []
    for path in script["ordered"]:
        _status, headers, _body = server.ask("GET", path, headers={"Prefer": "respond-async"})
        jobs.append("/api/v2" + headers["Location"].partition("/api/v2")[2] if "/api/v2" in headers["Location"] else "/api/v2" + headers["Location"])
    for job in jobs:
        while True:
            state = json.loads(server.ask("GET", job, headers={"Accept-Encoding": "identity"}, keep=True)[2])
            if state["status"] == "done":
                break
        server.ask("GET", "/api/v2" + state["result"]["href"])
    for path in script["others"]:
        server.ask("GET", path)
    return server


def device(script, context, bodies):
    """Send the commands and messages of one device in their order."""
    server = Server(script, context)
    for start, length in script["calls"]:
        server.ask("POST", "/api/", bodies[start:start + length], FORM)
    return server


def main(path):
    """Replay a script."""
    with open(path, encoding="utf-8") as stream:
        script = json.load(stream)
    with open(script["bodies"], "rb") as stream:
        bodies = stream.read()
    context = ssl.create_default_context(cafile=script["ca_file"])
    done = [pce(script["pce"], context)] if script["pce"] else []
    with ThreadPoolExecutor(script["forks"]) as pool:  # as many devices at a time as Ansible has forks
        done += pool.map(lambda each: device(each, context, bodies), script["devices"])
    print(json.dumps({"requests": sum(each.requests for each in done), "sent": sum(each.sent for each in done),
                      "received": sum(each.received for each in done)}))


if __name__ == "__main__":
    main(sys.argv[1])
