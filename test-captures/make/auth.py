"""Authentication tokens as HTTP and RPC carry them: NTLM messages with right responses, SPNEGO and Kerberos wrappings.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import hashlib
import hmac
import struct

from wire import digest

TIME = 0x01DCAA1C0AB78000  # a FILETIME: an instant before the captures begin
NTLM_OID = bytes.fromhex("060a2b06010401823702020a")
KERBEROS_OID = bytes.fromhex("06092a864886f712010202")
MS_KERBEROS_OID = bytes.fromhex("06092a864882f712010202")
SPNEGO_OID = bytes.fromhex("06062b0601050502")
# UNICODE, REQUEST_TARGET, SIGN, SEAL, NTLM, ALWAYS_SIGN, EXTENDED_SESSIONSECURITY, VERSION, 128, KEY_EXCH, 56.
FLAGS = 0xE2088235
TARGET_INFO = 0x00800000 | 0x00010000  # and the target is a domain
VERSION = struct.pack("<BBH3xB", 10, 0, 19041, 15)


def md4(data):
    """MD4, RFC 1320: what an NT password hash is made with; not every OpenSSL has it."""
    def rotate(value, count):
        value &= 0xFFFFFFFF
        return (value << count | value >> (32 - count)) & 0xFFFFFFFF

    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8)
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    rounds = ((lambda x, y, z: x & y | ~x & z, 0, (3, 7, 11, 19), range(16)),
              (lambda x, y, z: x & y | x & z | y & z, 0x5A827999, (3, 5, 9, 13),
               [i % 4 * 4 + i // 4 for i in range(16)]),
              (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, (3, 9, 11, 15),
               [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15]))
    for at in range(0, len(padded), 64):
        words = struct.unpack("<16I", padded[at:at + 64])
        a, b, c, d = state
        for function, constant, shifts, order in rounds:
            for step, index in enumerate(order):
                a, b, c, d = d, rotate(a + function(b, c, d) + words[index] + constant, shifts[step % 4]), b, c
        state = [(old + new) & 0xFFFFFFFF for old, new in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def rc4(key, data):
    """RC4, for the exported session key."""
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) & 0xFF
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) & 0xFF
        j = (j + box[i]) & 0xFF
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) & 0xFF])
    return bytes(out)


def _mac(key, data):
    return hmac.new(key, data, hashlib.md5).digest()


class Account:
    """Who logs on, from which machine."""

    def __init__(self, user, domain="LAB", password="Made-Lab-1", workstation="DESK1"):
        self.user, self.domain, self.password, self.workstation = user, domain, password, workstation


class Ntlm:
    """One NTLMv2 exchange, [MS-NLMP] 2.2.1 and 3.3.2."""

    def __init__(self, label, account, server="PROXY1", target="HTTP/mail.lab.test"):
        self.label, self.account, self.target = label, account, target
        self.challenge_bytes = digest(f"{label}/challenge", 8)
        names = ((2, account.domain or "LAB"), (1, server), (4, "lab.test"), (3, f"{server.lower()}.lab.test"), (5, "lab.test"))
        self.info = b"".join(self._pair(number, name.encode("utf-16-le")) for number, name in names)
        self.info += self._pair(7, struct.pack("<Q", TIME))

    @staticmethod
    def _pair(number, value):
        return struct.pack("<HH", number, len(value)) + value

    def negotiate(self):
        """Type 1, without names."""
        self.type1 = b"NTLMSSP\0" + struct.pack("<II", 1, FLAGS) + bytes(16) + VERSION
        return self.type1

    def challenge(self):
        """Type 2."""
        name = (self.account.domain or "LAB").encode("utf-16-le")
        info = self.info + bytes(4)
        self.type2 = (b"NTLMSSP\0" + struct.pack("<IHHII8s8xHHI", 2, len(name), len(name), 56, FLAGS | TARGET_INFO, self.challenge_bytes,
                                                len(info), len(info), 56 + len(name)) + VERSION + name + info)
        return self.type2

    def authenticate(self):
        """Type 3 with its integrity code."""
        account = self.account
        user, domain = account.user, account.domain
        key = _mac(md4(account.password.encode("utf-16-le")), (user.upper() + domain).encode("utf-16-le"))
        info = self.info + self._pair(6, struct.pack("<I", 2)) + self._pair(10, bytes(16))
        info += self._pair(9, self.target.encode("utf-16-le")) + bytes(4)
        blob = struct.pack("<BB6xQ8s4x", 1, 1, TIME, digest(f"{self.label}/client", 8)) + info + bytes(4)
        proof = _mac(key, self.challenge_bytes + blob)
        session_key = digest(f"{self.label}/session", 16)
        parts = [bytes(24), proof + blob, domain.encode("utf-16-le"), user.encode("utf-16-le"),
                 account.workstation.encode("utf-16-le"), rc4(_mac(key, proof), session_key)]
        order = (2, 3, 4, 0, 1, 5)  # names before responses
        offsets, at = {}, 88
        for part in order:
            offsets[part] = at
            at += len(parts[part])
        fields = b"".join(struct.pack("<HHI", len(parts[part]), len(parts[part]), offsets[part]) for part in range(6))
        head = b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", FLAGS | TARGET_INFO) + VERSION
        body = b"".join(parts[part] for part in order)
        code = _mac(session_key, self.type1 + self.type2 + head + bytes(16) + body)
        return head + code + body


def anonymous():
    """A type 3 message of nobody, [MS-NLMP] 3.2.5.1.2: no user, no NT response, one zero byte as LM response."""
    fields = struct.pack("<HHI", 1, 1, 72) + b"".join(struct.pack("<HHI", 0, 0, 72 if i < 4 else 73) for i in range(5))
    return b"NTLMSSP\0" + struct.pack("<I", 3) + fields + struct.pack("<I", FLAGS | 0x800) + VERSION + b"\0"


# SPNEGO and Kerberos ------------------------------------------------------------------------------------------------

def der(tag, *parts):
    """One DER value."""
    value = b"".join(parts)
    size = len(value)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + struct.pack(">H", size)
    return bytes([tag]) + length + value


def spnego_init(mechanisms, token):
    """A NegTokenInit in its GSS wrapping, RFC 4178 4.2.1."""
    init = der(0x30, der(0xA0, der(0x30, *mechanisms)), der(0xA2, der(0x04, token)))
    return der(0x60, SPNEGO_OID, der(0xA0, init))


def spnego_response(state=None, mechanism=None, token=None):
    """A NegTokenResp; state 0 accepted, 1 incomplete."""
    parts = []
    if state is not None:
        parts.append(der(0xA0, der(0x0A, bytes([state]))))
    if mechanism:
        parts.append(der(0xA1, mechanism))
    if token:
        parts.append(der(0xA2, der(0x04, token)))
    return der(0xA1, der(0x30, *parts))


def _integer(value):
    return der(0x02, bytes([value]))


def _encrypted(label, size, version=None):
    parts = [der(0xA0, _integer(18))]
    if version is not None:
        parts.append(der(0xA1, _integer(version)))
    parts.append(der(0xA2, der(0x04, digest(label, size))))
    return der(0x30, *parts)


def kerberos_request(label, realm="LAB.TEST", service=("HTTP", "mail.lab.test")):
    """An AP-REQ in its GSS wrapping, RFC 4120 5.5.1 and RFC 4121 4.1; what is encrypted is only as long as it should be."""
    names = der(0x30, *(der(0x1B, part.encode()) for part in service))
    principal = der(0x30, der(0xA0, _integer(2)), der(0xA1, names))
    ticket = der(0x61, der(0x30, der(0xA0, _integer(5)), der(0xA1, der(0x1B, realm.encode())), der(0xA2, principal),
                           der(0xA3, _encrypted(f"{label}/ticket", 620, 3))))
    request = der(0x6E, der(0x30, der(0xA0, _integer(5)), der(0xA1, _integer(14)), der(0xA2, der(0x03, b"\0\x20\0\0\0")),
                            der(0xA3, ticket), der(0xA4, _encrypted(f"{label}/authenticator", 184))))
    return der(0x60, KERBEROS_OID, b"\x01\x00", request)


def kerberos_reply(label):
    """The AP-REP that answers it."""
    reply = der(0x6F, der(0x30, der(0xA0, _integer(5)), der(0xA1, _integer(15)), der(0xA2, _encrypted(f"{label}/reply", 76))))
    return der(0x60, KERBEROS_OID, b"\x02\x00", reply)


# What stands in header lines -----------------------------------------------------------------------------------------

def basic(account):
    """The value of an Authorization header of scheme Basic."""
    name = f"{account.domain}\\{account.user}" if account.domain else account.user
    return "Basic " + base64.b64encode(f"{name}:{account.password}".encode()).decode()


def header(scheme, token):
    """The value of an Authorization or WWW-Authenticate header."""
    return f"{scheme} {base64.b64encode(token).decode()}"


class Exchange:
    """The legs of one connection's authentication: what the client sends, what the server answers.

    Kinds: basic, ntlm, negotiate-ntlm (SPNEGO), negotiate-raw (NTLM without SPNEGO), negotiate-kerberos, anonymous-ntlm, none.
    """

    def __init__(self, kind, label, account):
        self.kind, self.account = kind, account
        self.ntlm = Ntlm(label, account)
        self.label = label

    def legs(self):
        """(client's header, server's challenge header) of each leg before the final request."""
        if self.kind in ("ntlm", "negotiate-raw", "anonymous-ntlm"):
            scheme = "Negotiate" if self.kind == "negotiate-raw" else "NTLM"
            return [(header(scheme, self.ntlm.negotiate()), header(scheme, self.ntlm.challenge()))]
        if self.kind == "negotiate-ntlm":
            first = spnego_init([MS_KERBEROS_OID, KERBEROS_OID, NTLM_OID], self.ntlm.negotiate())
            answer = spnego_response(1, NTLM_OID, self.ntlm.challenge())
            return [(header("Negotiate", first), header("Negotiate", answer))]
        return []

    def final(self):
        """The Authorization header of the final request, or None."""
        if self.kind == "basic":
            return basic(self.account)
        if self.kind == "ntlm":
            return header("NTLM", self.ntlm.authenticate())
        if self.kind == "negotiate-raw":
            return header("Negotiate", self.ntlm.authenticate())
        if self.kind == "anonymous-ntlm":
            return header("NTLM", anonymous())
        if self.kind == "negotiate-ntlm":
            return header("Negotiate", spnego_response(None, None, self.ntlm.authenticate()))
        if self.kind == "negotiate-kerberos":
            return header("Negotiate", spnego_init([MS_KERBEROS_OID, KERBEROS_OID, NTLM_OID], kerberos_request(self.label)))
        return None

    def accepted(self):
        """The WWW-Authenticate header of the 200, or None."""
        if self.kind == "negotiate-ntlm":
            return header("Negotiate", spnego_response(0))
        if self.kind == "negotiate-kerberos":
            return header("Negotiate", spnego_response(0, MS_KERBEROS_OID, kerberos_reply(self.label)))
        return None
