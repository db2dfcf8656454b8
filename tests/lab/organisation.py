# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A realistic organisation of any size: labels, label groups and hosts, with what is awkward about real ones.

Deterministic from the seed, and prefix-stable: the first n hosts of `organisation(m, seed)` are those of `organisation(n, seed)` for m > n, and so are
the labels (of which there are more, because there are more applications). What occurs and how often follows PCE facts 4.2 to 4.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from . import organisation_vocabulary as words
from .organisation_model import EXTERNAL, Host, Label, LabelGroup, Nic, Organisation

FIRST_APP_ID = 1001
BIG_ID = 17_732_923_533_262_800  # ids on SaaS exceed 2^53 (PCE facts 1.1)
SMALL_APPS = 70  # the first applications are small, so that small organisations have many of them, the awkward ones too


def organisation(size: int, seed: int = 1) -> Organisation:
    """An organisation of `size` hosts. Its `hosts` is an iterator that can be read once."""
    fixed = _fixed_labels()
    apps = _apps(size, seed)
    labels = sorted(label for values in fixed.values() for label in values) + [label for label, _size in apps]
    return Organisation(list(words.DIMENSIONS), labels, _label_groups(fixed), _Generator(seed, fixed, apps).hosts(size))


def _fixed_labels() -> dict[str, tuple[Label, ...]]:
    """Labels that every organisation has, by key; nobody carries the value "unused" of each default key."""
    result = {}
    number = 0
    for key, values in (
        ("role", words.ROLES),
        ("env", words.ENVIRONMENTS),
        ("loc", words.LOCATIONS),
        ("os", words.SYSTEMS),
        ("Business.Unit", words.BUSINESS_UNITS),
    ):
        result[key] = tuple(Label(number + place, key, value) for place, value in enumerate(values, 1))
        number += len(values)
    result["compliance"] = tuple(Label(BIG_ID + place, "compliance", value) for place, value in enumerate(words.COMPLIANCE))
    result["unused"] = (Label(number + 1, "role", "Decommissioned"), Label(number + 2, "app", "Not yet built"), Label(number + 3, "loc", "Mars"))
    return result


def _apps(size: int, seed: int) -> list[tuple[Label, int]]:
    """Application labels and how many hosts each has; enough of them for `size` hosts."""
    result = []
    total = number = 0
    while total < size:
        rng = Random(f"app/{seed}/{number}")
        hosts = rng.randint(3, 10) if number < SMALL_APPS else rng.randint(20, 120)
        result.append((Label(FIRST_APP_ID + number, "app", _app_name(number, rng)), hosts))
        total += hosts
        number += 1
    return result


def _app_name(number: int, rng: Random) -> str:
    """Every second of the first applications has an awkward name; the others get made-up ones, unique by number."""
    awkward, odd = divmod(number, 2)
    if odd and awkward < len(words.AWKWARD_APPS):
        return words.AWKWARD_APPS[awkward]
    if number == 0:
        return "Ordering"
    return f"{rng.choice(words.APP_PREFIXES)} {rng.choice(words.APP_SUFFIXES)} {number}"


def _label_groups(fixed: dict[str, tuple[Label, ...]]) -> list[LabelGroup]:
    """Nested, sibling and half-provisioned groups."""
    loc, env = fixed["loc"], fixed["env"]
    return [
        LabelGroup("US Datacenters", "loc", [loc[0], loc[4]]),
        LabelGroup("EU Datacenters", "loc", [loc[1], loc[2], loc[6]], draft_only=[loc[5]]),
        LabelGroup("All Datacenters", "loc", [loc[3]], ["US Datacenters", "EU Datacenters"]),
        LabelGroup("Empty", "loc"),
        LabelGroup("Non-production", "env", [env[1], env[2], env[3], env[5]]),
        LabelGroup("Everything but DR", "env", [env[0]], ["Non-production"]),
    ]


# What the second host of the first applications is, so that an organisation of 60 hosts has one of each (limits as in `_special`): twin, clone, tie,
# standby, no address, many addresses, only local addresses, laptop, unlabelled appliance, appliance, managed without labels, with an ignored interface.
KINDS = (0.5, 0.001, 0.007, 0.010, 0.0115, 0.014, 0.02, 0.023, 0.025, 0.035, 0.05, 0.99, 0.98)


class _Generator:
    """Walks the applications and yields their hosts; counters make addresses unique, shared ones are made on purpose."""

    def __init__(self, seed: int, fixed: dict[str, tuple[Label, ...]], apps: list[tuple[Label, int]]) -> None:
        self.seed = seed
        self.fixed = fixed
        self.apps = apps
        self.sites = [0] * len(words.LOCATIONS)
        self.count = 0

    def hosts(self, size: int) -> Iterator[Host]:
        """The first `size` hosts."""
        for number, (app, hosts) in enumerate(self.apps):
            rng = Random(f"hosts/{self.seed}/{number}")
            vips: dict[tuple[int, int], str] = {}
            sites = (rng.randrange(len(words.LOCATIONS)), rng.randrange(len(words.LOCATIONS)))
            unit = rng.choice(self.fixed["Business.Unit"]) if rng.random() < 0.5 else None
            previous = None
            for place in range(hosts):
                if self.count >= size:
                    return
                self.count += 1
                kind = KINDS[number] if place == 1 and number < len(KINDS) else rng.random()
                previous = self._special(rng, app, previous, kind) or self._server(rng, app, unit, sites, vips)
                if kind > 0.988:  # paired but not labelled
                    previous = previous._replace(labels=())
                elif kind > 0.975:
                    previous = previous._replace(ignored=(previous.nics[-1].name,))
                yield previous

    def _special(self, rng: Random, app: Label, previous: Host | None, kind: float) -> Host | None:
        """About one host in ten is not a plain server. `kind` is a number from 0 to 1 that says what it is; see KINDS."""
        if kind > 0.10:
            return None
        uuid = _uuid(rng)
        if previous is not None and previous.nics and kind < 0.012:
            return self._double(rng, previous, uuid, kind)
        if kind < 0.017:
            return Host(uuid, f"placeholder-{self.count}", "", (app,), (), managed=False, online=False, age=rng.randrange(2000), number=self.count)
        if kind < 0.022:
            nics = tuple(Nic("eth0", f"192.168.{self.count // 250 % 250}.{1 + (self.count + place) % 250}") for place in range(rng.choice((12, 30, 51))))
            return Host(uuid, f"DHCP-Client-{self.count}", "", (self.fixed["role"][14],), nics, managed=False, age=rng.randrange(900), number=self.count)
        if kind < 0.024:
            nics = (Nic("docker0", "172.17.0.1", 16), Nic("eth0", _link_local(self.count), 64, mode="link_local"))
            return Host(
                uuid,
                f"only-local-{self.count}",
                f"only-local-{self.count}",
                (app,),
                nics,
                os_id=words.LINUX[0][0],
                os_detail=words.LINUX[0][1],
                number=self.count,
            )
        if kind < 0.030:
            return self._laptop(rng, uuid)
        address = self._address(rng.randrange(len(words.LOCATIONS)))
        labels = () if kind < 0.038 else (app, self.fixed["env"][0])
        nics = (Nic("umw0", address),) if rng.random() < 0.8 else (Nic("umw0", address), Nic("umw0", f"2A05:D014:0:0:0:0:0:{self.count:X}"))
        return Host(uuid, f"appliance-{self.count}", "", labels, nics, managed=False, enforcement="visibility_only", age=rng.randrange(2000), number=self.count)

    def _double(self, rng: Random, original: Host, uuid: str, kind: float) -> Host:
        """Another workload with an address of the one before: unmanaged twin, older clone, a clone nothing tells apart, a standby with a floating address."""
        if kind < 0.006:
            labels = original.labels if rng.random() < 0.5 else original.labels[:2]
            return Host(
                uuid,
                original.name or original.hostname,
                "",
                labels,
                original.nics[:1],
                managed=False,
                enforcement="visibility_only",
                age=original.age + 30,
                number=self.count,
            )
        labels = original.labels if rng.random() < 0.3 else original.labels[1:]
        if kind < 0.009:
            return original._replace(
                uuid=uuid, labels=labels, online=False, heartbeat=rng.randrange(7200, 9_000_000), number=self.count, hostname=original.hostname + "-clone"
            )
        if kind < 0.011:
            return original._replace(uuid=uuid, labels=labels, number=self.count, hostname=original.hostname + "-tie")
        own = Nic(original.nics[0].name, self._address(rng.randrange(len(words.LOCATIONS))), 24)
        floating = Nic(original.nics[0].name, original.nics[0].address, 32)
        return original._replace(uuid=uuid, name=None, hostname=f"{original.hostname}-standby", nics=(own, floating), number=self.count)

    def _laptop(self, rng: Random, uuid: str) -> Host:
        """A macOS endpoint: many tunnels, and the same link-local address on two interfaces."""
        local = _link_local(self.count)
        shared = f"fe80::{rng.getrandbits(16):x}:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}:{rng.getrandbits(16):x}"
        nics = (
            Nic("en0", local, 64, mode="manual", network=EXTERNAL),
            Nic("en0", f"172.16.{self.count // 250 % 250}.{self.count % 250 + 2}", 22, "172.16.8.3", "manual", EXTERNAL),
            Nic("utun3", f"100.95.{self.count // 250 % 250}.{self.count % 250 + 1}", 0, mode="manual", network=EXTERNAL),
            Nic("utun3", f"fddf:a159:5429::{self.count:x}", 64, mode="manual", network=EXTERNAL),
            Nic("awdl0", shared, 64, mode="manual", network=EXTERNAL),
            Nic("llw0", shared, 64, mode="manual", network=EXTERNAL),
        )
        name = f"mac{self.count}.example.com"
        return Host(
            uuid, name, name, (self.fixed["role"][14], self.fixed["os"][3], self.fixed["env"][0]), nics, os_id=words.MACOS[0], os_detail=words.MACOS[1],
            ven_type="endpoint", heartbeat=rng.randrange(300), age=rng.randrange(400), number=self.count, public_ip="185.46.212.34",
        )

    def _address(self, site: int) -> str:
        """The next free IPv4 address of a site."""
        self.sites[site] += 1
        subnet, place = divmod(self.sites[site] - 1, 250)
        return f"10.{16 * site + 16 + subnet // 256}.{subnet % 256}.{place + 4}"

    def _server(self, rng: Random, app: Label, unit: Label | None, sites: tuple[int, int], vips: dict[tuple[int, int], str]) -> Host:
        """A managed server with labels, a system and what interfaces such a system has."""
        chance = rng.random
        tier = int(chance() * chance() * len(words.ROLES))
        draw = chance()
        env = next(place for place, share in enumerate(words.ENVIRONMENT_SHARES) if draw < share)
        site = sites[chance() < 0.3]
        fixed = self.fixed
        draw = chance()
        system = rng.choice(words.WINDOWS) if draw < 0.34 else words.AIX if draw < 0.36 else rng.choice(words.LINUX)
        kubernetes = draw >= 0.36 and tier == 12
        labels = [fixed["role"][tier], app, fixed["env"][env], fixed["loc"][site]]
        if chance() < 0.6:
            labels.append(next(label for label in fixed["os"] if label.value == system[2]))
        if chance() < 0.35:
            labels.append(fixed["compliance"][rng.randrange(len(words.COMPLIANCE))])
        if unit is not None and chance() < 0.7:
            labels.append(unit)
        if chance() < 0.03:
            del labels[rng.randrange(len(labels))]
        address = self._address(site)
        nics = self._nics(rng, system[0], kubernetes, site, address)
        if tier in (2, 5) and env in (0, 3) and chance() < 0.25:
            vip = vips.get((tier, env)) or vips.setdefault((tier, env), self._address(site))
            nics.append(Nic(nics[0].name, vip, 32))
        name = f"{words.ROLE_CODES[tier]}{self.count:05d}-{words.ENVIRONMENTS[env][:4].lower().strip(' :')}-{words.SITE_CODES[site]}"
        online = chance() > 0.04
        return Host(
            _uuid(rng),
            None if chance() < 0.1 else name,
            f"{name}.corp.example.com",
            tuple(labels),
            tuple(nics),
            True,
            online,
            rng.choice(("full", "full", "selective", "visibility_only", "idle")),
            system[0],
            system[1],
            "containerized" if kubernetes else "server",
            None if chance() < 0.1 else "",
            (),
            int(chance() * 300) if online else 4000 + int(chance() * 9_000_000),
            int(chance() * 1500),
            self.count,
            address,
            chance() < 0.4,
        )

    def _nics(self, rng: Random, os_id: str, kubernetes: bool, site: int, address: str) -> list[Nic]:
        """Interfaces of one server; several addresses each, most of them of no use to a firewall."""
        chance = rng.random
        number = self.count
        gateway = address[: address.rindex(".")] + ".1"
        windows = os_id.startswith("win")
        first = f"eth{32768 + number % 5}" if windows else rng.choice(("eth0", "ens192", "ens33", "bond0"))
        nics = [Nic(first, address, 24, gateway), Nic(first, _link_local(number), 64, mode="link_local")]
        if chance() < 0.30:
            nics.append(Nic(first, f"2a05:d014:{site:x}:{number // 250:x}::{number % 250 + 4:x}", 64, None, "manual", EXTERNAL))
        if chance() < 0.42:
            nics.append(Nic("mgmt0" if windows else "eth1", f"172.{20 + number // 62500 % 12}.{number // 250 % 250}.{number % 250 + 4}", 22))
        if windows:
            if chance() < 0.3:
                nics.append(Nic("eth32790", f"169.254.{rng.randrange(1, 255)}.{rng.randrange(256)}", 16, mode="link_local"))
            return nics
        if kubernetes:
            nics.append(Nic("vxlan.calico", f"10.{240 + number // 62500 % 8}.{number // 250 % 250}.{number % 250}", 32))
            nics += [Nic(f"cali{rng.getrandbits(44):011x}", "fe80::ecee:eeff:feee:eeee", 64, mode="link_local") for _pod in range(3)]
        if chance() < 0.52:
            nics.append(Nic("docker0", "172.17.0.1", 16))
            if chance() < 0.3:
                nics.append(Nic(f"br-{rng.getrandbits(48):012x}", f"172.{18 + rng.randrange(2)}.0.1", 16))
                nics.append(Nic(f"veth{rng.getrandbits(28):07x}", _link_local(number + 7), 64, mode="link_local"))
        draw = chance()
        if draw < 0.03:
            nics.append(Nic("virbr0", "192.168.122.1", 24))
        elif draw < 0.05:
            nics.append(Nic("bond0", address, 24, gateway))  # the same address twice in one workload
        elif draw < 0.06:
            nics.append(Nic("lo:0", "127.0.0.2", 8))
        elif draw < 0.10:
            nics.append(Nic("eth2", f"100.{64 + number // 62500 % 16}.{number // 250 % 250}.{number % 250 + 4}", 24))
        return nics


def _uuid(rng: Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _link_local(number: int) -> str:
    """The EUI-64 link-local address of a virtual machine's network card."""
    return f"fe80::250:56ff:fe{number >> 16 & 0xff:02x}:{number & 0xffff or 1:x}"
