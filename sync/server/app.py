"""The server's web skin: routes for devices under ``/sync/v1``, for users under ``/api``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

from fastapi import Depends, FastAPI, Header, Query, Request, Response, WebSocket
from fastapi.responses import StreamingResponse
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from models.errors import BadInput
from models.operations.erasing import EraseGuest
from models.operations.quarantine import JudgeQuarantined
from models.store.exchange import Pulled
from sync.protocol import (
    PROTOCOL,
    REVOKED,
    About,
    LoginRequest,
    PairAnswer,
    PairingCodeAnswer,
    PairingCodeRequest,
    PairRequest,
    PublishRequest,
    PushAnswer,
    PushRequest,
    QuarantineAnswer,
    RefreshRequest,
    Session,
    TokenAnswer,
)
from sync.server import problems
from sync.server.accounts import Accounts
from sync.server.caller import Caller
from sync.server.chores import chores
from sync.server.guard import Guard
from sync.server.live import NOT_WELCOME, LiveSockets
from sync.server.packing import json_answer
from sync.server.service import Service
from sync.server.snapshot_answer import SNAPSHOT_ANSWERS, snapshot_answer
from sync.server.try_limit import TryLimit

if TYPE_CHECKING:
    from sync.server.fan_out import FanOut

T = TypeVar("T")
_MAY_ERASE = frozenset({EraseGuest.name, JudgeQuarantined.name})


def address_of(request: Request) -> str:
    """Give the address that a request came from."""
    return request.client.host if request.client else ""


async def shown_token(authorization: Annotated[str | None, Header()] = None) -> str:
    """Give the token that is shown with a request; empty where there is none."""
    return (authorization or "").removeprefix("Bearer ").strip()


ShownToken = Annotated[str, Depends(shown_token)]


async def handing_in_device(request: Request, token: ShownToken) -> Caller:
    """Find the device that asks by its token, a revoked one too. Raises BadInput ``no_token``."""
    service: Service = request.app.state.service
    caller = await run_in_threadpool(service.caller, token) if token else None
    if caller is None:
        raise BadInput("no_token", "This device is not paired here: pair it again.")
    return caller


async def calling_device(caller: Annotated[Caller, Depends(handing_in_device)]) -> Caller:
    """Find the device that asks, if it still has its rights. Raises BadInput ``no_token`` and ``revoked``."""
    if caller.is_revoked:
        raise BadInput(
            REVOKED, "This device's rights were taken away: it can hand in what it did; ask an organizer for the rest."
        )
    return caller


async def logged_in_user(request: Request, token: ShownToken) -> str:
    """Find the user who asks by the access token. Raises BadInput ``not_logged_in``."""
    accounts: Accounts = request.app.state.accounts
    return accounts.user_of(token)


CallingDevice = Annotated[Caller, Depends(calling_device)]
HandingInDevice = Annotated[Caller, Depends(handing_in_device)]
LoggedInUser = Annotated[str, Depends(logged_in_user)]


def make_app(service: Service, fan_out: FanOut | None = None) -> FastAPI:
    """Make the web application of a server; ``fan_out`` joins it with the server's other processes."""
    live = LiveSockets(service.revoked_devices)
    accounts = Accounts(service.session_secret, service.clock)
    logins, codes = TryLimit(), TryLimit()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        live.attach(asyncio.get_running_loop())
        service.on_poke(live.poke)
        async with AsyncExitStack() as stack:
            every_few_minutes = (service.snapshots.sweep, service.try_waiting_again, service.forget_the_erased)
            await stack.enter_async_context(chores(*every_few_minutes))
            if fan_out is not None:
                service.on_poke(fan_out.tell)
                await stack.enter_async_context(fan_out.running(service.server_id, live.poke, live.poke_everybody))
            yield

    app = FastAPI(title="Usher", version=str(PROTOCOL), lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.service = service
    app.state.accounts = accounts
    problems.install(app)
    app.add_middleware(Guard)

    async def write(work: Callable[[Connection], T], event_id: str | None = None) -> T:
        return await asyncio.wrap_future(service.writer.submit(work, event_id))

    def recognise(request: LoginRequest) -> str:
        with service.database.read() as connection:
            return accounts.recognise(connection, request.login, request.password)

    @app.get("/sync/v1/about")
    async def about() -> About:
        return About(server_id=service.server_id, server_time=service.clock())

    @app.post("/sync/v1/push")
    async def push(request: PushRequest, caller: HandingInDevice) -> PushAnswer:
        answer = await write(service.push(caller, request.envelopes), caller.event_id)
        service.poke(caller.event_id, answer.version)
        if any(one.name in _MAY_ERASE for one in request.envelopes):
            await run_in_threadpool(service.forget_the_erased)
        return answer

    @app.get("/sync/v1/pull", response_class=Response, responses={200: {"model": Pulled}})
    async def pull(
        web: Request,
        caller: CallingDevice,
        cookie: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        checksum: Annotated[int, Query(ge=0, le=1)] = 0,
    ) -> Response:
        accepted = web.headers.get("Accept-Encoding", "")
        ask = service.pull_checked if checksum else service.pull
        return await run_in_threadpool(lambda: json_answer(ask(caller, cookie).model_dump_json(), accepted))

    @app.get("/sync/v1/snapshot", response_class=StreamingResponse, responses=SNAPSHOT_ANSWERS)
    async def snapshot(
        caller: CallingDevice,
        wanted: Annotated[str | None, Header(alias="Range")] = None,
        begun: Annotated[str | None, Header(alias="If-Range")] = None,
    ) -> Response:
        return await run_in_threadpool(snapshot_answer, service.snapshots, caller, wanted, begun)

    @app.get("/sync/v1/quarantine")
    async def quarantine(caller: CallingDevice) -> QuarantineAnswer:
        return await run_in_threadpool(service.quarantine, caller)

    @app.post("/sync/v1/token", dependencies=[Depends(calling_device)])
    async def new_token(token: ShownToken) -> TokenAnswer:
        return await write(service.new_token(token))

    @app.post("/sync/v1/pairing-codes")
    async def new_pairing_code(request: PairingCodeRequest, caller: CallingDevice) -> PairingCodeAnswer:
        return await write(service.new_pairing_code(caller, request))

    @app.post("/sync/v1/pair")
    async def pair(request: PairRequest, web: Request) -> PairAnswer:
        with codes.trying(address_of(web)):
            answer = await write(service.pair(request))
        service.poke(answer.event_id, 0)
        return answer

    @app.post("/sync/v1/events")
    async def publish(request: PublishRequest, user_id: LoggedInUser) -> PairAnswer:
        return await write(service.publish(request, user_id))

    @app.post("/api/auth/login")
    async def login(request: LoginRequest, web: Request) -> Session:
        with logins.trying(address_of(web)):
            user_id = await run_in_threadpool(recognise, request)
        return await write(accounts.open_session(user_id))

    @app.post("/api/auth/refresh")
    async def refresh(request: RefreshRequest) -> Session:
        session = await write(accounts.refresh(request.refresh))
        if session is None:
            raise BadInput("not_logged_in", "This session has ended: log in again.")
        return session

    @app.post("/api/auth/logout", status_code=204)
    async def logout(request: RefreshRequest) -> None:
        await write(accounts.logout(request.refresh))

    @app.websocket("/sync/v1/live")
    async def listen(socket: WebSocket, token: ShownToken) -> None:
        caller = await run_in_threadpool(service.caller, token) if token else None
        if caller is None or caller.is_revoked:
            await socket.close(NOT_WELCOME)
            return
        await live.listen(socket, caller)

    problems.describe(app)
    return app
