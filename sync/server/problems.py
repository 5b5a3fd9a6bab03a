"""Errors as RFC 9457 problem documents with a stable code."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from models.errors import StoreError, UsherError
from sync.protocol import OutOfStep, Problem

_log = logging.getLogger(__name__)
_KIND = "application/problem+json"
_STATUS = {
    "not_logged_in": 401,
    "no_token": 401,
    "revoked": 401,
    "wrong_login": 401,
    "not_allowed": 403,
    "other_install": 403,
    "no_event": 404,
    "code_unknown": 404,
    "code_used": 410,
    "code_expired": 410,
    "user_exists": 409,
    "exists": 409,
    "too_large": 413,
    "other_protocol": 426,
    "too_many_tries": 429,
}


def install(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(UsherError, _usher_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


def describe(app: FastAPI) -> None:
    """Let the application's OpenAPI say of every route what its errors look like."""
    named: dict[str, Any] = {"$ref": "#/components/schemas/Problem"}
    problem = {"description": "A problem, as RFC 9457 describes it", "content": {_KIND: {"schema": named}}}

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schemas: dict[str, Any] = schema["components"]["schemas"]
            schemas["Problem"] = Problem.model_json_schema()
            for own in ("HTTPValidationError", "ValidationError"):
                schemas.pop(own, None)
            for path in schema["paths"].values():
                for operation in path.values():
                    operation["responses"].pop("422", None)
                    operation["responses"]["default"] = problem
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described


def answer(
    status: int,
    code: str,
    detail: str,
    field: str | None = None,
    install_id: str | None = None,
    expected: int | None = None,
) -> Response:
    """Make a problem document."""
    problem = Problem(
        title=code.replace("_", " "),
        status=status,
        detail=detail,
        code=code,
        field=field,
        install_id=install_id,
        expected=expected,
    )
    return Response(problem.model_dump_json(exclude_none=True), status, media_type=_KIND)


async def _usher_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, UsherError)
    if isinstance(error, OutOfStep):
        return answer(409, error.code, error.message, install_id=error.install_id, expected=error.expected)
    status = 503 if isinstance(error, StoreError) else _STATUS.get(error.code, 422)
    _log.info("%s %s: %s", status, error.code, error.message)
    return answer(status, error.code, error.message)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(422, "bad_message", f"The message does not fit at “{where}”: {first['msg']}.", field=where)


async def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(error.status_code, f"http_{error.status_code}", str(error.detail))


async def _fault(request: Request, error: Exception) -> Response:
    _log.error("a fault at %s", request.url.path, exc_info=error)
    return answer(500, "fault", "The server made a mistake; its log says which. Nothing was lost: try again.")
