"""An MQTT client on aioquic: a stream per message, each finished together with its packet, and a mistyped ALPN.

Usage: aioquic_client.py <port> <ca file>
Prints a line per finding: the answers to 20 QoS 1 messages, and what a client with ALPN h3 is told.
"""

import asyncio
import sys
import time

from aioquic.asyncio import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamDataReceived

CONNECT = bytes.fromhex("100d00044d51545404020000000161")
MESSAGES = 20


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.heard = {}
        self.finished = set()
        self.terminated = None

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived):
            self.heard[event.stream_id] = self.heard.get(event.stream_id, b"") + event.data
            if event.end_stream:
                self.finished.add(event.stream_id)
        if isinstance(event, ConnectionTerminated):
            self.terminated = event


def configuration(alpn, ca):
    made = QuicConfiguration(is_client=True, alpn_protocols=[alpn], server_name="localhost")
    made.load_verify_locations(ca)
    return made


async def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.005)
    return condition()


async def main(port, ca):
    async with connect("127.0.0.1", port, configuration=configuration("mqtt", ca), create_protocol=Client) as client:
        client._quic.send_stream_data(0, CONNECT)
        client.transmit()
        await until(lambda: client.heard.get(0) == bytes.fromhex("20020000"))
        answered = 0
        for number in range(1, MESSAGES + 1):
            stream = client._quic.get_next_available_stream_id()
            packet = bytes([0x32, 6, 0, 1, 0x74, 0, number, 0x78])
            client._quic.send_stream_data(stream, packet, end_stream=True)
            client.transmit()
            await until(lambda: stream in client.finished)
            answered += client.heard.get(stream) == bytes([0x40, 2, 0, number])
        print(f"acknowledged {answered}")

    protocols = []

    def create(*args, **kwargs):
        protocols.append(Client(*args, **kwargs))
        return protocols[-1]

    try:
        async with connect("127.0.0.1", port, configuration=configuration("h3", ca), create_protocol=create):
            pass
    except ConnectionError:
        pass
    end = protocols[0].terminated
    print(f"h3 {hex(end.error_code)}")


asyncio.run(asyncio.wait_for(main(int(sys.argv[1]), sys.argv[2]), 60))
