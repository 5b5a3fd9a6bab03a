"""The line at the foot."""

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ui.theme import Theme
from ui.widgets.status_line import Connection, StatusLine


@pytest.mark.parametrize(
    ("connection", "waiting", "words"),
    [
        (Connection.IN_STEP, 0, "In step with the server"),
        (Connection.OFFLINE, 14, "Working offline · 14 to send"),
        (Connection.OFFLINE, 0, "Working offline"),
        (Connection.SENDING, 7, "Sending · 7 left"),
    ],
)
def test_the_line_says_how_things_stand(
    connection: Connection, waiting: int, words: str, theme: Theme, qtbot: QtBot
) -> None:
    line = StatusLine(theme)
    qtbot.addWidget(line)
    line.show_connection(connection, waiting)

    assert line.text == words
    assert line.accessibleName() == words
    assert line.connection is connection


def test_a_problem_brings_its_own_sentence(theme: Theme, qtbot: QtBot) -> None:
    line = StatusLine(theme)
    qtbot.addWidget(line)
    line.show_connection(Connection.PROBLEM, text="The server is of another version.")

    assert line.text == "The server is of another version."


def test_a_long_sentence_is_shortened_rather_than_the_window_widened(theme: Theme, qtbot: QtBot) -> None:
    sentence = "This device's rights were taken away: it can hand in what it did; ask an organizer for the rest."
    line = StatusLine(theme)
    qtbot.addWidget(line)
    line.show_connection(Connection.PROBLEM, text=sentence)
    line.set_facts(["212 of 240 seated"])
    line.show()
    assert line.minimumSizeHint().width() < 400

    line.resize(400, line.height())
    words = line.connection_button.findChild(QLabel)
    assert words is not None
    qtbot.waitUntil(lambda: words.text().startswith("This device") and words.text().endswith("…"))
    assert line.text == sentence
    line.resize(1000, line.height())
    qtbot.waitUntil(lambda: words.text() == sentence)


def test_fewer_facts_leave_no_old_ones_behind(theme: Theme, qtbot: QtBot) -> None:
    line = StatusLine(theme)
    qtbot.addWidget(line)
    line.show()
    line.set_facts(["212 of 240 seated", "28 waiting"])
    line.set_facts(["240 of 240 seated"])

    shown = [found.text() for found in line.findChildren(QLabel) if found.isVisible() and found.text()]
    assert shown == ["In step with the server", "240 of 240 seated"]
