#!/usr/bin/env python3
"""What stock Wireshark 4.0 does not get right of RPC over HTTP, point by point: with the plugins it is right.

Usage: check_stock.py PLUGIN_HOME

SPDX-License-Identifier: GPL-2.0-or-later
"""
import pathlib
import subprocess
import sys
import tempfile

import tools

MADE = tools.CAPTURES / "made"
REAL = tools.CAPTURES / "real"


class Shown:
    """What tshark shows of a capture."""

    def __init__(self, home, capture):
        self.home, self.capture = home, capture

    def fields(self, names, condition, *passes):
        """Rows of field values."""
        return tools.fields(self.home, self.capture, names, "-Y", condition, *passes)

    def frames(self, condition, *passes):
        """Frames that a display filter selects."""
        return [int(row[0]) for row in self.fields(["frame.number"], condition, *passes)]

    def text(self, *passes):
        """The whole trees."""
        return tools.tshark(self.home, self.capture, "-V", *passes)


def ping_and_echo(made):
    """Ping and Echo are named and not malformed."""
    for name, pdu in (("conn_two_hops", "Ping"), ("http_echo", "Echo")):
        shown = made(name)
        assert shown.frames(f'rpch.pdu == "{pdu}"'), pdu
        assert "Malformed Packet" not in shown.text()


def ports_of_x11(made):
    """The back end on 6001, 6002, 6004 and 593 is RPC over HTTP; a real X11 session on 6001 is X11."""
    shown = made("back_end_ports")
    for port in (6001, 6002, 6004, 593, 49233):
        assert shown.frames(f'tcp.port == {port} && rpch.pdu == "CONN/B3"'), port
    assert not shown.frames("x11")
    assert made("x11_on_6001").frames("x11 && tcp.port == 6001")


def banner(made):
    """The banner is itself, and the PDUs behind it are all there."""
    shown = made("back_end_ports")
    banners = shown.fields(["rpch.banner", "tcp.stream"], "rpch.banner")
    assert banners and {row[0] for row in banners} == {"ncacn_http/1.0"}
    for _, stream in banners:
        assert shown.frames(f"tcp.stream == {stream} && tcp.srcport < 50000 && (rpch.pdu || rpch.rpc.ptype)"), stream


def later_segments(made):
    """PDUs in later segments than the HTTP head's are decoded."""
    del made
    shown = Shown(HOME, REAL / "basic.pcapng")
    assert len(shown.frames("dcerpc.pkt_type == 11")) == 4
    assert "Continuation" not in shown.text()


def split_pdus(made):
    """A PDU cut by the segments of the head and the next one is put together."""
    shown = made("split_everywhere")
    assert shown.frames('rpch.pdu == "CONN/A1"') and shown.frames('rpch.pdu == "CONN/C2"')
    assert "Malformed Packet" not in shown.text()


def negative_ance(made):
    """OUT_R2/B2 has its name."""
    assert made("out_r2_negative").frames('rpch.pdu == "OUT_R2/B2"')


def flag_bits(made):
    """The Echo flag is in the bit tree, whose bits are those of a word of 16."""
    text = made("http_echo").text()
    assert ".... .... .1.. .... = RTS_FLAG_ECHO: True" in text
    assert made("conn_two_hops").frames("rpch.flags.ping == 1")


def client_address(made):
    """The client's address is found in each of its forms."""
    shown = made("conn_two_hops")
    rows = shown.fields(["rpch.client_address.ipv4"], "rpch.client_address.ipv4")
    assert rows and all(row[0] != "0.0.0.0" for row in rows), rows


def one_name(made):
    """One name for each PDU, and no comma behind the last thing in the Info column."""
    for name in ("out_r1", "out_r2", "in_r1", "in_r2"):
        for pdu, info in made(name).fields(["rpch.pdu", "_ws.col.Info"], "rpch.pdu", "-2"):
            assert "," not in pdu and " or " not in pdu and "?" not in pdu, pdu
            assert not info.rstrip().endswith(","), info


def unknown_command(made):
    """The walk over commands ends at one whose length is not known."""
    rows = made("violations").fields(["rpch.command", "rpch.number_of_commands"], "rpch.command.unknown")
    assert rows and all(len([c for c in row[0].split(";") if c]) < int(row[1]) for row in rows), rows


def content_type(made):
    """`Application/RPC` with a length of 1 GiB is a stream of PDUs like any other."""
    shown = made("http_forms")
    stream = shown.fields(["tcp.stream"], 'http.content_type == "Application/RPC"')[0][0]
    assert shown.frames(f'tcp.stream == {stream} && rpch.pdu == "CONN/C2"')


def two_gibibytes(made):
    """A Content-Length of 2147483648, the legal maximum."""
    shown = made("http_forms")
    streams = {row[0] for row in shown.fields(["tcp.stream"], "rpch.content_length == 2147483648")}
    assert any(shown.frames(f'tcp.stream == {s} && rpch.pdu == "CONN/C2"') for s in streams), streams


def request_of_120(made):
    """A3 of a replacement request is shown where it is, not when the 120 bytes are complete."""
    shown = made("out_r2")
    a3, c1 = (shown.frames(f'rpch.pdu == "{name}"', "-2") for name in ("OUT_R2/A3", "OUT_R2/C1"))
    assert len(a3) == len(c1) == 1 and a3 < c1, (a3, c1)


def version_1(made):
    """RPC_CONNECT: PDUs both ways on one connection, requests and responses paired."""
    shown = made("http_v1")
    assert shown.frames('http.request.method == "RPC_CONNECT"')
    assert len(shown.frames("rpch.request_in && rpch.hop == 0")) >= 8


def second_request(made):
    """A second request in the same segment is recognised by its own method."""
    del made
    first = b"RPC_OUT_DATA /rpc/rpcproxy.dll?mbx1:6001 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    second = first.replace(b"Length: 0", b"Length: 76")
    pdu = bytes.fromhex("0500140310000000" "4c00000000000000" "00000400" "0600000001000000" "03000000" + "11" * 16 + "03000000" + "22" * 16
                        + "0000000000000100")
    with tempfile.TemporaryDirectory() as folder:
        dump = pathlib.Path(folder) / "dump"
        dump.write_text("0000 " + " ".join(f"{byte:02x}" for byte in first + second + pdu), encoding="ascii")
        capture = pathlib.Path(folder) / "capture.pcapng"
        subprocess.run(["text2pcap", "-q", "-T", "50000,80", str(dump), str(capture)], check=True, capture_output=True)
        shown = Shown(HOME, capture)
        assert shown.frames('rpch.pdu == "CONN/A1"')


def rts_invariants(made):
    """What the header of an RTS PDU has to be is checked."""
    shown = made("violations")
    assert len(shown.frames("rpch.finding.rts_header")) >= 4
    assert shown.frames("rpch.finding.rts_length")


def units(made):
    """Windows in bytes, timeouts in milliseconds, both with their unit."""
    text = made("conn_two_hops").text()
    assert "ReceiveWindowSize: 65536 bytes" in text and "ConnectionTimeout: 120000ms" in text


def accepted_transfer_syntax(made):
    """A context that proposes several transfer syntaxes is read in the one the server accepted, not in the last."""
    shown = made("ndr64")
    assert len(shown.frames("dcerpc.cn_num_trans_items == 2 && tcp.port == 80")) == 4
    names = [row[0] for row in shown.fields(["oxcrpc.user_dn"], "oxcrpc.user_dn")]
    assert len(names) == 5 and len(set(names)) == 1, names


POINTS = (ping_and_echo, ports_of_x11, banner, later_segments, split_pdus, negative_ance, flag_bits, client_address, one_name,
          unknown_command, content_type, two_gibibytes, request_of_120, version_1, second_request, rts_invariants, units,
          accepted_transfer_syntax)


def main():
    """All points; the first that fails ends the test by name."""
    for point in POINTS:
        try:
            point(lambda name: Shown(HOME, MADE / f"{name}.pcapng"))
        except AssertionError as error:
            raise AssertionError(f"{point.__name__}: {point.__doc__} {error}") from error
    print(f"{len(POINTS)} points")


HOME = sys.argv[1]

if __name__ == "__main__":
    main()
