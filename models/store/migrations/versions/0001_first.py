"""The first schema: the event's tables, a copy's outbox and undo log, a server's log and accounts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from models.base import Side

revision = "0001"
down_revision = None

_VERSIONED = [
    "conflicts", "entries", "event_sessions", "events", "floor_plans", "guests", "invitations", "members",
    "signing_keys", "ticket_types", "doors", "tables", "devices", "seats", "attendees", "tickets", "ticket_secrets",
]  # fmt: skip


def upgrade() -> None:
    """Make the tables of the kind of database at hand."""
    sides = op.get_context().opts["sides"]
    if Side.SYNCED in sides:
        _make_synced()
    if Side.COPY in sides:
        _make_copy()
    if Side.SERVER in sides:
        _make_server()


def _common(table: str) -> list[sa.Column[Any] | sa.PrimaryKeyConstraint]:
    """Give the columns that every synced table has, and its key."""
    return [
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("updated_at", sa.String(length=27), nullable=False),
        sa.Column("deleted_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    ]


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    """Give a foreign key that a pull can put off to the end of its transaction."""
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, initially="IMMEDIATE", deferrable=True)


def _make_synced() -> None:
    op.create_table(
        "conflicts",
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("about_table", sa.String(length=40), nullable=False),
        sa.Column("about_id", sa.String(length=36), nullable=True),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("for_doors", sa.SmallInteger(), nullable=False),
        sa.Column("resolved_at", sa.String(length=27), nullable=True),
        sa.Column("resolved_by", sa.String(length=36), nullable=True),
        sa.Column("resolution", sa.String(length=40), nullable=True),
        *_common("conflicts"),
    )
    op.create_table(
        "entries",
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("attendee_id", sa.String(length=36), nullable=True),
        sa.Column("ticket_serial", sa.String(length=16), nullable=True),
        sa.Column("shown_name", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("passed", sa.SmallInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=36), nullable=True),
        sa.Column("door_name", sa.String(length=120), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("staff_name", sa.String(length=120), nullable=False),
        sa.Column("happened_at", sa.String(length=27), nullable=False),
        sa.Column("device_at", sa.String(length=27), nullable=False),
        sa.Column("server_at", sa.String(length=27), nullable=True),
        sa.Column("forced_reason", sa.Text(), nullable=True),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        *_common("entries"),
    )
    op.create_index(op.f("ix_entries_attendee_id"), "entries", ["attendee_id"], unique=False)
    op.create_index(op.f("ix_entries_event_id_happened_at"), "entries", ["event_id", "happened_at"], unique=False)
    op.create_index(op.f("ix_entries_ticket_serial"), "entries", ["ticket_serial"], unique=False)
    op.create_table(
        "event_sessions",
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("speaker", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.String(length=27), nullable=False),
        sa.Column("ends_at", sa.String(length=27), nullable=True),
        *_common("event_sessions"),
    )
    op.create_table(
        "events",
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("venue_text", sa.String(length=300), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("starts_at", sa.String(length=27), nullable=False),
        sa.Column("ends_at", sa.String(length=27), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("is_paid", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code_salt", sa.String(length=64), nullable=False),
        *_common("events"),
    )
    op.create_table(
        "floor_plans",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("fixtures", sa.Text(), nullable=False),
        *_common("floor_plans"),
    )
    op.create_table(
        "guests",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("folded", sa.String(length=400), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("door_note", sa.Text(), nullable=True),
        sa.Column("diet", sa.String(length=200), nullable=True),
        sa.Column("access_needs", sa.String(length=200), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("custom", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.String(length=27), nullable=True),
        *_common("guests"),
    )
    op.create_table(
        "invitations",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        *_common("invitations"),
        sa.UniqueConstraint("event_id", "code", name=op.f("uq_invitations_event_id_code")),
    )
    op.create_table(
        "members",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        *_common("members"),
    )
    op.create_table(
        "signing_keys",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=True),
        *_common("signing_keys"),
    )
    op.create_table(
        "ticket_types",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("price", sa.String(length=32), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("sessions", sa.Text(), nullable=False),
        *_common("ticket_types"),
    )
    op.create_table(
        "doors",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("ticket_types", sa.Text(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.Column("opens_at", sa.String(length=27), nullable=True),
        sa.Column("closes_at", sa.String(length=27), nullable=True),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("re_entry", sa.String(length=8), nullable=False),
        sa.Column("zone_capacity", sa.Integer(), nullable=True),
        sa.Column("may_override", sa.SmallInteger(), nullable=False),
        *_common("doors"),
        _reference("doors", "session_id", "event_sessions"),
    )
    op.create_table(
        "tables",
        sa.Column("floor_plan_id", sa.String(length=36), nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("shape", sa.String(length=16), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        *_common("tables"),
        _reference("tables", "floor_plan_id", "floor_plans"),
    )
    op.create_table(
        "devices",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=36), nullable=True),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("revoked_at", sa.String(length=27), nullable=True),
        *_common("devices"),
        _reference("devices", "door_id", "doors"),
    )
    op.create_table(
        "seats",
        sa.Column("table_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("accessible", sa.SmallInteger(), nullable=False),
        sa.Column("blocked", sa.SmallInteger(), nullable=False),
        *_common("seats"),
        _reference("seats", "table_id", "tables"),
        sa.UniqueConstraint("table_id", "number", name=op.f("uq_seats_table_id_number")),
    )
    op.create_table(
        "attendees",
        sa.Column("guest_id", sa.String(length=36), nullable=False),
        sa.Column("invitation_id", sa.String(length=36), nullable=False),
        sa.Column("rsvp", sa.String(length=16), nullable=False),
        sa.Column("ticket_type_id", sa.String(length=36), nullable=True),
        sa.Column("seat_id", sa.String(length=36), nullable=True),
        sa.Column("payment_status", sa.String(length=16), nullable=False),
        sa.Column("plus_one_of", sa.String(length=36), nullable=True),
        sa.Column("is_placeholder", sa.SmallInteger(), nullable=False),
        sa.Column("meal", sa.String(length=80), nullable=True),
        *_common("attendees"),
        _reference("attendees", "guest_id", "guests"),
        _reference("attendees", "invitation_id", "invitations"),
        _reference("attendees", "seat_id", "seats"),
        _reference("attendees", "ticket_type_id", "ticket_types"),
        sa.UniqueConstraint("seat_id", name=op.f("uq_attendees_seat_id")),
    )
    op.create_index(op.f("ix_attendees_guest_id"), "attendees", ["guest_id"], unique=False)
    op.create_index(op.f("ix_attendees_invitation_id"), "attendees", ["invitation_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("attendee_id", sa.String(length=36), nullable=True),
        sa.Column("invitation_id", sa.String(length=36), nullable=True),
        sa.Column("serial", sa.String(length=16), nullable=False),
        sa.Column("admits", sa.Integer(), nullable=False),
        sa.Column("type_number", sa.Integer(), nullable=False),
        sa.Column("short_code", sa.String(length=16), nullable=True),
        sa.Column("signed_code", sa.String(length=200), nullable=True),
        sa.Column("revoked_at", sa.String(length=27), nullable=True),
        sa.Column("replaced_by", sa.String(length=36), nullable=True),
        *_common("tickets"),
        _reference("tickets", "attendee_id", "attendees"),
        _reference("tickets", "invitation_id", "invitations"),
        sa.UniqueConstraint("event_id", "serial", name=op.f("uq_tickets_event_id_serial")),
    )
    op.create_index(op.f("ix_tickets_attendee_id"), "tickets", ["attendee_id"], unique=False)
    op.create_index(op.f("ix_tickets_invitation_id"), "tickets", ["invitation_id"], unique=False)
    op.create_table(
        "ticket_secrets",
        sa.Column("ticket_id", sa.String(length=36), nullable=True),
        sa.Column("invitation_id", sa.String(length=36), nullable=True),
        sa.Column("hmac", sa.String(length=64), nullable=False),
        *_common("ticket_secrets"),
        _reference("ticket_secrets", "invitation_id", "invitations"),
        _reference("ticket_secrets", "ticket_id", "tickets"),
    )
    op.create_index(op.f("ix_ticket_secrets_event_id_hmac"), "ticket_secrets", ["event_id", "hmac"], unique=False)
    for table in _VERSIONED:
        op.create_index(op.f(f"ix_{table}_event_id_version"), table, ["event_id", "version"], unique=False)


def _make_copy() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("device_time", sa.String(length=27), nullable=False),
        sa.Column("holds", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason_code", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sa.UniqueConstraint("op_id", name=op.f("uq_outbox_op_id")),
    )
    op.create_table(
        "replica",
        sa.Column("only", sa.Integer(), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=36), nullable=True),
        sa.Column("server_url", sa.String(length=500), nullable=True),
        sa.Column("server_certificate", sa.String(length=64), nullable=True),
        sa.Column("server_id", sa.String(length=36), nullable=True),
        sa.Column("server_epoch", sa.BigInteger(), nullable=True),
        sa.Column("cookie", sa.BigInteger(), nullable=False),
        sa.Column("acknowledged", sa.BigInteger(), nullable=False),
        sa.Column("skew_ms", sa.BigInteger(), nullable=False),
        sa.Column("pulled_at", sa.String(length=27), nullable=True),
        sa.Column("recording", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_replica")),
    )
    op.create_table(
        "undo_log",
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("table_name", "row_id", name=op.f("pk_undo_log")),
    )


def _make_server() -> None:
    op.create_table(
        "device_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=36), nullable=True),
        sa.Column("is_hub", sa.SmallInteger(), nullable=False),
        sa.Column("issued_at", sa.String(length=27), nullable=False),
        sa.Column("last_seen_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_device_tokens")),
    )
    op.create_index(op.f("ix_device_tokens_event_id"), "device_tokens", ["event_id"], unique=False)
    op.create_table(
        "event_counters",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("install_epoch", sa.BigInteger(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("signing_number", sa.Integer(), nullable=True),
        sa.Column("signing_private", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_counters")),
    )
    op.create_table(
        "event_log",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("device_time", sa.String(length=27), nullable=False),
        sa.Column("server_time", sa.String(length=27), nullable=False),
        sa.Column("device_id", sa.String(length=36), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("handed_in_by", sa.String(length=36), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason_code", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("resettled", sa.SmallInteger(), nullable=False),
        sa.Column("upstream_seen", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "position", name=op.f("pk_event_log")),
        sa.UniqueConstraint("event_id", "op_id", name=op.f("uq_event_log_event_id_op_id")),
    )
    op.create_index(
        op.f("ix_event_log_event_id_install_id_epoch_number"),
        "event_log",
        ["event_id", "install_id", "epoch", "number"],
        unique=False,
    )
    op.create_index(
        op.f("ix_event_log_event_id_upstream_seen"), "event_log", ["event_id", "upstream_seen"], unique=False
    )
    op.create_index(op.f("ix_event_log_event_id_version"), "event_log", ["event_id", "version"], unique=False)
    op.create_table(
        "installs_seen",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "install_id", "epoch", name=op.f("pk_installs_seen")),
    )
    op.create_table(
        "numbers_seen",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("install_id", sa.String(length=36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("op_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "install_id", "epoch", "number", name=op.f("pk_numbers_seen")),
    )
    op.create_table(
        "pairing_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("door_id", sa.String(length=36), nullable=True),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("used_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_pairing_codes")),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("family", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("used_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_refresh_tokens")),
    )
    op.create_index(op.f("ix_refresh_tokens_family"), "refresh_tokens", ["family"], unique=False)
    op.create_table(
        "server_identity",
        sa.Column("server_id", sa.String(length=36), nullable=False),
        sa.Column("session_secret", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("server_id", name=op.f("pk_server_identity")),
    )
    op.create_table(
        "tombstones",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("row_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "table_name", "row_id", name=op.f("pk_tombstones")),
    )
    op.create_index(op.f("ix_tombstones_event_id_version"), "tombstones", ["event_id", "version"], unique=False)
    op.create_table(
        "upstreams",
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("server_url", sa.String(length=500), nullable=False),
        sa.Column("server_certificate", sa.String(length=64), nullable=True),
        sa.Column("server_id", sa.String(length=36), nullable=True),
        sa.Column("server_epoch", sa.BigInteger(), nullable=True),
        sa.Column("cookie", sa.BigInteger(), nullable=False),
        sa.Column("pulled_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_upstreams")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.SmallInteger(), nullable=False),
        sa.Column("is_staff", sa.SmallInteger(), nullable=False),
        sa.Column("is_superuser", sa.SmallInteger(), nullable=False),
        sa.Column("joined_at", sa.String(length=27), nullable=False),
        sa.Column("last_login_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("phone", name=op.f("uq_users_phone")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
