"""Frames of every kind against the control stream of an MQTT connection, those that quiche's own client cannot send too.

Usage: aioquic_frames.py <port> <ca file>
Prints a line per frame: what the broker gave up in return, and whether the connection lived on or with what it was closed.
"""

import asyncio
import sys
import time

from aioquic.asyncio import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.buffer import encode_uint_var
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StopSendingReceived, StreamDataReceived, StreamReset

# The client id, one letter, follows: each connection has its own.
CONNECT = bytes.fromhex("100d00044d515454040200000001")
CONNACK = bytes.fromhex("20020000")
PINGREQ = bytes.fromhex("c000")
PINGRESP = bytes.fromhex("d000")
SENT = len(CONNECT) + 1

RESET_STREAM, STOP_SENDING, MAX_STREAM_DATA, STREAM_DATA_BLOCKED = 0x04, 0x05, 0x11, 0x15
STREAM, FIN = 0x0E, 0x01  # with offset and length


def stream(stream_id, offset, data=b"", fin=False):
    return STREAM | (FIN if fin else 0), (stream_id, offset, len(data)), data


CASES = {
    "FIN": [stream(0, SENT, fin=True)],
    "STOP_SENDING": [(STOP_SENDING, (0, 500), b"")],
    "RESET_STREAM": [(RESET_STREAM, (0, 500, SENT), b"")],
    "STREAM_DATA_BLOCKED": [(STREAM_DATA_BLOCKED, (0, SENT), b"")],
    "MAX_STREAM_DATA": [(MAX_STREAM_DATA, (0, 1 << 30), b"")],
    "MAX_STREAM_DATA below the last": [(MAX_STREAM_DATA, (0, 1), b"")],
    "STREAM again": [stream(0, 0, CONNECT)],
    "STREAM beyond the window": [stream(0, 1 << 29, b"x")],
    "STREAM behind its end": [stream(0, SENT, fin=True), stream(0, SENT, b"x")],
    "FIN before what came": [stream(0, 1, fin=True)],
    "RESET_STREAM before what came": [(RESET_STREAM, (0, 500, 1), b"")],
    "STREAM of a stream that is the server's": [stream(1, 0, b"x")],
    "STOP_SENDING of a stream that is the server's": [(STOP_SENDING, (1, 500), b"")],
    "MAX_STREAM_DATA of a stream that is the server's": [(MAX_STREAM_DATA, (1, 100), b"")],
    "STREAM of more streams than granted": [stream(400, 0, b"x")],
    "STREAM of a unidirectional stream": [stream(2, 0, b"x")],
    "a frame that nobody knows": [(0x3F, (), b"")],
}


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.heard = b""
        self.given_up = []
        self.closed = None

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.stream_id == 0:
            self.heard += event.data
            if event.end_stream:
                self.given_up.append("FIN")
        if isinstance(event, StreamReset):
            self.given_up.append(f"RESET_STREAM {event.error_code}")
        if isinstance(event, StopSendingReceived):
            self.given_up.append(f"STOP_SENDING {event.error_code}")
        if isinstance(event, ConnectionTerminated):
            self.closed = event

    def send_frames(self, frames):
        """aioquic has no door for frames of one's own: they leave in place of a PING."""

        def write(builder, *args, **kwargs):
            for kind, numbers, data in frames:
                body = b"".join(encode_uint_var(number) for number in numbers) + data
                builder.start_frame(kind, capacity=64).push_bytes(body)

        self._quic._write_ping_frame = write
        self._quic.send_ping(1)
        self.transmit()


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return condition()


async def outcome(port, ca, number, frames):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=["mqtt"], server_name="localhost")
    configuration.load_verify_locations(ca)
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        client._quic.send_stream_data(0, CONNECT + bytes([ord("a") + number]))
        client.transmit()
        await until(lambda: client.heard == CONNACK)
        client.send_frames(frames)
        # Whoever lives on answers a PINGREQ; whoever closes needs no further packet to do so.
        if not await until(lambda: client.closed, 0.5):
            if not client.given_up:  # aioquic writes nothing on a stream that it was asked to stop, and asserts so
                client._quic.send_stream_data(0, PINGREQ)
                client.transmit()
            await until(lambda: client.closed or client.heard == CONNACK + PINGRESP)
        closed, given_up = client.closed, sorted(set(client.given_up))
    if closed is None:
        return "lives on" if client.heard == CONNACK + PINGRESP else "hangs"
    layer = "application" if closed.frame_type is None else "transport"
    return ", ".join([*given_up, f"closed with {layer} error {closed.error_code}"])


async def main(port, ca):
    outcomes = await asyncio.gather(*(outcome(port, ca, number, frames) for number, frames in enumerate(CASES.values())))
    for name, what in zip(CASES, outcomes):
        print(f"{name}: {what}")


asyncio.run(asyncio.wait_for(main(int(sys.argv[1]), sys.argv[2]), 60))
