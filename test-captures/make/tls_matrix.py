#!/usr/bin/env python3
"""Records one dialogue of Outlook Anywhere inside TLS of many kinds: a capture and a key log for each row of tls/MATRIX.

The dialogue is part of real/basic.pcapng: a directory session, and the beginning of a store session, each with an IN and an OUT
connection. It is played in the recorded order, one record for each write, between a client, which is openssl s_client or gnutls-cli,
and a server of the library GnuTLS or OpenSSL (Python's ssl module): `openssl s_server` and `gnutls-serv` take one connection at a time,
or send no bytes of ours. plain.pcapng.gz is the same dialogue without TLS.

Needs root, openssl, gnutls-cli, libgnutls, tshark, dumpcap, and a network namespace of its own:

    unshare -n test-captures/make/tls_matrix.py test-captures/tls           # everything again, with new keys
    unshare -n test-captures/make/tls_matrix.py test-captures/tls NAME...   # some captures, with the keys that are there

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import ctypes
import gzip
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

CAPTURES = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CAPTURES))
import matrix  # noqa: E402

SERVER, CLIENT = "198.51.100.2", "198.51.100.11"
DIALOGUE = CAPTURES / "real" / "basic.pcapng"
# The directory session; the store session up to the frame where it has grown large enough.
CHOSEN = "tcp.len > 0 && (tcp.stream in {2, 3} || tcp.stream in {6, 7} && frame.number <= 207)"
WAIT = 20  # seconds for any answer


# --- the dialogue ---

def dialogue():
    """(connection, whether the client sends, bytes): what one write sent, in the recorded order."""
    shown = subprocess.run(["tshark", "-r", DIALOGUE, "-Y", CHOSEN, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.dstport", "-e",
                            "tcp.flags.push", "-e", "tcp.payload"], check=True, capture_output=True, text=True).stdout
    messages, pending = [], {}
    for stream, port, push, payload in (line.split("\t") for line in shown.splitlines()):
        key = stream, port == "80"
        pending[key] = pending.get(key, b"") + bytes.fromhex(payload)
        if push in ("1", "True"):
            messages.append((*key, pending.pop(key)))
    return messages


# --- the server ---

class Datum(ctypes.Structure):
    """gnutls_datum_t."""
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint)]


class GnutlsServer:
    """A server of libgnutls; the suite and the extensions are a priority string."""
    SERVER, ENABLE_EARLY_DATA, CREDENTIALS, PEM, KU_PEER, CERT_REQUEST, SHUT_WR, MEDIUM = 1, 1 << 20, 1, 1, 1, 1, 1, 35
    MORE_PRIORITY = {"no_etm": "%NO_ETM", "no_ems": "%NO_SESSION_HASH"}

    def __init__(self, row, keys):
        self.lib, self.row = ctypes.CDLL("libgnutls.so.30"), row
        self.lib.gnutls_record_recv.restype = self.lib.gnutls_record_send.restype = ctypes.c_ssize_t
        self.priority = ":".join(["NONE", "+SIGN-ALL", "+GROUP-SECP384R1" if "retry" in row.features else "+GROUP-ALL", "+COMP-NULL",
                                  f"+VERS-TLS{row.version}", *row.gnutls_parts(), "%VERIFY_ALLOW_SIGN_WITH_SHA1",
                                  *(self.MORE_PRIORITY[name] for name in row.features if name in self.MORE_PRIORITY)])
        self.credentials = ctypes.c_void_p()
        self.lib.gnutls_certificate_allocate_credentials(ctypes.byref(self.credentials))
        name = str(keys / row.certificate)
        self.check(self.lib.gnutls_certificate_set_x509_key_file(self.credentials, f"{name}.pem".encode(), f"{name}.key".encode(), self.PEM))
        self.check(self.lib.gnutls_certificate_set_known_dh_params(self.credentials, self.MEDIUM))
        self.ticket_key = Datum()
        self.check(self.lib.gnutls_session_ticket_key_generate(ctypes.byref(self.ticket_key)))
        seen = -428 if "early_refused" in row.features else 0  # GNUTLS_E_DB_ENTRY_EXISTS
        self.replayed = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)(lambda *_: seen)
        self.replays = ctypes.c_void_p()
        self.check(self.lib.gnutls_anti_replay_init(ctypes.byref(self.replays)))
        self.lib.gnutls_anti_replay_set_add_function(self.replays, self.replayed)

    @staticmethod
    def check(result):
        """Raises if a call failed."""
        if result < 0:
            raise OSError(f"GnuTLS: error {result}")
        return result

    def accept(self, plain):
        """The handshake; a session."""
        lib, session = self.lib, ctypes.c_void_p()
        early = bool({"early", "early_refused"} & set(self.row.features))
        self.check(lib.gnutls_init(ctypes.byref(session), self.SERVER | (self.ENABLE_EARLY_DATA if early else 0)))
        self.check(lib.gnutls_priority_set_direct(session, self.priority.encode(), None))
        self.check(lib.gnutls_credentials_set(session, self.CREDENTIALS, self.credentials))
        if "ticket" in self.row.features:
            self.check(lib.gnutls_session_ticket_enable_server(session, ctypes.byref(self.ticket_key)))
        if early:
            lib.gnutls_anti_replay_enable(session, self.replays)
        lib.gnutls_transport_set_int2(session, plain.fileno(), plain.fileno())
        self.handshake(session)
        if "early" in self.row.features and lib.gnutls_session_is_resumed(session):
            self.check(lib.gnutls_record_recv_early_data(session, ctypes.create_string_buffer(1000), ctypes.c_size_t(1000)))
        return session

    def handshake(self, session):
        """Until it is done."""
        while (result := self.lib.gnutls_handshake(session)) == -28:  # GNUTLS_E_AGAIN
            pass
        self.check(result)

    def receive(self, session):
        """Some bytes."""
        buffer = ctypes.create_string_buffer(1 << 15)
        while (result := self.lib.gnutls_record_recv(session, buffer, ctypes.c_size_t(len(buffer)))) == -28:
            pass
        return buffer.raw[:self.check(result)]

    def send(self, session, data):
        """All of them."""
        while data:
            data = data[self.check(self.lib.gnutls_record_send(session, data, ctypes.c_size_t(len(data)))):]

    def renegotiate(self, session):
        """A second handshake inside the connection, for a client certificate, as IIS does it."""
        self.lib.gnutls_certificate_server_set_request(session, self.CERT_REQUEST)
        self.check(self.lib.gnutls_rehandshake(session))
        self.handshake(session)

    def update_keys(self, session):
        """New keys here, and a request for new keys there."""
        self.check(self.lib.gnutls_session_key_update(session, self.KU_PEER))

    def close(self, session):
        """Says so first."""
        self.lib.gnutls_bye(session, self.SHUT_WR)


class OpensslServer:
    """A server of OpenSSL; it keeps sessions by their ids."""
    OPTIONS = {"no_etm": 1 << 19, "no_ems": 1}  # SSL_OP_NO_ENCRYPT_THEN_MAC, SSL_OP_NO_EXTENDED_MASTER_SECRET

    def __init__(self, row, keys):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        version = ssl.TLSVersion[f"TLSv{row.version.replace('.', '_')}".replace("_0", "")]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.context.minimum_version = self.context.maximum_version = version
        self.context.load_cert_chain(keys / f"{row.certificate}.pem", keys / f"{row.certificate}.key")
        if row.version != "1.3":
            self.context.set_ciphers(f"{row.openssl_name()}:@SECLEVEL=0")
        if "ticket" not in row.features:
            self.context.options |= ssl.OP_NO_TICKET
        for name in set(row.features) & set(self.OPTIONS):
            self.context.options |= self.OPTIONS[name]

    def accept(self, plain):
        """The handshake; a session."""
        return self.context.wrap_socket(plain, server_side=True)

    def receive(self, session):
        """Some bytes."""
        return session.recv(1 << 15)

    def send(self, session, data):
        """All of them."""
        session.sendall(data)

    def close(self, session):
        """Says so first."""
        session.setblocking(False)
        with contextlib.suppress(OSError):
            session.unwrap()  # does not wait for the client's
        session.shutdown(socket.SHUT_WR)


class PlainServer:
    """Without TLS."""

    def accept(self, plain):
        """Nothing to do."""
        return plain

    def receive(self, session):
        """Some bytes."""
        return session.recv(1 << 15)

    def send(self, session, data):
        """All of them."""
        session.sendall(data)

    def close(self, session):
        """Nothing to say."""


# --- the client ---

def newest_session(folder):
    """Up to TLS 1.2 a resumed session is not saved once more."""
    return sorted(folder.glob("session*"))[-1]


def openssl_client(row, folder, number):
    """The command of openssl s_client; connections but the first resume the session of the one before."""
    command = ["openssl", "s_client", "-connect", f"{SERVER}:443", "-servername", "mail.lab.test", "-quiet", "-verify_quiet", "-nocommands",
               "-keylogfile", folder / "keys", f"-tls{row.version.replace('.', '_')}".replace("_0", "")]
    if row.version != "1.3":
        command += ["-cipher", "ALL:@SECLEVEL=0"]
    else:
        command += ["-ciphersuites", row.suite if row.server == "openssl" else ":".join(matrix.TLS_1_3_SUITES)]
    if "retry" in row.features:
        command += ["-curves", "X25519:P-384"]
    if "small" in row.features:
        command += ["-maxfraglen", "512"]
    if "renegotiation" in row.features:
        command += ["-cert", folder / "client.pem", "-key", folder / "client.key"]
    if "ticket" not in row.features:
        command += ["-no_ticket"]
    if {"ticket", "id"} & set(row.features):
        command += ["-sess_out", folder / f"session{number}"]
        if number:
            command += ["-sess_in", newest_session(folder)]
        if number and {"early", "early_refused"} & set(row.features):
            (folder / "early").write_bytes(b"GET /early HTTP/1.1\r\nHost: mail.lab.test\r\n\r\n")
            command += ["-early_data", folder / "early"]
    return command


def gnutls_client(row, folder, number):
    """The command of gnutls-cli; it resumes its own session by connecting twice."""
    return ["gnutls-cli", "--insecure", "--logfile", folder / f"log{number}", "--port", "443", "--priority",
            "NORMAL:+RSA:+DHE-RSA:+ARCFOUR-128:+3DES-CBC:-VERS-ALL:+VERS-TLS" + row.version, *["--resume"] * ("ticket" in row.features), SERVER]


class Tool:
    """A client process; what is written to it is sent, what it prints was received."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(folder / "errors", "ab"), env={**os.environ, "SSLKEYLOGFILE": str(folder / "keys")})

    def send(self, data):
        """One write."""
        os.write(self.process.stdin.fileno(), data)

    def receive(self):
        """Some bytes."""
        return os.read(self.process.stdout.fileno(), 1 << 15)

    def close(self):
        """Waits for the end, which the server's close brings."""
        self.process.stdin.close()
        self.process.wait(WAIT)


class Socket:
    """The same without TLS."""

    def __init__(self):
        self.socket = socket.create_connection((SERVER, 80))

    def send(self, data):
        """One write."""
        self.socket.sendall(data)

    def receive(self):
        """Some bytes."""
        return self.socket.recv(1 << 15)

    def close(self):
        """The end."""
        self.socket.close()


# --- one capture ---

def exactly(receive, data):
    """Receives these bytes."""
    got = b""
    while len(got) < len(data):
        part = receive()
        if not part:
            raise OSError("the connection ended early")
        got += part
    if got != data:
        raise OSError("other bytes arrived")


class Play:
    """The dialogue on new connections."""

    def __init__(self, row, keys, folder):
        self.row, self.folder = row, folder
        self.server = {"gnutls": GnutlsServer, "openssl": OpensslServer}[row.server](row, keys) if row else PlainServer()
        self.listener = socket.create_server((SERVER, 443 if row else 80))
        self.listener.settimeout(WAIT)
        self.connections = {}

    def open(self, number):
        """A connection: client, server's socket and session."""
        if not self.row:
            client = Socket()
        else:
            client = Tool({"openssl": openssl_client, "gnutls": gnutls_client}[self.row.client](self.row, self.folder, number), self.folder)
        rounds = 2 if self.row and self.row.client == "gnutls" and "ticket" in self.row.features else 1
        for left in range(rounds, 0, -1):
            plain, _ = self.listener.accept()
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = self.server.accept(plain)
            if left > 1:
                with contextlib.suppress(OSError):
                    self.server.receive(session)
                self.server.close(session)
                plain.close()
        if self.row and self.row.client == "openssl" and {"ticket", "id"} & set(self.row.features) and (number == 0 or self.row.version == "1.3"):
            self.wait_for_session(self.folder / f"session{number}")
        return client, plain, session

    @staticmethod
    def wait_for_session(path):
        """Until the client has saved it."""
        end = time.monotonic() + WAIT
        while not (path.exists() and b"END SSL" in path.read_bytes()):
            if time.monotonic() > end:
                raise OSError("there is no session to resume")
            time.sleep(0.01)

    def run(self, messages):
        """Every message, and between them what the row asks for."""
        features, sent = self.row.features if self.row else (), {}
        for stream, by_client, data in messages:
            if stream not in self.connections:
                self.connections[stream] = self.open(len(self.connections))
            client, _, session = self.connections[stream]
            sent[stream] = sent.get(stream, 0) + 1
            if sent[stream] == 3 and "renegotiation" in features:
                self.server.renegotiate(session)
            if sent[stream] % 4 == 0 and "key_update" in features:
                self.server.update_keys(session)
            if by_client:
                client.send(data)
                exactly(lambda session=session: self.server.receive(session), data)
            else:
                self.server.send(session, data)
                exactly(client.receive, data)
        for client, plain, session in self.connections.values():
            self.server.close(session)
            with contextlib.suppress(OSError):  # OpenSSL's session took the socket
                plain.shutdown(socket.SHUT_WR)
            client.close()
            plain.close()
        self.listener.close()


def record(row, keys, output):
    """The capture, and its key log."""
    name = row.name if row else "plain"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        certificate(folder, "client", "anna", "rsa:2048")
        recorder = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", "tcp", "-w", folder / "capture"], stderr=subprocess.PIPE, text=True)
        while "Capturing" not in recorder.stderr.readline():
            pass
        time.sleep(0.3)
        try:
            Play(row, keys, folder).run(dialogue())
        finally:
            time.sleep(0.3)
            os.kill(recorder.pid, signal.SIGINT)
            recorder.wait(WAIT)
        (output / f"{name}.pcapng.gz").write_bytes(gzip.compress((folder / "capture").read_bytes(), mtime=0))
        if row:
            lines = dict.fromkeys(re.findall(r"^[A-Z_0-9]+ [0-9a-f]+ [0-9a-f]+$", (folder / "keys").read_text(encoding="ascii"), re.MULTILINE))
            (output / f"{name}.keys").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")


def certificate(folder, name, subject, kind, *more):
    """A self-signed certificate and its key, PKCS#8."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", kind, *more, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "36500",
                    "-subj", f"/CN={subject}"], check=True, capture_output=True, cwd=folder)


def certificates(folder):
    """The servers' keys; that of RSA in every form in which oaexport and Wireshark read it."""
    certificate(folder, "rsa", "mail.lab.test", "rsa:2048")
    certificate(folder, "ecdsa", "mail.lab.test", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    for command in (["rsa", "-traditional", "-in", "rsa.key", "-out", "rsa_pkcs1.key"],
                    ["pkcs12", "-export", "-in", "rsa.pem", "-inkey", "rsa.key", "-out", "rsa.p12", "-passout", f"pass:{matrix.PASSWORD}"]):
        subprocess.run(["openssl", *command], check=True, capture_output=True, cwd=folder)


def main():
    """The captures named, or all."""
    output, names = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    for address in (SERVER, CLIENT):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    subprocess.run(["ip", "route", "replace", "local", SERVER, "dev", "lo", "table", "local", "src", CLIENT], check=True)
    if not names:
        certificates(output)
        record(None, output, output)
    for row in matrix.rows():
        if not names or row.name in names:
            print(row.name, flush=True)
            record(row, output, output)


if __name__ == "__main__":
    main()
