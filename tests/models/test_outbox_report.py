"""What waits, what was refused and why, as people read it: on copies that really met a server."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from models.change_words import ChangeKind
from models.events import Role
from models.operations.base import now_utc
from models.operations.edits import FieldEdit
from models.operations.entries import RecordEntries
from models.operations.people import AddGuests, EditGuest, GuestField
from models.outbox_report import (
    SHOWN_AT_MOST,
    OutboxReport,
    address_text,
    contact_text,
    kinds_text,
    not_holding_text,
    noted_text,
    put_off_text,
    quarantined_text,
    read_outbox,
    report_text,
    skew_text,
    waiting_text,
    without_secrets,
    wrong_clock_text,
)
from models.store.copy_tables import OutboxRow
from models.store.exchange import OutcomeKind
from models.store.local_copy import LocalCopy
from tests.helpers.small_event import SmallEvent, new_household, small_event
from tests.helpers.small_network import Device, Dinner, House, begin_dinner

NOW = datetime(2026, 12, 12, 19, 30, tzinfo=UTC)


def read(copy: LocalCopy) -> OutboxReport:
    with copy.read() as connection:
        return read_outbox(connection)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[SmallEvent]:
    made = small_event(tmp_path)
    yield made
    made.copy.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def pair(house: House) -> tuple[Device, Device, Dinner]:
    """Two organizers' computers that have the same dinner."""
    server = house.server()
    mine, other = house.device(server), house.device(server)
    dinner = begin_dinner(mine)
    mine.exchange()
    other.exchange()
    return mine, other, dinner


def test_what_waits_is_counted_by_kind_since_the_oldest(event: SmallEvent) -> None:
    event.copy.start_new_epoch(event.copy.identity.install_id)
    before = read(event.copy)
    for minute in (5, 2, 9):
        event.copy.run(RecordEntries(entries=(event.entry(),)), at=NOW - timedelta(minutes=minute, days=400))
    event.seat("Åsa Lindqvist", "2", 1)

    report = read(event.copy)

    assert report.waiting == before.waiting + 4 == event.copy.waiting().pending
    assert (report.counts[ChangeKind.ENTRY], report.counts[ChangeKind.SEAT]) == (3, 1)
    assert report.oldest == NOW - timedelta(minutes=9, days=400) == event.copy.waiting().oldest
    assert kinds_text(report).startswith("3 entries, ")
    assert not report.is_all_handed_in


def test_after_an_exchange_everything_is_handed_in(pair: tuple[Device, Device, Dinner]) -> None:
    mine, _, _ = pair
    report = read(mine.copy)
    assert report.is_all_handed_in
    assert (report.waiting, report.oldest, dict(report.counts), report.refused) == (0, None, {}, ())
    assert (waiting_text(report, NOW), kinds_text(report)) == ("", "")
    assert report.pulled_at is not None
    assert now_utc() - report.pulled_at < timedelta(minutes=1)
    assert "Waiting: nothing, everything is handed in" in report_text(report, NOW)


def test_a_refusal_says_what_it_was_and_why(pair: tuple[Device, Device, Dinner]) -> None:
    mine, other, dinner = pair
    mine.seat(dinner.people[0], dinner.seats[0])
    other.seat(dinner.people[1], dinner.seats[0])
    mine.exchange()
    other.exchange()

    (refused,) = read(other.copy).refused

    assert noted_text(refused) == "Seat change · Mei Lindqvist → Table T1, seat 1"
    assert refused.code == "seat_taken"
    assert refused.reason == "Seat 1 at table T1 is held by Ines Duarte: choose another seat."
    assert read(other.copy).refused_count == other.copy.waiting().refused == 1
    assert read(mine.copy).refused_count == 0
    text = report_text(read(other.copy), NOW)
    assert "Not taken by the server: 1" in text
    assert f"  {refused.reason} [seat_taken]" in text


def test_a_change_that_no_longer_holds_waits_for_the_server(pair: tuple[Device, Device, Dinner]) -> None:
    mine, other, dinner = pair
    mine.seat(dinner.people[0], dinner.seats[0])
    mine.exchange()
    other.seat(dinner.people[1], dinner.seats[0])
    # It hears of the other seating before its own one is handed in.
    other.copy.apply_pull(other.way.pull(other.copy.identity.cookie))

    report = read(other.copy)

    assert (report.waiting, report.not_holding_count, report.refused_count) == (1, 1, 0)
    assert [noted_text(one) for one in report.not_holding] == ["Seat change · Mei Lindqvist → Table T1, seat 1"]
    assert not_holding_text(report) == "1 of them no longer fits what others changed meanwhile: the server decides."
    assert not_holding_text(report) in report_text(report, NOW)
    other.exchange()
    settled = read(other.copy)
    assert (settled.waiting, settled.not_holding_count, settled.refused_count) == (0, 0, 1)


def test_what_the_server_has_put_off_is_told_apart_from_what_waits_here(pair: tuple[Device, Device, Dinner]) -> None:
    mine, _, dinner = pair
    mine.seat(dinner.people[0], dinner.seats[0])
    mine.exchange()
    with mine.copy.database.write() as connection:
        last = mine.copy.identity.acknowledged
        connection.execute(update(OutboxRow).where(OutboxRow.number == last).values(outcome=OutcomeKind.WAITING))
    report = read(mine.copy)
    assert (report.waiting, report.put_off, report.refused_count) == (0, 1, 0)
    assert put_off_text(report) == "The server has 1 change that it applies later."


@pytest.mark.parametrize(("outcome", "counts"), [(OutcomeKind.QUARANTINED, (1, 0)), (OutcomeKind.DISCARDED, (0, 1))])
def test_a_revoked_device_says_what_an_organizer_decides_about(
    event: SmallEvent, outcome: OutcomeKind, counts: tuple[int, int]
) -> None:
    event.seat("Åsa Lindqvist", "2", 1)
    with event.copy.database.write() as connection:
        seating = OutboxRow.name == "seat_attendees.v1"
        connection.execute(update(OutboxRow).where(seating).values(outcome=outcome, reason="It was revoked."))
    report = read(event.copy)
    assert (report.quarantined, report.refused_count) == counts
    said = "This device was revoked: an organizer decides about 1 change."
    assert quarantined_text(report) == (said if counts[0] else "")
    assert (said in report_text(report, NOW)) is bool(counts[0])


def test_only_the_newest_refusals_are_read_out_but_all_are_counted(event: SmallEvent) -> None:
    for minute in range(SHOWN_AT_MOST + 3):
        event.copy.run(RecordEntries(entries=(event.entry(),)), at=NOW + timedelta(minutes=minute))
    with event.copy.database.write() as connection:
        values = {"outcome": OutcomeKind.REFUSED, "reason": "No.", "reason_code": "no"}
        connection.execute(update(OutboxRow).where(OutboxRow.name == "record_entries.v1").values(values))
    report = read(event.copy)
    assert (len(report.refused), report.refused_count) == (SHOWN_AT_MOST, SHOWN_AT_MOST + 3)
    assert report.refused[0].made_at == NOW + timedelta(minutes=SHOWN_AT_MOST + 2)
    assert report_text(report, NOW).rstrip().endswith("- and 3 more")


def test_the_device_the_event_and_the_server_are_named(house: House) -> None:
    server = house.server()
    organizer = house.device(server)
    begin_dinner(organizer)
    organizer.exchange()
    door = house.device(server, Role.DOOR)
    door.exchange()
    door.copy.follow_address("https://gate:secret@usher.example:8443/path?token=abc")

    report = read(door.copy)

    assert (report.device_name, report.event_title, report.role) == ("device", "Dinner", Role.DOOR)
    assert report.install_id == door.caller.install_id
    assert report.server == "usher.example:8443"
    assert f"Device: device (door, {door.caller.install_id[:8]})" in report_text(report, NOW)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (None, "none yet"),
        ("http://127.0.0.1:40123", "this laptop"),
        ("http://[::1]:40123", "this laptop"),
        ("https://usher.example", "usher.example"),
        ("https://192.168.178.20:8443", "192.168.178.20:8443"),
        ("https://me:pass@usher.example/x?t=1", "usher.example"),
        ("usher.example:99999", "usher.example"),
    ],
)
def test_an_address_is_shown_without_anything_secret(url: str | None, text: str) -> None:
    assert address_text(url) == text


@pytest.mark.parametrize(
    ("skew_ms", "text"),
    [
        (0, ""),
        (1_999, ""),
        (2_000, "This laptop's clock is 2 s behind the server's"),
        (-2_000, "This laptop's clock is 2 s ahead of the server's"),
        (242_000, "This laptop's clock is 4 min behind the server's"),
        (-90_000, "This laptop's clock is 90 s ahead of the server's"),
        (3 * 3_600_000, "This laptop's clock is 3 h behind the server's"),
        (-5 * 86_400_000, "This laptop's clock is 5 days ahead of the server's"),
    ],
)
def test_the_clock_is_mentioned_when_it_matters(event: SmallEvent, skew_ms: int, text: str) -> None:
    event.copy.measure_skew(skew_ms)
    assert skew_text(read(event.copy)) == text


def test_times_are_the_events_own_with_the_day_when_it_is_another(event: SmallEvent) -> None:
    report = replace(
        read(event.copy), waiting=14, oldest=NOW - timedelta(minutes=28), pulled_at=NOW - timedelta(days=9)
    )
    assert waiting_text(report, NOW) == "14 changes since 19:02"
    assert waiting_text(replace(report, waiting=1), NOW) == "1 change since 19:02"
    assert contact_text(report, NOW) == "3 Dec 19:30"
    assert contact_text(replace(report, pulled_at=None), NOW) == "not yet"


def test_no_way_to_reach_anybody_and_no_code_stands_in_the_report(event: SmallEvent) -> None:
    guest = (
        new_household(event, "Roy", "Anik Roy")
        .guests[0]
        .model_copy(update={"email": "anik@example.org", "phone": "+351912345678", "notes": "secret note"})
    )
    household = new_household(event, "Roy 2", "Call +351 912 345 678", "mira@example.org")
    event.copy.run(AddGuests(households=(household.model_copy(update={"guests": (guest, *household.guests)}),)))
    event.copy.run(
        EditGuest(
            guest_id=event.guests["mira@example.org"],
            fields=GuestField(phone=FieldEdit(seen=None, new="+351 911 111 111")),
        )
    )
    with event.copy.database.write() as connection:
        reason = f"Ask (030) 123 456 78 or door@example.org about {household.code} or NHBSABKRY, token {'a1' * 20}."
        connection.execute(update(OutboxRow).values(outcome=OutcomeKind.REFUSED, reason=reason, reason_code="no"))

    report = read(event.copy)
    text = report_text(report, NOW)

    assert "Anik Roy" in text
    for secret in (
        "@",
        "351",
        "912 345",
        "123 456",
        household.code,
        "NHBSABKRY",
        "a1a1",
        "secret note",
        report.install_id,
    ):
        assert secret not in text


@pytest.mark.parametrize(
    "harmless",
    [
        "Seat 1 at table 12 is held by Åsa Lindqvist: choose another seat.",
        "The guest is not there any more: look at the list again.",
        "Tables 1, 2, 3, 4, 5, 6…",
        "STANDARDS and 3 Dec 19:02",
    ],
)
def test_ordinary_sentences_stay_as_they_are(harmless: str) -> None:
    assert without_secrets(harmless) == harmless


@pytest.mark.parametrize(
    ("skew_ms", "text"),
    [
        (119_999, ""),
        (-119_999, ""),
        (120_000, "This laptop's clock is 2 min behind the server's"),
        (-3 * 3_600_000, "This laptop's clock is 3 h ahead of the server's"),
    ],
)
def test_a_clock_is_plainly_wrong_from_two_minutes_on(skew_ms: int, text: str) -> None:
    assert wrong_clock_text(skew_ms) == text
