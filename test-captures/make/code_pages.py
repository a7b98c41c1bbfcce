"""Text of 8 bits, which means nothing without the code page that was said before it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct

import auth
import mapi_http
import nspi
import rpc
from scenario import Lab, collector
from session import Session, finish
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)

# With the type PtypString8, and PtypInteger32.
DISPLAY_NAME, EMAIL_ADDRESS, OBJECT_TYPE = 0x3001001E, 0x3003001E, 0x0FFE0003
MAIL_USER = 6

STRING8, NAME8, DN = "oxnspi.value.string8", "oxnspi.name8", "oxnspi.dn"
# What Windows calls a code page, and Python.
CODECS = {0: "cp1252", 932: "cp932", 949: "cp949", 950: "cp950", 1251: "cp1251", 1253: "cp1253"}
RUSSIAN = ("Анна Петрова", "Борис Ёлкин", "Щукин, Юрий")
JAPANESE, CHINESE, KOREAN, GREEK = "山田 太郎 表示", "李偉", "김민수", "Γιώργος Παπαδόπουλος"


def user_dn(number):
    """The DN of a user of the address book."""
    return f"/o=Lab/ou=Exchange Administrative Group/cn=Recipients/cn=user{number}"


def entries(names, code_page):
    """Rows of the address book, and what is to be read in them."""
    rows = [{DISPLAY_NAME: name.encode(CODECS[code_page]), EMAIL_ADDRESS: user_dn(number).encode(), OBJECT_TYPE: MAIL_USER}
            for number, name in enumerate(names)]
    return rows, [part for number, name in enumerate(names) for part in (name, user_dn(number))]


class Reader:
    """A session whose texts are written down: of each call the fields with their texts."""

    def __init__(self, session):
        self.session = session

    def call(self, operation, **texts):
        """A call; `request` and `response`: the field and its texts."""
        call = self.session.call(operation)
        for way, (field, wanted) in texts.items():
            self.session.capture.texts.append({"call": call, "way": way, "field": field, "texts": wanted})


def directory(capture, lab):
    """One binding whose code page is 1251, and calls that say another one."""
    session = Session(capture, "directory", lab.clients[0], lab.proxy, lab.server, 6004, account=auth.Account("anna"))
    reader, handle = Reader(session), session.context_handle
    finish(session.conn())
    session.bind((rpc.NSPI,))
    session.call(nspi.bind(digest("guid"), handle, 1251))
    rows, texts = entries(RUSSIAN, 1251)
    reader.call(nspi.query_rows(handle, rows, 1251), response=(STRING8, texts))
    reader.call(nspi.get_special_table(handle, rows[:1], 1251), response=(STRING8, texts[:2]))
    names = [name.encode("cp1251") for name in RUSSIAN]
    reader.call(nspi.resolve_names(handle, names, rows, 1251), request=(NAME8, list(RUSSIAN)), response=(STRING8, texts))
    for code_page, name in ((1253, GREEK), (950, CHINESE), (949, KOREAN)):
        row, texts = entries([name], code_page)
        reader.call(nspi.get_props(handle, row[0], code_page), response=(STRING8, texts))
    # A request that says nothing is in the code page of its binding.
    rows, texts = entries(RUSSIAN[1:2], 1251)
    reader.call(nspi.resolve_names(handle, names[:2], rows, 0), request=(NAME8, list(RUSSIAN[:2])), response=(STRING8, texts))
    reader.call(nspi.dn_to_mid(handle, [user_dn(0), user_dn(1)]), request=(DN, [user_dn(0), user_dn(1)]))
    session.call(nspi.unbind(handle))
    session.close_by_client()


def store(capture, lab, user, name, code_page, start_us):
    """A mailbox whose owner has this name."""
    session = Session(capture, f"store {user}", lab.clients[1], lab.proxy, lab.server, 6001, account=auth.Account(user),
                      start_us=start_us)
    reader = Reader(session)
    finish(session.conn())
    session.bind((rpc.EMSMDB,))
    reader.call(rpc.connect(user, session.context_handle, name.encode(CODECS[code_page]), code_page),
                response=("oxcrpc.display_name", [name]))
    session.call(rpc.disconnect(session.context_handle))
    session.close_by_client()


@scenario("[MS-OXNSPI] 2.2.8, 3.1.4.1", "[MS-NSPI] 3.1.1.2", "[MS-OXCRPC] 3.1.4.1")
def nspi_code_page(capture):
    """Names in Cyrillic, Greek, Chinese, Korean and Japanese as text of 8 bits: an address book read in the code pages that the calls
    say, in answers that repeat it and in answers that do not, and mailboxes opened with 932 and with 0."""
    lab = Lab()
    directory(capture, lab)
    store(capture, lab, "taro", JAPANESE, 932, 700_000)
    store(capture, lab, "jurgen", "Jürgen Müller", 0, 1_400_000)


def value_list(row):
    """AddressBookPropertyValueList, [MS-OXCMAPIHTTP] 2.2.1.3."""
    out = struct.pack("<I", len(row))
    for tag, value in row.items():
        out += struct.pack("<I", tag)
        out += mapi_http.PRESENT + value + b"\0" if isinstance(value, bytes) else struct.pack("<I", value)
    return mapi_http.PRESENT + out


@scenario("[MS-OXCMAPIHTTP] 2.2.1, 2.2.5", "[MS-OXNSPI] 2.2.8")
def mapi_http_code_page(capture):
    """The address book over HTTP, its names as text of 8 bits in the code page of the Bind, of the request, and of the answer."""
    player = mapi_http.Player(capture, Lab())
    connection = player.connect()

    def exchange(kind, body, answer, **texts):
        """One exchange, and the texts of it."""
        player.exchange(connection, "nspi", kind, body, answer, "address book")
        for way, wanted in texts.items():
            capture.texts.append({"exchange": capture.exchanges[-1], "way": way, "field": STRING8, "texts": wanted})

    present, no_aux, good = mapi_http.PRESENT, mapi_http.NO_AUX, mapi_http.good
    absent = b"\0"
    exchange("Bind", struct.pack("<I", 0) + present + struct.pack("<9I", *nspi.stat_fields(1251)) + no_aux,
             lambda row: player.chunked(row, good(digest("server")), more=player.new_cookies("nspi")))
    rows, texts = entries(RUSSIAN[:1], 1251)
    change = bytes(4) + absent + absent + value_list(rows[0]) + no_aux
    exchange("ModProps", change, lambda row: player.chunked(row, good()), request=texts)
    tags = present + struct.pack("<I3I", 3, DISPLAY_NAME, EMAIL_ADDRESS, OBJECT_TYPE)
    # The answer says a code page of its own.
    rows, texts = entries([CHINESE], 950)
    wanted = struct.pack("<I", 0) + present + struct.pack("<9I", *nspi.stat_fields(1251, 16)) + tags + no_aux
    exchange("GetProps", wanted, lambda row: player.chunked(row, good(struct.pack("<I", 950) + value_list(rows[0]))), response=texts)
    # The answer has none.
    greek, texts = entries([GREEK], 1253)
    query = struct.pack("<I", 0) + present + struct.pack("<9I", *nspi.stat_fields(1253)) + struct.pack("<II", 0, 50) + tags + no_aux
    cells = b"".join(present + value + b"\0" if isinstance(value, bytes) else struct.pack("<I", value) for value in greek[0].values())
    table = tags[1:] + struct.pack("<I", 1) + b"\0" + cells
    exchange("QueryRows", query, lambda row: player.chunked(row, good(absent + present + table)), response=texts)
    exchange("Unbind", bytes(4) + no_aux, lambda row: player.chunked(row, good(error=1)))
    connection.finish(0)
