"""A SIP caller byte for byte: what SIPp cannot be told to send."""

import asyncio
import itertools

_numbers = itertools.count(1)

SDP = b"""v=0\r
o=- 1 1 IN IP4 127.0.0.1\r
s=-\r
c=IN IP4 127.0.0.1\r
t=0 0\r
m=audio 9 RTP/AVP 0\r
a=rtpmap:0 PCMU/8000\r
"""


class RawCaller(asyncio.DatagramProtocol):
    """One INVITE. Its user part, display name and Call-ID go out as they are; the answer that ends it is acknowledged."""

    def __init__(self, sip_port: int, user: bytes, name: bytes = b"raw", call_id: bytes = b"") -> None:
        self.number = f"{8000000 + next(_numbers)}"
        self.sip_port = sip_port
        self.uri = b"sip:%s@127.0.0.1:%d" % (user, sip_port)
        self.name = name
        self.call_id = self.number.encode() + call_id
        self.answers: list[bytes] = []

    async def place(self) -> "RawCaller":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=("127.0.0.1", 0), remote_addr=("127.0.0.1", self.sip_port)
        )
        self._transport.sendto(self._request(b"INVITE", b"<sip:raw@127.0.0.1>", SDP))
        return self

    async def end(self) -> None:
        self._transport.close()

    def _request(self, method: bytes, to: bytes, body: bytes = b"") -> bytes:
        number = self.number.encode()
        contact = b"<sip:%s@127.0.0.1:%d>" % (number, self._transport.get_extra_info("sockname")[1])
        lines = [
            b"%s %s SIP/2.0" % (method, self.uri),
            b"Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s" % (self._transport.get_extra_info("sockname")[1], number),
            b'From: "%s" <sip:%s@127.0.0.1>;tag=raw' % (self.name, number),
            b"To: " + to,
            b"Call-ID: " + self.call_id,
            b"CSeq: 1 " + method,
            b"Contact: " + contact,
            b"Max-Forwards: 70",
            b"Content-Type: application/sdp",
            b"Content-Length: %d" % len(body),
        ]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self.answers.append(data)
        if data.startswith(b"SIP/2.0 ") and data[8:9] in b"3456" and b"CSeq: 1 INVITE" in data:
            to = next(line[4:] for line in data.split(b"\r\n") if line.startswith(b"To: "))
            self._transport.sendto(self._request(b"ACK", to))
