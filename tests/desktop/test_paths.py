"""Tests of where Usher keeps its files."""

from pathlib import Path

import pytest

from desktop.paths import HOME_VARIABLE, file_name_for, user_paths
from models.errors import StoreError


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = user_paths({HOME_VARIABLE: str(tmp_path / "stick")})

    folders = [paths.data, paths.config, paths.logs, paths.events]

    assert all(folder.is_dir() and folder.is_relative_to(tmp_path / "stick") for folder in folders)
    assert len(set(folders)) == len(folders)
    assert paths.settings_file.parent == paths.config
    assert paths.tokens_file.parent == paths.data


def test_nothing_is_made_before_it_is_asked_for(tmp_path: Path) -> None:
    user_paths({HOME_VARIABLE: str(tmp_path / "stick")})

    assert list(tmp_path.iterdir()) == []


def test_without_the_variable_the_folders_of_the_system_are_used(empty_home: Path) -> None:
    paths = user_paths({})

    assert paths.events.is_relative_to(empty_home)
    assert paths.logs.is_relative_to(empty_home)


def test_a_folder_of_ones_own_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert user_paths({HOME_VARIABLE: "here"}).data == tmp_path / "here" / "data"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    paths = user_paths({HOME_VARIABLE: str(tmp_path / "file")})

    with pytest.raises(StoreError, match="cannot be made") as refused:
        _ = paths.data

    assert refused.value.code == "no_folder"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Winter gala 2026", "Winter gala 2026"),
        ("Fête d'été: jour 1/2?", "Fête d'été jour 1 2"),
        ("結婚披露宴", "結婚披露宴"),
        ("../../etc/passwd", "etc passwd"),
        ("con", "Event con"),
        ("  ...", "Event"),
        ("-rf", "rf"),
        ("x" * 300, "x" * 60),
    ],
)
def test_every_title_becomes_a_file_name(title: str, name: str) -> None:
    assert file_name_for(title) == name


def test_a_second_event_of_a_title_gets_a_file_of_its_own(tmp_path: Path) -> None:
    paths = user_paths({HOME_VARIABLE: str(tmp_path)})
    first = paths.new_event_file("Gala")
    first.touch()
    second = paths.new_event_file("Gala")
    second.touch()

    assert [first.name, second.name, paths.new_event_file("Gala").name] == [
        "Gala.usher",
        "Gala 2.usher",
        "Gala 3.usher",
    ]
