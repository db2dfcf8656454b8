# -*- coding: utf-8 -*-
# Copyright (c) 2026 zerotrust.microseg contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words the generated organisation is made of: label values (realistic and awkward), systems, sites, name parts."""

from __future__ import annotations

from .organisation_model import DEFAULT_DIMENSIONS, Dimension

DIMENSIONS = (
    *DEFAULT_DIMENSIONS,
    Dimension("compliance", "Compliance"), Dimension("os", "Operating System"), Dimension("Business.Unit", "Business Unit"),
)

ROLES = (
    "Web", "Processing", "Database", "API", "Cache", "Load Balancer", "Message Queue", "File Server", "Batch", "Monitoring",
    "Domain Controller", "Jump Host", "Kubernetes Node", "Backup", "VDI", "Mainframe Gateway",
)
ENVIRONMENTS = ("Production", "Development", "Test", "Staging", "Disaster Recovery", "QA: UAT & SIT")
ENVIRONMENT_SHARES = (0.45, 0.65, 0.80, 0.92, 0.97, 1.0)
LOCATIONS = ("NY_DC", "LON_DC", "FRA_DC", "SIN_DC", "AWS us-east-1", "Azure westeurope", "München", "TP")
COMPLIANCE = ("PCI-DSS", "SOX", "HIPAA", "GDPR", "ISO 27001", "none")
SYSTEMS = ("RHEL", "Ubuntu", "Windows", "macOS", "AIX")
BUSINESS_UNITS = ("Retail", "Wealth  Management", "R&D \"Blue Sky\"", "Trésorerie", "Group.IT")

APP_PREFIXES = (
    "Ordering", "Billing", "Payments", "Inventory", "Claims", "Payroll", "Portal", "Ledger", "Trading", "Risk", "Archive", "Identity",
    "Shipping", "Pricing", "Catalog", "Messaging", "Reporting", "Fraud", "Treasury", "Booking", "Dispatch", "Telemetry", "Loyalty", "Scheduling",
)
APP_SUFFIXES = ("Core", "Gateway", "Hub", "Engine", "Service", "Store", "Mart", "Bridge", "Desk", "Console", "Batch", "Insights")

# Label values that PAN-OS cannot carry as they are, or only just (PAN-OS tags: 1-127 characters, no quotes, no double, leading or
# trailing blanks, ASCII). They are application labels, so that hosts carry them. Lengths are chosen around "illumio.app." + value.
AWKWARD_APPS = (
    "Kundenportal", "Kunden\"portal\"", "O'Brien CRM", "Double  Blank", "Zahlungsgebühren", "x" * 115, "y" * 116, "Long tail " + "z" * 245,
    "and", "or", "not", "Legacy", "legacy", "Legacy ", " Legacy", "illumio.app.Web", "a.b", "b", "Tab\tbed", "日本語アプリ", "emoji \U0001f680 lift",
    "CRM (old)", "<script>alert(1)</script> &amp;", "back\\slash\\u0041", "Kundenportal ", "comma, semi; colon: pipe|", "100%", "{{ jinja }}",
    "Zahlungsgebu\u0308hren", "non\u00a0breaking", "'and'", "-", "0", "null", "True",
)

# (os_id, os_detail, label value)
LINUX = (
    (
        "centos-x86_64-9.0",
        "5.14.0-503.38.1.el9_5.x86_64 #1 SMP PREEMPT_DYNAMIC Wed Apr 16 16:38:39 UTC 2025 (Red Hat Enterprise Linux release 9.5 (Plow))",
        "RHEL",
    ),
    ("centos-x86_64-8.0", "4.18.0-553.6.1.el8.x86_64 #1 SMP Thu May 30 04:13:58 UTC 2024 (Red Hat Enterprise Linux release 8.10 (Ootpa))", "RHEL"),
    ("ubuntu-x86_64-xenial", "5.15.0-139-generic #149-Ubuntu SMP Fri Apr 11 22:06:13 UTC 2025 (Ubuntu 22.04.5 LTS)", "Ubuntu"),
    ("ubuntu-x86_64-xenial", "6.8.0-58-generic #60-Ubuntu SMP PREEMPT_DYNAMIC Fri Mar 14 18:29:48 UTC 2025 (Ubuntu 24.04.2 LTS)", "Ubuntu"),
)
WINDOWS = (
    ("win-x86_64-server", "20348.1.amd64fre.fe_release.210507-1500 (Windows Server 2022 Datacenter)", "Windows"),
    ("win-x86_64-server", "17763.1.amd64fre.rs5_release.180914-1434 (Windows Server 2019 Standard)", "Windows"),
)
MACOS = ("macOS-universal-15.4", "24.4.0 root:xnu-11417.101.15~1/RELEASE_ARM64_T6031 (macOS 15.4.1 unknown)", "macOS")
AIX = ("aix-powerpc-7.2", "7.2 2 00F9E1A74C00 (IBM AIX 7.2 TL5)", "AIX")

SITE_CODES = ("ny", "lon", "fra", "sin", "use1", "euw", "muc", "tp")
ROLE_CODES = ("web", "proc", "db", "api", "cache", "lb", "mq", "file", "batch", "mon", "dc", "jump", "k8s", "bkp", "vdi", "mfgw")
