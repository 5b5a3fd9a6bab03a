"""What a door does in the tour."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt

from desktop.camera_worker import Recording
from desktop.pairing_camera import PairingCamera
from desktop.tour.hands import Answer, Hands
from sync.client.loop import Reach

_KEYS = {"Enter": Qt.Key.Key_Return, "F2": Qt.Key.Key_F2}


class DoorPart:
    """Does what door staff do: joins, holds tickets to the camera, searches, lets walk-ins in."""

    def __init__(self, hands: Hands) -> None:
        """Use these hands."""
        self.hands = hands

    def do_join_by_typing(self, code: str) -> Answer:
        """Type a pairing code on the start page."""
        self.hands.program.start_page.join_requested.emit(code)
        return self._joined()

    def do_join_by_camera(self, picture: str) -> Answer:
        """Read a pairing code off a picture of the organizer's screen."""
        dialog = PairingCamera(
            self.hands.program.theme, self.hands.on_crash, self.hands.program.window, Recording(Path(picture), 5.0)
        )
        dialog.code_read.connect(self.hands.program.join)
        dialog.open()
        return self._joined()

    def do_watch(self, video: str) -> Answer:
        """Let the door's camera look at a video to its end; wait for the verdict on the last code."""
        door = self.hands.screens.door
        read: list[str] = []
        verdicts: list[object] = []
        ended: list[bool] = []
        camera = self.hands.screens.camera
        camera.feed.code_read.connect(read.append)
        camera.feed.finished.connect(lambda: ended.append(True))
        door.control.verdict_reached.connect(verdicts.append)
        camera.watch(Recording(Path(video)))
        self.hands.wait(lambda: bool(ended) and len(verdicts) >= len(read), "the end of the video", 120.0)
        camera.feed.code_read.disconnect()
        camera.feed.code_read.connect(door.on_code)
        camera.feed.finished.disconnect()
        door.control.verdict_reached.disconnect(verdicts.append)
        self.hands.settle()
        return {"codes": len(read), "verdicts": len(verdicts)}

    def do_press(self, keys: str) -> Answer:
        """Press a key at the door."""
        self.hands.press(_KEYS[keys])
        self.hands.settle(0.6)
        return {}

    def do_search_and_admit(self, name: str) -> Answer:
        """Type a name at the door and admit the first that is found."""
        door = self.hands.screens.door
        reached: list[object] = []
        door.control.verdict_reached.connect(reached.append)
        for letter in name:
            self.hands.send_key(door.search, Qt.Key.Key_unknown, letter)
        self.hands.wait(lambda: door.results.chosen is not None, f"somebody called {name}")
        self.hands.settle()
        self.hands.press(_KEYS["Enter"])
        self.hands.wait(lambda: bool(reached), "the verdict")
        door.control.verdict_reached.disconnect(reached.append)
        return {}

    def do_walk_in(self, name: str, table: str) -> Answer:
        """Let somebody in who is on no list, on a free seat of a table."""
        door = self.hands.screens.door
        reached: list[object] = []
        door.control.verdict_reached.connect(reached.append)
        self.hands.press(_KEYS["F2"])
        form = door.panel.walk_in_form
        number = self.hands.free_seat(table)
        wanted = self.hands.seat_id(table, number)
        self.hands.wait(lambda: form.seat_box.findData(wanted) >= 0, "the free seats")
        form.name_field.setText(name)
        form.seat_box.setCurrentIndex(form.seat_box.findData(wanted))
        form.hand_in()
        self.hands.wait(lambda: bool(reached), "the walk-in")
        door.control.verdict_reached.disconnect(reached.append)
        self.hands.settle()
        return {"seat": number}

    def _joined(self) -> Answer:
        self.hands.wait(lambda: self.hands.program.opened is not None, "the event", 60.0)
        self.hands.wait(lambda: self.hands.event.standing.reach is Reach.IN_STEP, "the server")
        self.hands.settle()
        return {}
