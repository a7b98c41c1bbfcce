#!/usr/bin/env python3
"""TLS facts in connections.csv, without keys, against stock tshark and openssl.

Usage: check_tls_without_keys.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import binascii
import datetime
import re
import subprocess
import sys

import tools

SERVICE_PORTS = {"443", "636"}
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST = "1", "2", "11", "13"
VERSIONS = {"0x0301": "TLS 1.0", "0x0302": "TLS 1.1", "0x0303": "TLS 1.2", "0x0304": "TLS 1.3"}
FIELDS = {"stream": "tcp.stream", "from": "tcp.srcport", "to": "tcp.dstport", "types": "tls.handshake.type",
          "version": "tls.handshake.version", "supported": "tls.handshake.extensions.supported_version",
          "sni": "tls.handshake.extensions_server_name",
          "alpn": "tls.handshake.extensions_alpn_str", "suite": "tls.handshake.ciphersuite", "certificates": "tls.handshake.certificate",
          "alert": "tls.alert_message.desc"}


def stock_names(*fields):
    """Value names of each field, from the tables of stock tshark."""
    text = tools.run(["tshark", "-G", "values"], tools.surroundings(tools.STOCK), check=False).stdout
    rows = re.findall(rf"^V\t({'|'.join(map(re.escape, fields))})\t(\w+)\t(.*)$", text, re.MULTILINE)
    return [{int(value, 0): name.strip() for wanted, value, name in rows if wanted == field} for field in fields]


def by_openssl(certificate):
    """Subject, issuer and expiry of a certificate given in hex."""
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject", "-issuer", "-enddate", "-nameopt",
                           "RFC2253,-esc_msb,utf8"], input=binascii.unhexlify(certificate), capture_output=True, check=True).stdout.decode()
    facts = dict(line.split("=", 1) for line in text.splitlines())
    end = datetime.datetime.strptime(facts["notAfter"], "%b %d %H:%M:%S %Y GMT").strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    return sorted_sets(facts["subject"]), sorted_sets(facts["issuer"]), end


def sorted_sets(name):
    """A distinguished name with the parts of each set sorted: their order has no meaning."""
    return ",".join("+".join(sorted(re.split(r"(?<!\\)\+", part))) for part in re.split(r"(?<!\\),", name))


def alert_name(number, names):
    """The specification's name of an alert, derived from Wireshark's."""
    return names[number].lower().replace(" ", "_")


def by_tshark(capture, suites, alerts):
    """The facts of each connection on a service port, from stock fields."""
    facts = {}
    for values in tools.fields(tools.STOCK, capture, list(FIELDS.values()), "-Y", "tls.handshake || tls.alert_message"):
        row = dict(zip(FIELDS, values))
        by_client = row["to"] in SERVICE_PORTS
        if not by_client and row["from"] not in SERVICE_PORTS:
            continue
        types = row["types"].split(";")
        fact = facts.setdefault(row["stream"], dict.fromkeys(
            ("version", "sni", "alpn", "cipher", "certificate_subject", "certificate_issuer", "certificate_not_after", "alert", "alert_by",
             "client_certificate"), ""))
        if CLIENT_HELLO in types and by_client:
            fact["sni"], fact["offered"] = row["sni"], row["alpn"].replace(";", ",")
        if SERVER_HELLO in types and not by_client:
            fact["version"] = VERSIONS[(row["supported"] or row["version"]).split(";")[0]]
            fact["cipher"] = suites[int(row["suite"].split(";")[0], 0)]
            fact["alpn"] = row["alpn"]
        if CERTIFICATE in types and not by_client:
            fact.update(zip(("certificate_subject", "certificate_issuer", "certificate_not_after"),
                            by_openssl(row["certificates"].split(";")[0])))
        if CERTIFICATE_REQUEST in types:
            fact["client_certificate"] = "requested"
        if CERTIFICATE in types and by_client:
            fact["client_certificate"] = "sent" if row["certificates"] else "refused"
        if row["alert"] and fact["alert"] in ("", "close_notify"):
            fact["alert"], fact["alert_by"] = alert_name(int(row["alert"].split(";")[0]), alerts), "client" if by_client else "server"
    for fact in facts.values():
        offered = fact.pop("offered")
        if fact["version"] in ("", "TLS 1.3") and offered:
            fact["alpn"] = f"offered:{offered}"
        # In these captures every handshake without an alert succeeded.
        fact["handshake"] = "unfinished" if fact["alert"] else "finished"
    return facts


def by_oaexport(program, capture):
    """The same columns of connections.csv."""
    rows = tools.rows(tools.oaexport(program, "--reports", "connections", capture, check=False).stdout)
    facts = {row["connection"]: {name[4:]: row[name] for name in row if name.startswith("tls_")} for row in rows}
    for fact in facts.values():
        for name in ("certificate_subject", "certificate_issuer"):
            fact[name] = sorted_sets(fact[name])
    return facts


def main():
    """Both captures with TLS."""
    connections, seen = 0, set()
    names = stock_names("tls.handshake.ciphersuite", "tls.alert_message.desc")
    for name in ("tls", "tls_handshakes"):
        capture = tools.REAL / f"{name}.pcapng"
        stock, ours = by_tshark(capture, *names), by_oaexport(sys.argv[1], capture)
        if set(stock) != set(ours):
            raise AssertionError(f"{name}: connections {sorted(stock)}\n{sorted(ours)}")
        for stream, fact in stock.items():
            if fact != ours[stream]:
                raise AssertionError(f"{name}, connection {stream}:\n  {fact}\n  {ours[stream]}")
            seen |= set(fact.values())
            connections += 1
    for wanted in (*VERSIONS.values(), "unknown_ca", "bad_certificate", "certificate_expired", "protocol_version", "handshake_failure",
                   "sent", "refused"):
        if wanted not in seen:
            raise AssertionError(f"no capture shows {wanted}")
    print(f"{connections} TLS connections match stock tshark and openssl")


if __name__ == "__main__":
    main()
