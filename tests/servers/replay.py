"""A server that answers with given bytes, and remembers what it was sent."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TLS_HANDSHAKE = b"\x16"
RECORDINGS = Path(__file__).parent.parent / "data" / "recordings"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is sent back. `cut` leaves out the last chunk of the body, as a server does that dies."""

    status: int = 200
    content_type: str = "application/json"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    raw: bytes | None = None

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        lines = [
            f"HTTP/1.1 {self.status} x",
            f"Content-Type: {self.content_type}",
            "Transfer-Encoding: chunked",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        body = self.body.encode()
        chunk = f"{len(body):x}\r\n".encode() + body + b"\r\n" if body else b""
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + chunk + (b"" if self.cut else b"0\r\n\r\n")


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> dict[str, object]:
        body = json.loads(self.body)
        assert isinstance(body, dict)
        return body


Answering = Reply | Callable[[Sent], Reply]
"""What a path answers; where it depends on what was sent, by a function."""


@dataclass(slots=True)
class ReplayServer:
    """Where it listens, and what it got."""

    root: str
    got: list[Sent] = field(default_factory=list)

    @property
    def base_url(self) -> str:
        return f"{self.root}/v1"

    def sent_to(self, path: str) -> list[Sent]:
        return [sent for sent in self.got if sent.path == path]


@asynccontextmanager
async def replaying(
    replies: Mapping[str, Answering], *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[ReplayServer]:
    """Answers by path; 404 to any other."""
    server = ReplayServer("")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first == _TLS_HANDSHAKE:
                writer.write(Reply(400).encode())
                return
            sent = await _read(first, reader)
            server.got.append(sent)
            answering = replies.get(sent.path, Reply(404, body="{}"))
            reply = answering if isinstance(answering, Reply) else answering(sent)
            writer.write(reply.encode())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    server.root = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    async with listening:
        yield server


def recorded(name: str) -> Reply:
    """What a real server answered: llama.cpp, or vLLM for names that begin with `vllm/`."""
    answer = json.loads((RECORDINGS / f"{name}.json").read_text())["response"]
    stream = answer.get("sse_file")
    body = (RECORDINGS / stream).read_text() if stream else answer["body"]
    headers = {header.lower(): value for header, value in answer["headers"].items()}
    return Reply(answer["status"], headers.get("content-type", ""), body)


async def _read(first: bytes, reader: asyncio.StreamReader) -> Sent:
    head = (first + await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Sent(head[0].split(" ")[1], headers, body.decode())
