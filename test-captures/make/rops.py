"""Many ROPs in one buffer, as a client reads a folder in one call; [MS-OXCROPS] 2.2 and 3.2.5.1.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import struct
import uuid

import plain_rpc
import rpc
from scenario import Lab, collector
from wire import digest

SCENARIOS = []
scenario = collector(SCENARIOS)

RELEASE, OPEN_FOLDER, OPEN_MESSAGE, GET_CONTENTS_TABLE, GET_PROPERTIES, SET_READ_FLAG = 0x01, 0x02, 0x03, 0x05, 0x07, 0x11
SET_COLUMNS, SORT_TABLE, RESTRICT, QUERY_ROWS, COPY_TO, GET_BUFFER = 0x12, 0x13, 0x14, 0x15, 0x4D, 0x4E
PARTIAL, DONE = 1, 3  # TransferStatus
START_RECIPIENT, END_RECIPIENT = 0x40030003, 0x40040003
MESSAGE_CLASS, BODY, ROW_ID, DISPLAY_NAME = 0x001A001F, 0x1000001F, 0x30000003, 0x3001001F
REMINDER, PSETID_COMMON = 0x8503000B, "00062008-0000-0000-c000-000000000046"
NOT_FOUND, NULL_OBJECT, ACCESS_DENIED = 0x8004010F, 0x000004B9, 0x80070005
# PidTagMid, PidTagSubject, PidTagSenderName, PidTagMessageSize, PidTagMessageDeliveryTime
COLUMNS = MID, SUBJECT, SENDER, SIZE, DELIVERED = 0x674A0014, 0x0037001F, 0x0C1A001F, 0x0E080003, 0x0E060040
INBOX = rpc.identifier(5)  # in the list of folders of RopLogon
MESSAGES = (("Minutes of Monday", "Grace", 4201), ("Minutes of Tuesday", "Edsger", 3877), ("Menu of the week", "Barbara", 1390),
            ("Minutes of Wednesday", "Grace", 5120), ("Key of room 12", "Donald", 902), ("Minutes of Thursday", "Tony", 4410),
            ("Budget, second draft", "Barbara", 28_114), ("Re: Budget, second draft", "Grace", 3003), ("Minutes of Friday", "Niklaus", 4096),
            ("Lunch?", "Tony", 780), ("Travel to Zurich", "Niklaus", 7312), ("Re: Travel to Zurich", "Edsger", 2950),
            ("Minutes of Saturday", "Donald", 1024))
GONE, FORBIDDEN = (3, 7, 12), 9  # messages that are deleted meanwhile, and one that may not be read
NO_HANDLE = 0xFFFFFFFF
FIRST_DELIVERY = 0x01DCA0F000000000


def text16(text):
    """UTF-16 with its end mark."""
    return (text + "\0").encode("utf-16-le")


def message_id(number):
    """The identifier of a message."""
    return rpc.identifier(0x1000 + number)


class Buffer:
    """The ROPs of a request and of its response, and both tables of handles."""

    def __init__(self, *handles):
        self.sent = self.received = b""
        self.handles = [list(handles), list(handles)]
        self.count = 0

    def object(self, handle):
        """A further index, of an object to be opened with this handle."""
        self.handles[0].append(NO_HANDLE)
        self.handles[1].append(handle)
        return len(self.handles[0]) - 1

    def rop(self, rop_id, index, body=b"", answer=b"", status=0, opened=None):
        """A ROP and its response; that of a failure ends with its return value, and RopRelease has none."""
        self.count += 1
        self.sent += struct.pack("<BBB", rop_id, 0, index) + (b"" if opened is None else bytes([opened])) + body
        if rop_id != RELEASE:
            self.received += struct.pack("<BBI", rop_id, index if opened is None else opened, status) + (b"" if status else answer)

    def call(self, context_handle):
        """The EcDoRpcExt2 that carries them."""
        return rpc.ext2(context_handle, self.sent, self.handles[0], self.received, self.handles[1])


def property_tags(*tags):
    """A count and property tags."""
    return struct.pack(f"<H{len(tags)}I", len(tags), *tags)


def minutes_of_some_size():
    """The restriction "subject begins with Minutes, and size >= 1000", [MS-OXCDATA] 2.12."""
    subject = struct.pack("<BHHII", 3, 2, 1, SUBJECT, SUBJECT) + text16("Minutes")
    size = struct.pack("<BBIII", 4, 3, SIZE, SIZE, 1000)
    return struct.pack("<BH", 0, 2) + subject + size


def rows(found):
    """Standard rows of the columns, [MS-OXCDATA] 2.8.1.1."""
    out = b""
    for number in found:
        subject, sender, size = MESSAGES[number]
        out += b"\0" + message_id(number) + text16(subject) + text16(sender) + struct.pack("<IQ", size, FIRST_DELIVERY + number * 36_000_000_000)
    return out


def read_table(buffer, folder):
    """A contents table: what it is to show, in which order, and its first rows."""
    table = buffer.object(20)
    found = [number for number, (subject, _, size) in enumerate(MESSAGES) if subject.startswith("Minutes") and size >= 1000]
    buffer.rop(GET_CONTENTS_TABLE, folder, b"\0", struct.pack("<I", len(MESSAGES)), opened=table)
    buffer.rop(SET_COLUMNS, table, b"\0" + property_tags(*COLUMNS), b"\0")
    restriction = minutes_of_some_size()
    buffer.rop(RESTRICT, table, struct.pack("<BH", 0, len(restriction)) + restriction, b"\0")
    buffer.rop(SORT_TABLE, table, struct.pack("<BHHHIB", 0, 1, 0, 0, DELIVERED, 1), b"\0")
    buffer.rop(QUERY_ROWS, table, struct.pack("<BBH", 0, 1, 50), struct.pack("<BH", 2, len(found)) + rows(found))
    buffer.rop(RELEASE, table)


def read_message(buffer, folder, number):
    """A message: opened, read, marked as read, closed; what is asked of one that could not be opened fails too."""
    subject, sender, size = MESSAGES[number]
    status = NOT_FOUND if number in GONE else ACCESS_DENIED if number == FORBIDDEN else 0
    message = buffer.object(NO_HANDLE if status else 30 + number)
    opened = b"\0\x01\x04" + text16(subject) + struct.pack("<HHB", 0, 0, 0)
    buffer.rop(OPEN_MESSAGE, folder, struct.pack("<H", 0x0FFF) + INBOX + b"\0" + message_id(number), opened, status, message)
    follows = NULL_OBJECT if status else 0
    buffer.rop(GET_PROPERTIES, message, struct.pack("<HH", 0, 1) + property_tags(SENDER, SIZE),
               b"\0" + text16(sender) + struct.pack("<I", size), follows)
    buffer.rop(SET_READ_FLAG, message, bytes([message, 0]), b"\0", follows)
    buffer.rop(RELEASE, message)


def message_stream(number):
    """The content of a message as a FastTransfer stream, [MS-OXCFXICS] 2.2.4."""
    def text(tag, value):
        return struct.pack("<II", tag, len(text16(value))) + text16(value)
    subject, sender, size = MESSAGES[number]
    named = struct.pack("<I", REMINDER) + uuid.UUID(PSETID_COMMON).bytes_le + struct.pack("<BI", 0, 0x8503) + struct.pack("<H", 1)
    recipient = struct.pack("<III", START_RECIPIENT, ROW_ID, 0) + text(DISPLAY_NAME, "Ada") + struct.pack("<I", END_RECIPIENT)
    body = "What was said, and what is to be done by whom until when. " * 4
    return (text(MESSAGE_CLASS, "IPM.Note") + text(SUBJECT, subject) + text(SENDER, sender) + struct.pack("<II", SIZE, size) + named
            + text(BODY, body) + recipient)


def copy_message(mailbox, number):
    """A message downloaded as a stream, in two buffers of which the first ends within the body."""
    opened = Buffer(rpc.LOGON)
    message, source = opened.object(13), opened.object(14)
    opened.rop(OPEN_MESSAGE, 0, struct.pack("<H", 0x0FFF) + INBOX + b"\0" + message_id(number),
               b"\0\x01\x04" + text16(MESSAGES[number][0]) + struct.pack("<HHB", 0, 0, 0), opened=message)
    opened.rop(COPY_TO, message, struct.pack("<BIBH", 0, 0, 1, 0), opened=source)
    mailbox.call(opened.call(mailbox.context_handle))
    stream = message_stream(number)
    for status, part in ((PARTIAL, stream[:400]), (DONE, stream[400:])):
        buffer = Buffer(14)
        buffer.rop(GET_BUFFER, 0, struct.pack("<HH", 0xBABE, 0x7B00), struct.pack("<HHHBH", status, 1, 1, 0, len(part)) + part)
        mailbox.call(buffer.call(mailbox.context_handle))


@scenario("[MS-OXCROPS] 2.2", "[MS-OXCROPS] 3.2.5.1", "[MS-OXCDATA] 2.12")
def rops_many(capture):
    """A client that reads the Inbox in one call of 60 ROPs: a contents table with columns, restriction and order, then 13 messages, of
    which some are gone and one may not be read; a message that is marked 30 times in one call, which fails; a message downloaded as a
    FastTransfer stream in two buffers."""
    lab = Lab()
    mailbox = plain_rpc.Plain(capture, "store", lab.client, lab.server, plain_rpc.STORE).open()
    mailbox.call(rpc.connect("ada", mailbox.context_handle))
    mailbox.tell_client()
    mailbox.call(rpc.logon(mailbox.context_handle, "ada", digest("rops_many/mailbox")))

    inbox = Buffer(rpc.LOGON)
    folder = inbox.object(10)
    inbox.rop(OPEN_FOLDER, 0, INBOX + b"\0", b"\0\0", opened=folder)
    read_table(inbox, folder)
    for number in range(len(MESSAGES)):
        read_message(inbox, folder, number)
    inbox.rop(RELEASE, folder)
    if inbox.count != 60:
        raise ValueError(f"{inbox.count} ROPs")
    mailbox.call(inbox.call(mailbox.context_handle))

    refused = Buffer(rpc.LOGON)
    folder, message = refused.object(11), refused.object(12)
    refused.rop(OPEN_FOLDER, 0, INBOX + b"\0", b"\0\0", opened=folder)
    refused.rop(OPEN_MESSAGE, folder, struct.pack("<H", 0x0FFF) + INBOX + b"\0" + message_id(0),
                b"\0\x01\x04" + text16(MESSAGES[0][0]) + struct.pack("<HHB", 0, 0, 0), opened=message)
    for _ in range(30):
        refused.rop(SET_READ_FLAG, message, bytes([message, 0]), b"\0", ACCESS_DENIED)
    mailbox.call(refused.call(mailbox.context_handle))
    copy_message(mailbox, 0)
    mailbox.call(rpc.disconnect(mailbox.context_handle))
    mailbox.end()
