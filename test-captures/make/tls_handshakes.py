#!/usr/bin/env python3
"""Records real TLS handshakes on loopback: every version, refused certificates, failed negotiations, and RPC over HTTP inside.

Needs root, openssl, dumpcap, and a network namespace of its own: unshare -n python3 tls_handshakes.py OUT.pcapng OUT.keys

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import warnings

SERVER, CLIENT = "192.0.2.80", "192.0.2.10"
SEGMENT = 536
GET = b"GET /owa/ HTTP/1.1\r\nHost: owa.lab.test\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
V1_0, V1_1, V1_2, V1_3 = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def certificates(folder):
    """An authority, its server, client and expired certificates, and a self-signed one, by name."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    def signed(name, subject, names, *dates):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject, "-utf8",
                "-multivalue-rdn")
        (folder / "ext").write_text(f"subjectAltName={names}\n" if names else "\n", encoding="ascii")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", f"{name}.pem",
                "-extfile", "ext", *dates)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "36500",
            "-subj", "/DC=test/DC=lab/CN=Lab, Root <1>")
    signed("server", "/C=DE/O=Lab \"Mail\"; Test/OU=Büro+L=Köln/CN=owa.lab.test",
           "DNS:owa.lab.test,DNS:autodiscover.lab.test", "-days", "365")
    signed("expired", "/CN=old.lab.test", "DNS:old.lab.test", "-days", "-1")
    signed("client", "/CN=carol", "", "-days", "365")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "self.key", "-out", "self.pem", "-days", "90",
            "-subj", "/CN=self-signed")
    names = ",".join(f"DNS:host{number:03}.lab.test" for number in range(400))
    signed("many", "/CN=many.lab.test", names, "-days", "3650")


class Lab:
    """Servers and clients that share a folder of certificates and a key log."""

    def __init__(self, folder, keys):
        self.folder, self.keys = folder, keys

    def context(self, side, low, high, certificate=None, alpn=None, ciphers="ALL:@SECLEVEL=0"):
        """A context of one side, for a range of versions."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version, context.maximum_version = low, high
        context.set_ciphers(ciphers)
        if certificate:
            context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}.key")
        if side == "client":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.keylog_filename = str(self.keys)
        if alpn:
            context.set_alpn_protocols(alpn)
        return context

    def trust(self, context):
        """Makes a client verify the server's certificate."""
        context.verify_mode = ssl.CERT_REQUIRED
        context.check_hostname = True
        context.load_verify_locations(self.folder / "ca.pem")
        return context

    def serve(self, port, context, talk):
        """A thread that takes one connection, if the handshake succeeds; its result has to be waited for."""
        listener = socket.create_server((SERVER, port))
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)

        def run():
            plain, _ = listener.accept()
            with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                talk(secure)
            listener.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def connect(self, port, context, talk, name="owa.lab.test", session=None):
        """A client's connection; returns its session."""
        plain = socket.socket()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.bind((CLIENT, 0))
        plain.connect((SERVER, port))
        with contextlib.suppress(OSError), context.wrap_socket(plain, server_hostname=name, session=session) as secure:
            talk(secure)
            return secure.session
        return None

    def run(self, server, client, port=443, talk=None, **how):
        """One connection."""
        speak_server, speak_client = talk or (answer, ask)
        thread = self.serve(port, server, speak_server)
        session = self.connect(port, client, speak_client, **how)
        thread.join()
        return session


def ask(secure):
    """An ordinary request."""
    secure.sendall(GET)
    secure.recv(1000)
    with contextlib.suppress(OSError):
        secure.unwrap()


def answer(secure):
    """The ordinary response."""
    if secure.recv(1000):
        secure.sendall(ANSWER)
    secure.recv(1000)


def rts(flags, *commands):
    """An RTS PDU. [MS-RPCH] 2.2.3.6"""
    body = b"".join(commands)
    return struct.pack("<BBBB4sHHIHH", 5, 0, 20, 3, b"\x10\0\0\0", 20 + len(body), 0, 0, flags, len(commands)) + body


def command(kind, value):
    """A command with a number or a cookie."""
    return struct.pack("<I", kind) + (struct.pack("<I", value) if isinstance(value, int) else value)


def rpc_pdus():
    """The two halves of a virtual connection's beginning: CONN/A1, A3 and C2, CONN/B1."""
    cookie, out_cookie, in_cookie, group = (uuid.uuid4().bytes for _ in range(4))
    a1 = rts(0, command(6, 1), command(3, cookie), command(3, out_cookie), command(0, 65536))
    a3 = rts(0, command(2, 120000))
    c2 = rts(0, command(6, 1), command(0, 65536), command(2, 120000))
    b1 = rts(0, command(6, 1), command(3, cookie), command(3, in_cookie), command(4, 1 << 30), command(5, 300000), command(12, group))
    return a1, a3, c2, b1


def rpc_head(method, length):
    """A request's head."""
    return (f"{method} /rpc/rpcproxy.dll?mbx1.lab.test:6001 HTTP/1.1\r\nHost: owa.lab.test\r\nUser-Agent: MSRPC\r\n"
            f"Content-Length: {length}\r\n\r\n").encode()


def rpc_out(pdus, first_get):
    """Talk of an OUT channel, optionally behind an ordinary request: heads and PDUs cut into records anyhow."""
    a1, a3, c2, _ = pdus

    def client(secure):
        if first_get:
            secure.sendall(GET)
            secure.recv(1000)
        head = rpc_head("RPC_OUT_DATA", 76)
        for part in (head[:3], head[3:40], head[40:], a1[:10], a1[10:30], a1[30:]):
            secure.sendall(part)
        while secure.recv(1000):
            pass

    def server(secure):
        if first_get:
            secure.recv(1000)
            secure.sendall(ANSWER)
        got = b""
        while not got.endswith(a1):
            got += secure.recv(1000)
        head = b"HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n"
        wire = a3 + c2
        for part in (head[:30], head[30:] + wire[:5], wire[5:20], wire[20:]):
            secure.sendall(part)
        time.sleep(0.1)

    return server, client


def rpc_in(pdus, first_get):
    """Talk of an IN channel."""
    b1 = pdus[3]

    def client(secure):
        if first_get:
            secure.sendall(GET)
            secure.recv(1000)
        stream = rpc_head("RPC_IN_DATA", 1 << 30) + b1
        for part in (stream[:100], stream[100:-50], stream[-50:]):
            secure.sendall(part)
        time.sleep(0.1)

    def server(secure):
        if first_get:
            secure.recv(1000)
            secure.sendall(ANSWER)
        while secure.recv(1000):
            pass

    return server, client


def handshakes(lab):
    """Everything, in order; the number of each is its tcp.stream."""
    both = ("server", "client")
    for version in (V1_0, V1_1, V1_2, V1_3):  # 0 to 3
        server, client = (lab.context(side, version, version, "server" if side == "server" else None, ["h2", "http/1.1"] if side == "client"
                                      else ["http/1.1"]) for side in both)
        lab.run(server, client)
    for certificate, name in (("self", "owa.lab.test"), ("server", "wrong.lab.test"), ("expired", "old.lab.test")):  # 4 to 6
        lab.run(lab.context("server", V1_2, V1_2, certificate), lab.trust(lab.context("client", V1_2, V1_2)), name=name)
    lab.run(lab.context("server", V1_3, V1_3, "self"), lab.trust(lab.context("client", V1_3, V1_3)))  # 7
    lab.run(lab.context("server", V1_2, V1_2, "server"), lab.context("client", V1_3, V1_3))  # 8
    lab.run(lab.context("server", V1_2, V1_2, "server", ciphers="AES256-SHA"),
            lab.context("client", V1_2, V1_2, ciphers="ECDHE+AESGCM"))  # 9
    for certificate in ("client", None):  # 10, 11
        server = lab.context("server", V1_2, V1_2, "server")
        server.verify_mode = ssl.CERT_REQUIRED
        server.load_verify_locations(lab.folder / "ca.pem")
        lab.run(server, lab.context("client", V1_2, V1_2, certificate))
    server = lab.context("server", V1_3, V1_3, "server")
    server.set_ecdh_curve("secp384r1")
    lab.run(server, lab.context("client", V1_2, V1_3))  # 12: asks for another hello
    server, client = (lab.context(side, V1_2, V1_2, "server" if side == "server" else None) for side in both)
    session = lab.run(server, client)  # 13
    lab.run(server, client, session=session)  # 14: resumed
    lab.run(lab.context("server", V1_2, V1_2, "many"), lab.context("client", V1_2, V1_2), port=636, name=None)  # 15
    for port, alpn, first_get, version in ((443, ["http/1.1"], True, V1_2), (443, None, False, V1_3), (8443, None, True, V1_3),
                                           (8443, ["http/1.1"], False, V1_2)):  # 16 to 23
        pdus = rpc_pdus()
        for half in (rpc_out, rpc_in):
            lab.run(lab.context("server", version, version, "server", alpn), lab.context("client", version, version, None, alpn), port=port,
                    talk=half(pdus, first_get))
    # 24: handshake messages over many small records.
    process = subprocess.Popen(["openssl", "s_server", "-accept", f"{SERVER}:443", "-cert", "many.pem", "-key", "many.key",
                                "-max_send_frag", "512", "-tls1_2", "-www", "-naccept", "1", "-quiet"],
                               cwd=lab.folder, stdin=subprocess.DEVNULL)
    time.sleep(0.5)
    lab.connect(443, lab.context("client", V1_2, V1_2), lambda secure: (secure.sendall(GET), secure.recv(1000)))
    process.wait(10)


def main():
    """Captures while the connections run."""
    capture, keys = (pathlib.Path(name).resolve() for name in sys.argv[1:3])
    keys.unlink(missing_ok=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (SERVER, CLIENT):
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificates(folder)
        recorder = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", "tcp", "-w", str(folder / "capture")], stderr=subprocess.DEVNULL)
        time.sleep(1)
        handshakes(Lab(folder, keys))
        time.sleep(1)
        os.kill(recorder.pid, signal.SIGINT)
        recorder.wait(10)
        capture.write_bytes((folder / "capture").read_bytes())


if __name__ == "__main__":
    main()
