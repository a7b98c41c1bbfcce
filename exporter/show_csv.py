#!/usr/bin/env python3
"""Prints columns of a report as a table for the terminal: those named, or the main ones.

Usage: show_csv.py REPORT.csv [COLUMN ...]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import csv
import os
import sys

COLUMNS = {
    "sessions": ["session", "client_address", "target_server", "target_port", "service", "user", "calls", "answered",
                 "rejected_contexts", "rpc_bytes_in", "rpc_bytes_out", "duration_ms"],
    "operations": ["service", "interface", "operation", "calls", "faults", "request_bytes", "response_bytes",
                   "latency_p50_ms", "latency_p95_ms", "latency_max_ms"],
}


def main():
    path = sys.argv[1]
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    name = os.path.splitext(os.path.basename(path))[0]
    columns = sys.argv[2:] or COLUMNS.get(name) or (list(rows[0]) if rows else [])
    table = [columns] + [[row[column] for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


if __name__ == "__main__":
    main()
