"""HTTP requests byte for byte: what a well-behaved client library would not send."""

import asyncio
import base64

from .ari import USER, Answer
from .events import DEADLINE


class Reply(Answer):
    """An answer with its headers. Status 0: Asterisk closed the connection without one."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        super().__init__(status, body)
        self.headers = headers


async def send(
    port: int,
    method: str,
    target: bytes,
    body: bytes = b"",
    content_type: str = "",
    user: tuple[str, str] | None = USER,
    headers: tuple[bytes, ...] = (),
) -> Reply:
    """Send one request whose target (path and query) goes out as it is; wait for the answer."""
    head = [method.encode() + b" " + target + b" HTTP/1.1", b"Host: 127.0.0.1", b"Connection: close", *headers]
    if user:
        head.append(b"Authorization: Basic " + base64.b64encode(":".join(user).encode()))
    if body or method == "POST":
        head.append(b"Content-Length: %d" % len(body))
    if content_type:
        head.append(b"Content-Type: " + content_type.encode())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        # Asterisk may answer and close before it has read all of it.
        data = await asyncio.wait_for(read_all(reader, writer), DEADLINE)
    finally:
        writer.close()
    return parse(data)


async def read_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    data = b""
    try:
        await writer.drain()
    except ConnectionError:
        pass
    try:
        while chunk := await reader.read(65536):
            data += chunk
    except ConnectionError:
        pass
    return data


def parse(data: bytes) -> Reply:
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode(errors="replace").split("\r\n")
    words = lines[0].split(" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    return Reply(status, body, headers)
