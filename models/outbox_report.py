"""How a copy stands to its server, as people read it: what waits, what was refused and why, and when both last met."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, and_, func, select

from models.change_words import ChangeKind, change_about, change_title, counts_text, kind_of
from models.codes import without_short_codes
from models.door_words import Say, clock_text, day_text, english, event_zone, when_text
from models.events import Device, Event, Role
from models.store.copy_tables import OutboxRow
from models.store.exchange import OutcomeKind
from models.store.identity import read_identity

SKEW_SHOWN_MS = 2_000
"""A clock that is off by less is not worth a line."""
WRONG_CLOCK_MS = 120_000
"""A clock that is off by so much is plainly set wrong."""
SHOWN_AT_MOST = 50
"""So many changes of a kind are read out singly, the newest; all of them are counted."""


@dataclass(frozen=True, slots=True)
class NotedChange:
    """One change that is worth a line: ``about`` names the guest, the table or the door where the arguments tell.

    ``code`` and ``reason`` are the server's, for one that it refused.
    """

    op_id: str
    name: str
    about: str
    made_at: datetime
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OutboxReport:
    """What a copy has still to hand in, what became of the rest, and how far its clock is off.

    ``not_holding`` are changes on their way that no longer fit what others changed meanwhile: the server
    decides. ``put_off`` counts those that the server has and will apply later, ``quarantined`` those of a
    revoked device that an organizer decides about; those that one discarded are among the ``refused``.
    ``skew_ms`` is how far the server's clock is ahead of this one. Times are aware; ``zone`` is the event's,
    to show them in.
    """

    event_title: str
    device_name: str
    install_id: str
    role: Role
    server: str
    pulled_at: datetime | None
    skew_ms: int
    waiting: int
    oldest: datetime | None
    counts: Mapping[ChangeKind, int]
    not_holding: tuple[NotedChange, ...]
    not_holding_count: int
    put_off: int
    quarantined: int
    refused: tuple[NotedChange, ...]
    refused_count: int
    zone: tzinfo

    @property
    def is_all_handed_in(self) -> bool:
        """Whether nothing is left to hand in."""
        return self.waiting == 0


def read_outbox(connection: Connection, say: Say = english) -> OutboxReport:
    """Read how a copy stands, in one snapshot. For a local copy's file only: a server has no outbox."""
    identity = read_identity(connection)
    event = connection.execute(select(Event.title, Event.time_zone).where(Event.id == identity.event_id)).one_or_none()
    device = connection.scalar(
        select(Device.name).where(Device.event_id == identity.event_id, Device.install_id == identity.install_id)
    )
    beyond = OutboxRow.number > identity.acknowledged
    counts: dict[ChangeKind, int] = {}
    oldest: datetime | None = None
    by_name = select(OutboxRow.name, func.count(), func.min(OutboxRow.device_time)).where(beyond)
    for name, count, first in connection.execute(by_name.group_by(OutboxRow.name)):
        kind = kind_of(name)
        counts[kind] = counts.get(kind, 0) + count
        oldest = first if oldest is None else min(oldest, first)
    not_holding = and_(beyond, OutboxRow.holds.is_(False))
    refused = OutboxRow.outcome.in_((OutcomeKind.REFUSED, OutcomeKind.DISCARDED))
    return OutboxReport(
        event_title=event.title if event else "",
        device_name=device or "",
        install_id=identity.install_id,
        role=identity.role,
        server=address_text(identity.server_url, say),
        pulled_at=identity.pulled_at,
        skew_ms=identity.skew_ms,
        waiting=sum(counts.values()),
        oldest=oldest,
        counts=counts,
        not_holding=_noted(connection, not_holding, say),
        not_holding_count=_count(connection, not_holding),
        put_off=_count(connection, and_(~beyond, OutboxRow.outcome == OutcomeKind.WAITING)),
        quarantined=_count(connection, OutboxRow.outcome == OutcomeKind.QUARANTINED),
        refused=_noted(connection, refused, say),
        refused_count=_count(connection, refused),
        zone=event_zone(event.time_zone if event else "UTC"),
    )


# -- single lines ----------------------------------------------------------------------------------------


def waiting_text(report: OutboxReport, now: datetime, say: Say = english) -> str:
    """Say how much waits and since when: ``14 changes since 19:02``; empty when nothing does."""
    if report.is_all_handed_in:
        return ""
    template = say("1 change") if report.waiting == 1 else say("{count} changes").format(count=report.waiting)
    if report.oldest is None:
        return template
    since = when_text(report.oldest, report.zone, now, say)
    return say("{changes} since {time}").format(changes=template, time=since)


def kinds_text(report: OutboxReport, say: Say = english) -> str:
    """Say what waits: ``12 entries, 2 seat changes``."""
    return counts_text(report.counts, say)


def not_holding_text(report: OutboxReport, say: Say = english) -> str:
    """Say how many no longer fit what others changed; empty for none."""
    count = report.not_holding_count
    if count == 1:
        return say("1 of them no longer fits what others changed meanwhile: the server decides.")
    many = say("{count} of them no longer fit what others changed meanwhile: the server decides.")
    return many.format(count=count) if count else ""


def put_off_text(report: OutboxReport, say: Say = english) -> str:
    """Say how many the server has and applies later; empty for none."""
    if report.put_off == 1:
        return say("The server has 1 change that it applies later.")
    many = say("The server has {count} changes that it applies later.")
    return many.format(count=report.put_off) if report.put_off else ""


def quarantined_text(report: OutboxReport, say: Say = english) -> str:
    """Say how many an organizer decides about, since this device was revoked; empty for none."""
    if report.quarantined == 1:
        return say("This device was revoked: an organizer decides about 1 change.")
    many = say("This device was revoked: an organizer decides about {count} changes.")
    return many.format(count=report.quarantined) if report.quarantined else ""


def contact_text(report: OutboxReport, now: datetime, say: Say = english) -> str:
    """Say when the server was last heard: ``19:02``, ``3 Dec 19:02``, ``not yet``."""
    return say("not yet") if report.pulled_at is None else when_text(report.pulled_at, report.zone, now, say)


def skew_text(report: OutboxReport, say: Say = english) -> str:
    """Say how far this computer's clock is off; empty when it is not worth it. It holds nothing up."""
    return _skew_text(report.skew_ms, say) if abs(report.skew_ms) >= SKEW_SHOWN_MS else ""


def wrong_clock_text(skew_ms: int, say: Say = english) -> str:
    """Say in a line that stands there all the time that this computer's clock is plainly wrong; empty otherwise."""
    return _skew_text(skew_ms, say) if abs(skew_ms) >= WRONG_CLOCK_MS else ""


def _skew_text(skew_ms: int, say: Say) -> str:
    template = say("This laptop's clock is {time} ahead of the server's")
    if skew_ms > 0:
        template = say("This laptop's clock is {time} behind the server's")
    return template.format(time=_span_text(round(abs(skew_ms) / 1000), say))


def noted_text(change: NotedChange, say: Say = english) -> str:
    """Name one change: ``Seat change · Åsa Lindqvist → Table 2, seat 1``."""
    return " · ".join(part for part in (change_title(change.name, say), change.about) if part)


def address_text(url: str | None, say: Say = english) -> str:
    """Give the host of a server's address and its port, without anything that could be secret."""
    if not url:
        return say("none yet")
    parts = urlsplit(url if "//" in url else f"//{url}")
    host = parts.hostname or say("unknown")
    if host in ("127.0.0.1", "::1", "localhost"):
        return say("this laptop")
    try:
        port = parts.port
    except ValueError:
        port = None
    return host if port is None else f"{host}:{port}"


# -- the report ------------------------------------------------------------------------------------------


def report_text(report: OutboxReport, now: datetime, say: Say = english) -> str:
    """Give everything as plain text for "Copy the report".

    It is meant to be sent to somebody: names of guests and tables stand in it, e-mail addresses, phone
    numbers, tokens and codes do not, not even those that somebody wrote into a name.
    """
    lines = [
        say("Usher · connection report of {time}").format(
            time=f"{day_text(now, report.zone, say)} {clock_text(now, report.zone)}"
        ),
        _line(say("Event"), without_secrets(report.event_title)),
        _line(
            say("Device"),
            f"{without_secrets(report.device_name) or say('unnamed')} ({report.role}, {report.install_id[:8]})",
        ),
        _line(say("Server"), report.server),
        _line(say("Last contact"), contact_text(report, now, say)),
        _line(say("Clock"), skew_text(report, say) or say("in step with the server's")),
        _line(say("Waiting"), waiting_text(report, now, say) or say("nothing, everything is handed in")),
    ]
    more = (kinds_text(report, say), put_off_text(report, say), quarantined_text(report, say))
    lines += [f"  {line}" for line in more if line]
    if report.not_holding_count:
        lines += ["", not_holding_text(report, say)]
        lines += [_listed(change, report, now, say) for change in report.not_holding]
        lines += _left_out(report.not_holding_count - len(report.not_holding), say)
    lines += ["", _line(say("Not taken by the server"), str(report.refused_count))]
    for change in report.refused:
        why = " ".join(
            part for part in (without_secrets(change.reason), f"[{change.code}]" if change.code else "") if part
        )
        lines += [_listed(change, report, now, say), f"  {why}"]
    lines += _left_out(report.refused_count - len(report.refused), say)
    return "\n".join(lines) + "\n"


def without_secrets(text: str) -> str:
    """Blank what looks like an e-mail address, a phone number, a token or a code."""
    text = without_short_codes(text, "…")
    for pattern in _SECRETS:
        text = pattern.sub("…", text)
    return text


_SECRETS = (
    re.compile(r"[^\s@<>\"“”(),;:]+@[^\s@<>\"“”(),;:]+"),
    # A token, a key, a signed or a short code: letters and digits run together.
    re.compile(r"\b(?=[\w-]*\d)[\w-]{20,}"),
    re.compile(r"\b(?=[0-9A-Z]*\d)(?=[0-9A-Z]*[A-Z])[0-9A-HJKMNP-TV-Z]{8}[0-9A-HJKMNP-TV-Z*~$=U]"),
    re.compile(r"\b(?=[0-9A-Z-]*\d)[0-9A-Z]{4,5}-[0-9A-Z]{4,5}(?:-[0-9A-Z]{4,5})*\b"),
    re.compile(r"(?<![\w.:])(?:\+|00)?\(?\d(?:[\s()/.-]{0,2}\d){6,}"),
)


def _line(what: str, value: str) -> str:
    return f"{what}: {value}"


def _listed(change: NotedChange, report: OutboxReport, now: datetime, say: Say) -> str:
    return f"- {when_text(change.made_at, report.zone, now, say)} · {without_secrets(noted_text(change, say))}"


def _left_out(count: int, say: Say) -> list[str]:
    return [say("- and {count} more").format(count=count)] if count > 0 else []


def _span_text(seconds: int, say: Say) -> str:
    for size, unit in ((86_400, "{count} days"), (3_600, "{count} h"), (60, "{count} min")):
        # Two of a unit at least: "90 s" says more than "2 min" does.
        if seconds >= 2 * size:
            return say(unit).format(count=round(seconds / size))
    return say("{count} s").format(count=seconds)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.scalar(select(func.count()).select_from(OutboxRow).where(condition)) or 0


def _noted(connection: Connection, condition: ColumnElement[bool], say: Say) -> tuple[NotedChange, ...]:
    newest = (
        select(
            OutboxRow.op_id,
            OutboxRow.name,
            OutboxRow.arguments,
            OutboxRow.device_time,
            OutboxRow.reason_code,
            OutboxRow.reason,
        )
        .where(condition)
        .order_by(OutboxRow.number.desc())
        .limit(SHOWN_AT_MOST)
    )
    return tuple(
        NotedChange(op_id, name, change_about(connection, arguments, say), made_at, code or "", reason or "")
        for op_id, name, arguments, made_at, code, reason in connection.execute(newest).all()
    )
