"""Tests of what Usher remembers between two starts."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from pydantic import ValidationError

from desktop.settings import MOST_RECENT_EVENTS, Settings, SettingsFile
from ui.start.event_choices import RecentEvent
from ui.theme import ThemeMode

NOON = datetime(2026, 12, 12, 12, tzinfo=UTC)


def recent(path: Path, day: int = 0) -> RecentEvent:
    return RecentEvent(path, f"Event {path.stem}", "Hall", NOON, NOON + timedelta(days=day))


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert SettingsFile(tmp_path / "settings.json").current == Settings()


def test_what_was_changed_is_there_at_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    file = SettingsFile(path)

    file.change(theme_mode="dark", camera=2, mirror_camera=True, sound_on=False, staff_name="Ngozi")
    file.change(default_country="DE", window_geometry="AAEC+w==")
    file.remember_event(recent(tmp_path / "gala.usher"))

    again = SettingsFile(path).current
    assert again == file.current
    assert (again.theme_mode, again.camera, again.staff_name, again.default_country) == ("dark", 2, "Ngozi", "DE")
    assert again.recent_events() == (recent(tmp_path / "gala.usher"),)
    assert [entry.name for entry in path.parent.iterdir()] == ["settings.json"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b'{"camera": "front"}',
        b'{"theme_mode": "pink"}',
        b'{"recent": [{"path": "a", "title": "A", "place": "", "starts_at": "2026-01-01T00:00:00", '
        b'"last_opened": "2026-01-01T00:00:00"}]}',
    ],
)
def test_an_unreadable_file_is_kept_aside(tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)

    with caplog.at_level(logging.WARNING):
        file = SettingsFile(path)

    assert file.current == Settings()
    assert (tmp_path / "settings.json.unreadable").read_bytes() == content
    assert len(caplog.records) == 1
    file.change(mirror_camera=True)
    assert SettingsFile(path).current.mirror_camera


def test_settings_of_a_later_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"sound_on": false, "holograms": 3}', encoding="utf-8")

    assert SettingsFile(path).current == Settings(sound_on=False)


@pytest.mark.parametrize(("name", "value"), [("camera", -1), ("default_country", "Germany"), ("theme_mode", "pink")])
def test_a_value_out_of_bounds_is_refused(tmp_path: Path, name: str, value: object) -> None:
    file = SettingsFile(tmp_path / "settings.json")

    with pytest.raises(ValidationError):
        file.change(**{name: value})

    assert file.current == Settings()
    assert not file.path.exists()


def test_a_setting_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="thme"):
        SettingsFile(tmp_path / "settings.json").change(thme="dark")


def test_a_file_that_cannot_be_written_costs_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "folder").write_text("in the way", encoding="utf-8")
    file = SettingsFile(tmp_path / "folder" / "settings.json")
    caplog.clear()

    with caplog.at_level(logging.WARNING):
        file.change(staff_name="Ngozi")

    assert file.current.staff_name == "Ngozi"
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_event_opened_last_stands_first_and_only_once(tmp_path: Path) -> None:
    file = SettingsFile(tmp_path / "settings.json")
    for day in range(MOST_RECENT_EVENTS + 3):
        file.remember_event(recent(tmp_path / f"{day}.usher", day))
    file.remember_event(recent(tmp_path / "9.usher", 99))

    names = [event.path.stem for event in file.current.recent]

    assert names[:3] == ["9", "14", "13"]
    assert len(names) == len(set(names)) == MOST_RECENT_EVENTS
    assert "9" not in [event.path.stem for event in file.forget_event(tmp_path / "9.usher").recent]


def test_every_mode_of_the_theme_can_be_kept() -> None:
    kept = get_args(Settings.model_fields["theme_mode"].annotation)

    assert set(kept) == {mode.value for mode in ThemeMode}
