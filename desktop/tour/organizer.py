"""What the organizer does in the tour."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from desktop.tour.facts import read_facts
from desktop.tour.hands import Answer, Hands, NotAsTold
from models.events import Door
from models.invitations import Attendee, Invitation
from models.people import Guest
from models.ticketing import count_tickets, read_printable_tickets
from sync.client.loop import Reach
from ui.dialogs.pairing_dialog import PairingDialog
from ui.dialogs.publish_dialog import PublishDialog
from ui.guests.import_dialog import ImportDialog
from ui.planner.gestures import drag_over, drop_on
from ui.printing.tickets_dialog import TicketsDialog


class OrganizerPart:
    """Does what an organizer does: opens, imports, drags, prints, publishes, pairs."""

    def __init__(self, hands: Hands) -> None:
        """Use these hands."""
        self.hands = hands

    def do_open_sample(self) -> Answer:
        """Open the sample from the start page."""
        self.hands.program.start_page.sample_requested.emit()
        guests = self.hands.screens.guests
        assert guests is not None
        self.hands.wait(lambda: bool(guests.model.lines), "the guests")
        self.hands.wait(lambda: self.hands.event.standing.reach is Reach.IN_STEP, "the event's own server")
        return {}

    def do_import_list(self, path: str, screenshot: str) -> Answer:
        """Import a guest list through its dialog."""
        guests = self.hands.screens.guests
        assert guests is not None
        before = read_facts(self.hands.event)["guests"]
        self.hands.program.window.show_page("guests")
        guests.work.import_file(Path(path))
        dialog = guests.work.dialog
        assert isinstance(dialog, ImportDialog)
        self.hands.wait(dialog.import_button.isEnabled, "the preview of the list")
        self.hands.settle()
        self.hands.picture(self.hands.program.window, screenshot)
        dialog.import_button.click()
        self.hands.wait(lambda: guests.work.dialog is None, "the end of the import")
        self.hands.wait(lambda: read_facts(self.hands.event)["guests"] > before, "the imported guests")
        return {"added": read_facts(self.hands.event)["guests"] - before}

    def do_drop_household(self, household: str, table: str, screenshot: str) -> Answer:
        """Drag a whole household over a table, let a picture be taken, and drop it there."""
        with self.hands.event.copy.read() as connection:
            ids = list(
                connection.scalars(
                    select(Attendee.id)
                    .join(Invitation, Invitation.id == Attendee.invitation_id)
                    .where(Invitation.name == household, Attendee.deleted_at.is_(None))
                )
            )
        point = self.hands.point_of(table, None)
        planner = self.hands.planner()
        drag_over(planner.canvas, ids, point)
        self.hands.settle()
        self.hands.picture(self.hands.program.window, screenshot)
        if not drop_on(planner.canvas, ids, point):
            raise NotAsTold(f"The household {household} was not taken at table {table}.")
        self.hands.wait(
            lambda: all(self.hands.seat_of(one) is not None for one in ids), f"the household {household} at its seats"
        )
        return {"seated": len(ids)}

    def do_drop_guest(self, guest: str, table: str, seat: int | None = None) -> Answer:
        """Drop a guest on a seat, or on the first free one of a table."""
        with self.hands.event.copy.read() as connection:
            who = connection.scalar(
                select(Attendee.id)
                .join(Guest, Guest.id == Attendee.guest_id)
                .where(Guest.name == guest, Attendee.deleted_at.is_(None))
            )
        if who is None:
            raise NotAsTold(f"The guest {guest} is not on the list.")
        seat = seat or self.hands.free_seat(table)
        if not drop_on(self.hands.planner().canvas, [who], self.hands.point_of(table, seat)):
            raise NotAsTold(f"{guest} was not taken at seat {seat} of table {table}.")
        wanted = self.hands.seat_id(table, seat)
        self.hands.wait(lambda: self.hands.seat_of(who) == wanted, f"{guest} at the seat")
        return {"seat": seat}

    def do_undo_and_redo(self) -> Answer:
        """Undo the last step and do it again."""
        stack = self.hands.event.workspace.actions.stack
        seated = read_facts(self.hands.event)["seated"]
        stack.undo()
        self.hands.wait(lambda: read_facts(self.hands.event)["seated"] == seated - 1, "the seat to be free again")
        stack.redo()
        self.hands.wait(lambda: read_facts(self.hands.event)["seated"] == seated, "the guest to sit there again")
        return {}

    def do_make_tickets(self, path: str, screenshot: str) -> Answer:
        """Make the tickets through their dialog, wait for the signatures and save the PDF."""
        self.hands.screens.open_tickets()
        dialog = self.hands.screens.dialog
        assert isinstance(dialog, TicketsDialog)
        dialog.make_button.click()
        self.hands.wait(self._is_signed, "the signatures", 60.0)
        self.hands.settle()
        saved: list[str] = []
        dialog.tickets_saved.connect(lambda where, _count: saved.append(where))
        dialog.save_pdf(Path(path))
        self.hands.wait(lambda: bool(saved), "the PDF", 90.0)
        self.hands.settle()
        self.hands.picture(self.hands.program.window, screenshot)
        dialog.reject()
        with self.hands.event.copy.read() as connection:
            tickets = read_printable_tickets(connection, self.hands.event.workspace.event_id)
        return {
            "codes": [
                {"holder": ticket.holder, "people": len(ticket.people) or 1, "text": ticket.signed_code}
                for ticket in tickets
                if ticket.signed_code is not None
            ]
        }

    def do_publish(self, url: str, login: str, password: str) -> Answer:
        """Connect the event with a server through its dialog."""
        self.hands.screens.open_publishing()
        dialog = self.hands.screens.dialog
        assert isinstance(dialog, PublishDialog)
        dialog.address.setText(url)
        dialog.login.setText(login)
        dialog.password.setText(password)
        dialog.go.click()
        self.hands.wait(lambda: self.hands.screens.dialog is None, f"the server: {dialog.sentence.text()}", 60.0)
        self.hands.wait(lambda: self.hands.event.standing.reach is Reach.IN_STEP, "the server above")
        return {}

    def do_pairing_code(self, door: str, screenshot: str) -> Answer:
        """Make a pairing code for a door through its dialog."""
        self.hands.screens.open_pairing()
        dialog = self.hands.screens.dialog
        assert isinstance(dialog, PairingDialog)
        with self.hands.event.copy.read() as connection:
            door_id = connection.scalar(select(Door.id).where(Door.name == door))
        places = [dialog.choice.itemData(place) for place in range(dialog.choice.count())]
        dialog.choice.setCurrentIndex(next(i for i, (_, one) in enumerate(places) if one == door_id))
        dialog.make.click()
        self.hands.wait(lambda: bool(dialog.code.text()), f"the pairing code: {dialog.sentence.text()}", 30.0)
        self.hands.settle()
        self.hands.picture(self.hands.program.window, screenshot)
        code = dialog.code.text()
        dialog.reject()
        self.hands.settle()
        return {"code": code}

    def _is_signed(self) -> bool:
        event = self.hands.event
        with event.copy.read() as connection:
            counts = count_tickets(connection, event.workspace.event_id)
        return counts.ready > 0 and counts.waiting == 0
