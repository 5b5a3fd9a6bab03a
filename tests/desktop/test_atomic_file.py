"""Tests of writing a small file whole or not at all."""

from pathlib import Path

import pytest

from desktop.atomic_file import write_atomically


def test_a_file_is_replaced_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.txt"

    write_atomically(path, "first, and longer\n")
    write_atomically(path, "zweite Fassung: 北門\n")

    assert path.read_bytes() == "zweite Fassung: 北門\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    write_atomically(path, "old")

    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "half \ud800")

    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_is_taken_by_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").mkdir()

    with pytest.raises(OSError, match="notes"):
        write_atomically(tmp_path / "notes.txt", "text")

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
