"""What is refused before anything reads it: another protocol, and a body that is too large."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.protocol import LARGEST_BODY, PROTOCOL, PROTOCOL_HEADER
from sync.server import problems

_SPOKEN = PROTOCOL_HEADER.lower().encode()


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
        body = await self._body(headers, receive)
        if body is None:
            sentence = f"The message is too large for this server: at most {self._largest_body // 2**20} MB fit."
            await problems.answer(413, "too_large", sentence, field="body")(scope, receive, send)
            return
        await self._app(scope, _after(body, receive), send)

    async def _body(self, headers: dict[bytes, bytes], receive: Receive) -> list[Message] | None:
        """Give the messages of the body; None when it is announced or turns out to be too large."""
        announced = headers.get(b"content-length", b"0")
        if not announced.isdigit() or int(announced[:20]) > self._largest_body:
            return None
        messages: list[Message] = []
        size = 0
        while True:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            if size > self._largest_body:
                return None
            if message["type"] != "http.request" or not message.get("more_body", False):
                return messages


def _after(messages: list[Message], receive: Receive) -> Receive:
    waiting = iter(messages)

    async def next_message() -> Message:
        for message in waiting:
            return message
        return await receive()

    return next_message
