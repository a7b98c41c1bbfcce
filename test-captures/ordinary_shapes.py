"""Ordinary HTTPS as records of the right lengths, on connections of one client to one server: what could be taken for Outlook.

Nothing is real but the lengths, as tls_shapes.py makes them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ipaddress
import random

import tls_shapes

SERVER = ipaddress.ip_address("10.5.0.2")
BEGIN = 1_800_000_000 * 10**9
MS, S = 10**6, 10**9


class Scene:
    """Connections of a client, and what is sent on them."""

    def __init__(self, client, seed):
        self.client, self.random = client, random.Random(seed)
        self.sent = []  # time, connection, side, size
        self.n = 0

    def open(self):
        """A connection."""
        self.n += 1
        return self.n

    def send(self, time, connection, side, size):
        """A record; of more than 16384 bytes several."""
        self.sent.append((time, connection, side, size))

    def frames(self, suite, is_middle):
        """(time, packet) of its records in that suite: behind handshakes, or without the first quarter of the time."""
        connections, frames = {}, []
        for time, number, side, size in sorted(self.sent):
            if number not in connections:
                one = connections[number] = tls_shapes.Connection(number, [(self.client, 40000 + number), (SERVER, 443)], suite)
                flights = list(one.handshake())
                frames += [(time - (len(flights) - at) * MS, one.packet(sender, flight)) for at, (sender, flight) in enumerate(flights)]
            frames.append((time, connections[number].packet(side, connections[number].data(bytes(size)))))
        begins = max(time for time, _ in frames) // 4 if is_middle else 0
        return [frame for frame in frames if frame[0] >= begins]


def slow_upload_and_events(scene):
    """A chunked upload, a chunk a second, and server-sent events as often."""
    up, down = scene.open(), scene.open()
    jitter = scene.random.choice((0, 1, 20, 100))
    scene.send(100 * MS, down, 0, 410)
    scene.send(140 * MS, down, 1, 300)
    scene.send(200 * MS, up, 0, 480)
    for at in range(120):
        scene.send((1 + at) * S + scene.random.randint(0, jitter) * MS, up, 0, scene.random.choice((120, 300, 900)))
        scene.send((1 + at) * S + (400 + scene.random.randint(0, jitter)) * MS, down, 1, scene.random.randint(40, 400))


def transfers(scene):
    """A large upload and a large download at the same time."""
    up, down = scene.open(), scene.open()
    scene.send(100 * MS, down, 0, 410)
    scene.send(130 * MS, up, 0, 480)
    for side, connection in ((0, up), (1, down)):
        time = 200 * MS
        size = scene.random.choice((1400, 4096, 8192, 16384))
        for _ in range(400):
            time += int(scene.random.expovariate(1 / 20) * MS)
            scene.send(time, connection, side, size)


def random_upload_and_events(scene):
    """An upload and events, each at random times."""
    up, down = scene.open(), scene.open()
    scene.send(100 * MS, down, 0, 410)
    scene.send(130 * MS, down, 1, 310)
    scene.send(140 * MS, up, 0, 480)
    for side, connection in ((0, up), (1, down)):
        time = 200 * MS
        for _ in range(200):
            time += int(scene.random.expovariate(1 / 500) * MS)
            scene.send(time, connection, side, scene.random.randint(30, 700))


def pages(scene):
    """Requests with responses on six kept connections."""
    for _ in range(6):
        connection, time = scene.open(), scene.random.randint(0, 1000) * MS
        for _ in range(40):
            scene.send(time, connection, 0, scene.random.randint(300, 900))
            time += scene.random.randint(5, 200) * MS
            for _ in range(scene.random.randint(1, 8)):
                scene.send(time, connection, 1, scene.random.choice((16384, 8192, 1370, 420)))
                time += scene.random.randint(0, 3) * MS
            time += int(scene.random.expovariate(1 / 800) * MS)


def http2(scene):
    """Frames of both sides in any order on two connections, with PING and WINDOW_UPDATE."""
    for _ in range(2):
        connection, time = scene.open(), 10 * MS
        scene.send(time, connection, 0, 24 + 36)
        scene.send(time + MS, connection, 1, 27)
        for _ in range(300):
            time += int(scene.random.expovariate(1 / 100) * MS)
            scene.send(time, connection, scene.random.randint(0, 1), scene.random.choice((9, 13, 17, 40, 120, 1300, 8192)))


def web_sockets(scene):
    """Two web sockets, and posts of which the answers come as events on a third connection."""
    post, events = scene.open(), scene.open()
    scene.send(5 * MS, events, 0, 400)
    scene.send(9 * MS, events, 1, 300)
    time = 50 * MS
    for _ in range(60):
        scene.send(time, post, 0, 500)
        scene.send(time + MS, post, 0, scene.random.randint(30, 200))
        scene.send(time + 4 * MS, post, 1, 180)
        scene.send(time + 9 * MS, events, 1, scene.random.randint(60, 900))
        time += int(scene.random.expovariate(1 / 700) * MS)
    for _ in range(2):
        connection, time = scene.open(), 70 * MS
        scene.send(time, connection, 0, 500)
        scene.send(time + 5 * MS, connection, 1, 200)
        for _ in range(100):
            time += int(scene.random.expovariate(1 / 400) * MS)
            scene.send(time, connection, scene.random.randint(0, 1), scene.random.randint(2, 400))


def long_polls(scene):
    """Long polls on two connections, and server-sent events that are kept alive every 15 s on a third, with posts beside them."""
    for connection in (scene.open(), scene.open()):
        time = scene.random.randint(0, 2000) * MS
        for _ in range(12):
            scene.send(time, connection, 0, 600)
            if scene.random.random() < 0.5:
                scene.send(time + MS, connection, 0, 8)
            time += scene.random.randint(2000, 30000) * MS
            scene.send(time, connection, 1, scene.random.randint(100, 400))
            time += 20 * MS
    events, post = scene.open(), scene.open()
    scene.send(10 * MS, events, 0, 400)
    scene.send(15 * MS, events, 1, 300)
    for at in range(1, 30):
        scene.send(at * 15 * S, events, 1, 13)
        scene.send(at * 9 * S, post, 0, 500)
        scene.send(at * 9 * S + MS, post, 0, 8)
        scene.send(at * 9 * S + 30 * MS, post, 1, 250)


def video(scene):
    """Segments on two connections in turn, every two seconds, and a beacon."""
    first, second, beacon = scene.open(), scene.open(), scene.open()
    for at in range(60):
        connection = (first, second)[at % 2]
        scene.send((1 + 2 * at) * S, connection, 0, 700)
        for part in range(scene.random.randint(5, 60)):
            scene.send((1 + 2 * at) * S + (40 + 3 * part) * MS, connection, 1, 16384)
        scene.send((1 + 2 * at) * S + 900 * MS, beacon, 0, scene.random.randint(300, 900))
        scene.send((1 + 2 * at) * S + 930 * MS, beacon, 1, 160)


def heartbeats(scene):
    """An upload that only sends heartbeats, and events that only do too."""
    up, down = scene.open(), scene.open()
    period = scene.random.choice((5, 10, 15, 30))
    for at in range(60):
        scene.send(at * period * S + 100 * MS, up, 0, 20 if at else 400)
        scene.send(at * period * S + scene.random.choice((130, 2500)) * MS, down, 1, 20 if at else 300)
    scene.send(50 * MS, down, 0, 390)


SCENES = (slow_upload_and_events, transfers, random_upload_and_events, pages, http2, web_sockets, long_polls, video, heartbeats)


def capture(seeds, suite, is_middle):
    """A file with each scene as often as there are seeds, each of a client of its own."""
    frames = []
    for number, (scene, seed) in enumerate((scene, seed) for scene in SCENES for seed in seeds):
        one = Scene(ipaddress.ip_address("10.5.1.0") + number, f"{scene.__name__} {seed}")
        scene(one)
        frames += one.frames(suite, is_middle)
    return tls_shapes.file_of((BEGIN + time, packet) for time, packet in frames)
