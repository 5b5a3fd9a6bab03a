"""What comes before anything reads a request: another protocol and too large a body are refused, gzip is unpacked."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.protocol import LARGEST_BODY, PROTOCOL, PROTOCOL_HEADER
from sync.server import problems
from sync.server.packing import NotGzip, TooMuch, unpacked

SMALL_BODY = 64 * 1024
"""Bytes that a body may have which no queue of operations is in: nobody has to show a key to send one."""
_PUSH = "/sync/v1/push"
_SPOKEN = PROTOCOL_HEADER.lower().encode()
_OF_PACKED = (b"content-encoding", b"content-length")


class Guard:
    """Stands before the application and counts what a body really holds, whatever its headers say."""

    def __init__(self, app: ASGIApp, largest_body: int = LARGEST_BODY) -> None:
        """Let requests through to ``app`` whose body has at most ``largest_body`` bytes."""
        self._app = app
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem document, or hand the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        spoken = headers.get(_SPOKEN)
        if spoken is not None and spoken != str(PROTOCOL).encode() and scope["path"].startswith("/sync/"):
            refusal = problems.answer(
                426, "other_protocol", "This server and this device speak different versions: update the older one."
            )
            await refusal(scope, receive, send)
            return
        coding = headers.get(b"content-encoding", b"identity").strip().lower()
        if coding not in (b"identity", b"gzip"):
            sentence = "The message is packed in a way that this server does not know: send it plain or by gzip."
            await problems.answer(415, "other_packing", sentence, field="body")(scope, receive, send)
            return
        largest = self._largest_body if scope["path"] == _PUSH else min(SMALL_BODY, self._largest_body)
        try:
            body = await self._body(headers, receive, largest)
            if coding == b"gzip":
                body = self._plain(body, largest)
                scope = {**scope, "headers": [one for one in scope["headers"] if one[0] not in _OF_PACKED]}
        except TooMuch:
            sentence = f"The message is too large for this server: at most {_in_words(largest)} fit."
            await problems.answer(413, "too_large", sentence, field="body")(scope, receive, send)
        except NotGzip:
            sentence = "The message says that it is packed by gzip and is not, or a part is missing: send it again."
            await problems.answer(400, "bad_packing", sentence, field="body")(scope, receive, send)
        else:
            await self._app(scope, _after(body, receive), send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive, largest: int) -> list[Message]:
        """Give the messages of the body. Raises TooMuch when it is announced or turns out to be too large."""
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced[:20]) > largest:
            raise TooMuch
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > largest:
                raise TooMuch
            if message["type"] != "http.request" or not message.get("more_body", False):
                return messages

    def _plain(self, messages: list[Message], largest: int) -> list[Message]:
        """Give the body as it was before it was packed. Raises TooMuch and NotGzip."""
        if messages[-1]["type"] != "http.request":
            return messages
        packed = b"".join(message.get("body", b"") for message in messages)
        return [{"type": "http.request", "body": unpacked(packed, largest), "more_body": False}]


def _in_words(size: int) -> str:
    return f"{size // 2**20} MB" if size >= 2**20 else f"{size // 2**10} kB"


def _after(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def next_message() -> Message:
        for message in waiting:
            return message
        return await receive()

    return next_message
