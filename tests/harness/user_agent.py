"""A SIP user agent for what SIPp's scenarios cannot do: several dialogs at once, and transfers between them.

One UDP socket, no retransmissions (loopback loses nothing), no media: the SDP names a port where nobody listens.
"""

import asyncio
import itertools
import re
from urllib.parse import quote

from .events import DEADLINE, EventLog
from .sip import bound, free_ports

Headers = list[tuple[str, str]]

_numbers = itertools.count(1)

HEAD = re.compile(r"^([^:]+?)[ \t]*:[ \t]*(.*)$")


class Message:
    """A SIP request or response."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.decode(errors="replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.headers: Headers = [match.groups() for match in map(HEAD.match, lines) if match]
        words = self.first.split(" ", 2)
        self.status = int(words[1]) if words[0] == "SIP/2.0" else 0
        self.method = self.get("CSeq").split()[1] if self.status else words[0]

    def get(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def tag(self, name: str) -> str:
        match = re.search(r";tag=([^;>\s]+)", self.get(name))
        return match[1] if match else ""

    def uri(self, name: str) -> str:
        match = re.search(r"<([^>]+)>", self.get(name))
        return match[1] if match else self.get(name).split(";")[0]


class Dialog(EventLog):
    """One call of a user agent. Its events are the messages that came, with `type` for the method or the status."""

    def __init__(self, agent: "UserAgent", call_id: str, target: str, invite: Message | None = None) -> None:
        super().__init__(f"dialog {call_id}")
        self.agent = agent
        self.call_id = call_id
        # Where requests of this dialog go to.
        self.target = target
        self.local_tag = f"t{next(_numbers)}"
        self.remote_tag = invite.tag("From") if invite else ""
        self.local_uri = agent.uri
        self.remote_uri = invite.uri("From") if invite else target
        self.invite = invite
        self.cseq = 0
        self.branch = ""

    # What the agent does

    def send(self, method: str, headers: Headers = (), body: str = "", cseq: int | None = None) -> None:
        if cseq is None:
            self.cseq += 1
            self.branch = f"z9hG4bK{self.call_id[:8]}{next(_numbers)}"
        to_tag = f";tag={self.remote_tag}" if self.remote_tag else ""
        self.agent.transmit(
            f"{method} {self.target} SIP/2.0",
            [
                ("Via", f"SIP/2.0/UDP 127.0.0.1:{self.agent.port};branch={self.branch};rport"),
                ("Max-Forwards", "70"),
                ("From", f"<{self.local_uri}>;tag={self.local_tag}"),
                ("To", f"<{self.remote_uri}>{to_tag}"),
                ("Call-ID", self.call_id),
                ("CSeq", f"{self.cseq if cseq is None else cseq} {method}"),
                ("Contact", f"<{self.agent.uri}>"),
                *headers,
            ],
            body,
        )

    def reply(self, request: Message, status: str, body: str = "") -> None:
        to = request.get("To")
        if not request.tag("To"):
            to += f";tag={self.local_tag}"
        self.agent.transmit(
            f"SIP/2.0 {status}",
            [
                *(("Via", via) for via in request.all("Via")),
                *(("Record-Route", route) for route in request.all("Record-Route")),
                ("From", request.get("From")),
                ("To", to),
                ("Call-ID", self.call_id),
                ("CSeq", request.get("CSeq")),
                ("Contact", f"<{self.agent.uri}>"),
            ],
            body,
        )

    async def established(self) -> "Dialog":
        """Wait until it is answered: who called, by the other side; who was called, confirmed."""
        await self.wait(lambda event: event["type"] in ("200 INVITE", "ACK"))
        return self

    def ring(self) -> None:
        """Ring, with sound of ours: Asterisk takes that for early media."""
        self.reply(self.invite, "180 Ringing")
        self.reply(self.invite, "183 Session Progress", self.agent.sdp())

    def answer(self) -> None:
        self.reply(self.invite, "200 OK", self.agent.sdp())

    async def refer(self, to: str) -> int:
        """Ask the other side to transfer itself. Returns the status of the answer to the request."""
        self.send("REFER", [("Refer-To", f"<{to}>"), ("Referred-By", f"<{self.local_uri}>")])
        answer = await self.wait(lambda event: re.match(r"\d+ REFER", event["type"]))
        return int(answer["type"].split()[0])

    async def transfer_to(self, other: "Dialog") -> int:
        """An attended transfer (RFC 3891, 5589): whom this dialog is with is to have the other dialog."""
        replaces = f"{other.call_id};to-tag={other.remote_tag};from-tag={other.local_tag}"
        return await self.refer(f"{other.remote_uri}?Replaces={quote(replaces, safe='')}")

    async def transferred(self) -> str:
        """How the transfer ended: the status line that Asterisk tells in a NOTIFY."""
        notify = await self.wait(
            lambda event: event["type"] == "NOTIFY" and re.search(r"SIP/2\.0 [2-6]", event["message"].body)
        )
        return notify["message"].body.strip()

    def hang_up(self) -> None:
        self.send("BYE")

    async def hung_up(self) -> None:
        """Wait until the other side has ended it."""
        await self.wait(lambda event: event["type"] in ("BYE", "CANCEL"))

    # What comes in

    def handle(self, message: Message) -> None:
        if message.status:
            self._response(message)
        else:
            self._request(message)
        kind = f"{message.status} {message.method}" if message.status else message.method
        self.add({"type": kind, "message": message})

    def _response(self, message: Message) -> None:
        if message.method == "INVITE" and message.status >= 200:
            self.remote_tag = message.tag("To")
            if message.status < 300:
                self.target = message.uri("Contact")
                self.branch = f"z9hG4bK{self.call_id[:8]}{next(_numbers)}"
            self.send("ACK", cseq=int(message.get("CSeq").split()[0]))

    def _request(self, message: Message) -> None:
        if message.method == "INVITE" and self.invite and not message.tag("To"):
            self.reply(message, "100 Trying")
        elif message.method in ("INVITE", "UPDATE"):
            # Of a call that there is: another address for the media.
            self.reply(message, "200 OK", self.agent.sdp())
        elif message.method == "CANCEL":
            self.reply(message, "200 OK")
            self.reply(self.invite, "487 Request Terminated")
        elif message.method != "ACK":
            self.reply(message, "200 OK")


class UserAgent(asyncio.DatagramProtocol):
    """A telephone: calls, is called, and has as many dialogs as it likes."""

    def __init__(self, sip_port: int, user: str) -> None:
        self.sip_port = sip_port
        self.user = user
        self.dialogs: dict[str, Dialog] = {}
        self.incoming: asyncio.Queue[Dialog] = asyncio.Queue()

    async def open(self) -> "UserAgent":
        self.port = free_ports()
        self.uri = f"sip:{self.user}@127.0.0.1:{self.port}"
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=bound(self.port))
        return self

    async def close(self) -> None:
        self._transport.close()

    def sdp(self) -> str:
        lines = ("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
                 "m=audio 9 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=ptime:20")  # fmt: skip
        return "\r\n".join(lines) + "\r\n"

    async def call(self, extension: str, offer: str = "", behind: str = "") -> Dialog:
        """Call an extension, with the headers X-Offer and X-Offer-Behind. Does not wait for the answer."""
        target = f"sip:{extension}@127.0.0.1:{self.sip_port}"
        dialog = Dialog(self, f"{self.user}-{next(_numbers)}@127.0.0.1", target)
        self.dialogs[dialog.call_id] = dialog
        dialog.send("INVITE", [("X-Offer", offer), ("X-Offer-Behind", behind)], self.sdp())
        return dialog

    async def called(self) -> Dialog:
        """Wait until Asterisk calls."""
        return await asyncio.wait_for(self.incoming.get(), DEADLINE)

    def transmit(self, first: str, headers: Headers, body: str) -> None:
        if body:
            headers = [*headers, ("Content-Type", "application/sdp")]
        lines = [first, *(f"{name}: {value}" for name, value in headers), f"Content-Length: {len(body)}"]
        data = ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
        self._transport.sendto(data, ("127.0.0.1", self.sip_port))

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        if not data.strip():
            return
        message = Message(data)
        call_id = message.get("Call-ID")
        if call_id not in self.dialogs and message.method == "INVITE" and not message.status:
            dialog = Dialog(self, call_id, message.uri("Contact"), message)
            self.dialogs[call_id] = dialog
            self.incoming.put_nowait(dialog)
        if call_id in self.dialogs:
            self.dialogs[call_id].handle(message)
