#!/usr/bin/env python3
"""Writes vectors/kerberos.tsv: Kerberos exchanges and the messages that they protect.

All of it is encrypted and signed by impacket's primitives, which have nothing in common with libkrb5; where impacket does not sign the
headers of PDUs, as Windows and Samba do, this is done here by the words of [MS-KILE] 3.4.5.4.1. Confounders and keys are fixed, so that
each run writes the same.

With --check nothing is written, and the exit status says whether the file is what would be: 0 yes, 1 no, 77 impacket is not installed.

With --corpus the exchanges become inputs of fuzz_kerberos in a folder, where nothing is encrypted.

Usage: make_kerberos_vectors.py [--check] FILE
       make_kerberos_vectors.py --corpus FOLDER

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import pathlib
import struct
import sys

sys.path.append("/usr/lib/python3/dist-packages")
try:
    from impacket.krb5 import crypto
    from impacket.krb5.crypto import ARC4, HMAC, MD5
except ImportError:
    print("impacket is not installed")
    sys.exit(77)

PLAIN = "--corpus" in sys.argv
RC4, AES128, AES256 = 23, 17, 18
PROFILES = {RC4: crypto._RC4, AES128: crypto._AES128CTS, AES256: crypto._AES256CTS}
CHECKSUMS = {AES128: crypto._SHA1AES128, AES256: crypto._SHA1AES256}
KERBEROS_OID = bytes.fromhex("06092a864886f712010202")
SPNEGO_OID = bytes.fromhex("06062b0601050502")
DCE_STYLE = 0x1000
ACCEPTOR_SEAL, ACCEPTOR_SIGN, INITIATOR_SEAL, INITIATOR_SIGN = 22, 23, 24, 25


def fixed(what, size):
    """Bytes that look random, the same in every run."""
    return hashlib.sha256(what.encode()).digest()[:size]


def key(enctype, what):
    return crypto.Key(enctype, fixed(what, PROFILES[enctype].keysize))


# DER

def der(tag, *parts):
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 0x80 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + size + body


def context(number, *parts):
    return der(0xA0 + number, *parts)


def sequence(*parts):
    return der(0x30, *parts)


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value):
    return der(0x1B, value.encode())


def principal(*components):
    return sequence(context(0, integer(2)), context(1, sequence(*map(text, components))))


def encrypted(by, usage, plain, version=None):
    if PLAIN:
        cipher = plain if usage == 2 else bytes(16) + plain + bytes(12)
    else:
        cipher = PROFILES[by.enctype].encrypt(by, usage, plain, fixed(f"confounder {usage}", 8 if by.enctype == RC4 else 16))
    kvno = [context(1, integer(version))] if version is not None else []
    return sequence(context(0, integer(by.enctype)), *kvno, context(2, der(0x04, cipher)))


def key_value(value):
    return sequence(context(0, integer(value.enctype)), context(1, der(0x04, value.contents)))


TIME = der(0x18, b"20260102030405Z")


class Exchange:
    """An AP exchange of a client ada@EXAMPLE.COM with a service."""

    def __init__(self, name, enctype, subkeys, dce_style, signs_headers):
        self.name = name
        self.long_term = key(enctype, "service " + name)
        self.session = key(enctype, "session " + name)
        self.initiator = key(enctype, "initiator " + name) if "initiator" in subkeys else None
        self.acceptor = key(enctype, "acceptor " + name) if "acceptor" in subkeys else None
        self.dce_style = dce_style
        self.signs_headers = signs_headers
        self.best = self.acceptor or self.initiator or self.session

    def ap_req(self):
        part = der(0x63, sequence(
            context(0, der(0x03, bytes(5))), context(1, key_value(self.session)), context(2, text("EXAMPLE.COM")),
            context(3, principal("ada")), context(4, sequence(context(0, integer(1)), context(1, der(0x04)))), context(5, TIME),
            context(7, TIME)))
        checksum = struct.pack("<L16xL", 16, DCE_STYLE if self.dce_style else 0)
        subkey = [context(6, key_value(self.initiator))] if self.initiator else []
        authenticator = der(0x62, sequence(
            context(0, integer(5)), context(1, text("EXAMPLE.COM")), context(2, principal("ada")),
            context(3, sequence(context(0, integer(0x8003)), context(1, der(0x04, checksum)))), context(4, integer(7)),
            context(5, TIME), *subkey, context(7, integer(0x40000000))))
        ticket = der(0x61, sequence(
            context(0, integer(5)), context(1, text("EXAMPLE.COM")), context(2, principal("exchangeMDB", self.name)),
            context(3, encrypted(self.long_term, 2, part, 3))))
        return der(0x6E, sequence(
            context(0, integer(5)), context(1, integer(14)), context(2, der(0x03, bytes([0, 0x20, 0, 0, 0]))), context(3, ticket),
            context(4, encrypted(self.session, 11, authenticator))))

    def ap_rep(self, with_subkey=True):
        subkey = [context(2, key_value(self.acceptor))] if self.acceptor and with_subkey else []
        part = der(0x7B, sequence(context(0, TIME), context(1, integer(7)), *subkey, context(3, integer(0x30000000))))
        return der(0x6F, sequence(context(0, integer(5)), context(1, integer(15)), context(2, encrypted(self.session, 12, part))))

    def flags(self, side):
        return (1 if side == "server" else 0) | (4 if self.acceptor else 0)

    def signed(self, side, pdu):
        """The MIC token."""
        head, stub, trailer = pdu
        whole = head + stub + trailer if self.signs_headers else stub
        if self.best.enctype == RC4:
            return rc4_token(self.best, side, 15, whole, None)[0]
        header = struct.pack(">HB5sQ", 0x0404, self.flags(side), b"\xff" * 5, 9)
        usage = INITIATOR_SIGN if side == "client" else ACCEPTOR_SIGN
        return header + CHECKSUMS[self.best.enctype].checksum(self.best, usage, whole + header)

    def sealed(self, side, pdu, extra=0):
        """The sealed stub, and the Wrap token."""
        head, stub, trailer = pdu
        before, after = (head, trailer) if self.signs_headers else (b"", b"")
        if self.best.enctype == RC4:
            token, cipher = rc4_token(self.best, side, 13, before + stub + after, (len(before), len(stub)))
            return cipher, token
        profile = PROFILES[self.best.enctype]
        usage = INITIATOR_SEAL if side == "client" else ACCEPTOR_SEAL
        header = struct.pack(">HBBHHQ", 0x0504, 2 | self.flags(side), 0xFF, extra, 0, 9)
        confounder = fixed("confounder of a message", 16)
        rest = bytes(extra) + header
        encryption = profile.derive(self.best, struct.pack(">IB", usage, 0xAA))
        integrity = profile.derive(self.best, struct.pack(">IB", usage, 0x55))
        mac = HMAC.new(integrity.contents, confounder + before + stub + after + rest, profile.hashmod).digest()[:profile.macsize]
        cipher = (confounder + stub + rest if PLAIN else profile.basic_encrypt(encryption, confounder + stub + rest)) + mac
        rotation = len(rest) + profile.macsize
        cipher = cipher[-rotation:] + cipher[:-rotation]
        # Windows, and those who want to be understood by it, rotate by EC and RRC together.
        token = header[:6] + struct.pack(">H", rotation - (extra if self.dce_style else 0)) + header[8:]
        inside = rotation + len(confounder)
        return cipher[inside:], token + cipher[:inside]


def rc4_token(by, side, salt, data, place):
    """[RFC 4757] 7; `place`: offset and length of what is sealed."""
    direction = b"\xff" * 4 if side == "server" else bytes(4)
    sequence_number = struct.pack(">L", 9)
    confounder = fixed("confounder of a message", 8) if place else b""
    header = bytes.fromhex("0201" "1100" "1000" "ffff" if place else "0101" "1100" "ffffffff")
    hashed = MD5.new(struct.pack("<L", salt) + header + confounder + data).digest()
    checksum = HMAC.new(HMAC.new(by.contents, b"signaturekey\0", MD5).digest(), hashed, MD5).digest()[:8]
    zero = struct.pack("<L", 0)
    sequence_key = HMAC.new(HMAC.new(by.contents, zero, MD5).digest(), checksum, MD5).digest()
    body = header + ARC4.new(sequence_key).encrypt(sequence_number + direction) + checksum
    cipher = b""
    if place:
        local = bytes(byte ^ 0xF0 for byte in by.contents)
        seal_key = HMAC.new(HMAC.new(local, zero, MD5).digest(), sequence_number, MD5).digest()
        sealed = ARC4.new(seal_key).encrypt(confounder + data[place[0]:place[0] + place[1]])
        body += sealed[:8]
        cipher = sealed[8:]
    return der(0x60, KERBEROS_OID, body), cipher


# Wrappers

def raw(message, _step):
    return message


def gss(message, step):
    return der(0x60, KERBEROS_OID, bytes([step - 1, 0]) if step <= 2 else b"", message) if step <= 2 else message


def spnego(message, step):
    if step == 1:
        init = sequence(context(0, sequence(KERBEROS_OID)), context(2, der(0x04, message)))
        return der(0x60, SPNEGO_OID, context(0, init))
    return context(1, sequence(context(0, der(0x0A, bytes([1]))), context(2, der(0x04, message))))


def keytab(exchanges):
    """File format 0x502."""
    out = b"\x05\x02"
    for exchange in exchanges:
        def counted(data):
            return struct.pack(">H", len(data)) + data
        components = [b"exchangeMDB", exchange.name.encode()]
        entry = struct.pack(">H", len(components)) + counted(b"EXAMPLE.COM") + b"".join(map(counted, components))
        entry += struct.pack(">LLBH", 2, 0, 3, exchange.long_term.enctype) + counted(exchange.long_term.contents)
        out += struct.pack(">l", len(entry)) + entry
    return out


def pdu(ptype, stub):
    head = struct.pack("<BBBBLHHLLHH", 5, 0, ptype, 3, 0x10, 24 + len(stub) + 8 + 76, 76, 2, len(stub), 0, 1)
    return head, stub, struct.pack("<BBBBL", 16, 6, 0, 0, 1)


def write_corpus(folder, rows):
    """A file for each exchange; see fuzz_kerberos.c."""
    bits = {"client": 0, "server": 1, "token": 2, "signed": 0, "sealed": 4}
    for name in {row[0] for row in rows if row[0]}:
        data = b"\0"
        for _, side, what, *cells, _ in (row for row in rows if row[0] == name):
            head, stub, trailer, token = map(bytes.fromhex, cells)
            part = token if what == "token" else bytes(map(len, (head, trailer, token))) + head + trailer + token + stub
            data += struct.pack("<BH", bits[side] | bits[what], len(part)) + part
        (folder / name).write_bytes(data)


def main():
    both = ("initiator", "acceptor")
    cases = [
        (Exchange("aes256", AES256, both, True, True), spnego, 0),
        (Exchange("aes256_extra", AES256, both, True, True), raw, 16),
        (Exchange("aes128", AES128, ("initiator",), True, True), raw, 0),
        (Exchange("aes128_ticket", AES128, (), False, False), gss, 0),
        (Exchange("aes256_stub", AES256, both, True, False), spnego, 16),
        (Exchange("rc4", RC4, both, True, True), raw, 0),
        (Exchange("rc4_ticket", RC4, (), True, False), spnego, 0),
    ]
    rows = [("exchange", "side", "what", "head", "stub", "trailer", "token", "plain")]
    rows.append(("", "", "keytab", "", keytab([case[0] for case in cases]).hex(), "", "", ""))
    for exchange, wrap, extra in cases:
        for step, (side, message) in enumerate((("client", exchange.ap_req()), ("server", exchange.ap_rep()),
                                                ("client", exchange.ap_rep(with_subkey=False))), 1):
            if step < 3 or exchange.dce_style:
                rows.append((exchange.name, side, "token", "", "", "", wrap(message, step).hex(), ""))
        for side, ptype in (("client", 0), ("server", 2)):
            for size in (32, 4, 0) if side == "client" else (1000,):
                plain = pdu(ptype, (fixed("stub", 32) * 32)[:size])
                head, stub, trailer = (part.hex() for part in plain)
                rows.append((exchange.name, side, "signed", head, stub, trailer, exchange.signed(side, plain).hex(), stub))
                cipher, token = exchange.sealed(side, plain, extra)
                rows.append((exchange.name, side, "sealed", head, cipher.hex(), trailer, token.hex(), stub))
    if PLAIN:
        return write_corpus(pathlib.Path(sys.argv[-1]), rows[2:])
    text_of_rows = "".join("\t".join(row) + "\n" for row in rows)
    path = pathlib.Path(sys.argv[-1])
    if "--check" in sys.argv:
        sys.exit(path.read_text() != text_of_rows)
    path.write_text(text_of_rows)


main()
