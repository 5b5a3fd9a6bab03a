"""Tests of the command that reads codes from files."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from desktop.codes.read_codes import FRAMES_OUT_OF_SIGHT, CodeFound, read_codes, run_read_codes
from desktop.codes.staging import code_modules, stage_frame, write_door_video
from desktop.codes.views import Difficulty
from models.errors import UsherError

SMALL = {"width": 640, "height": 480, "difficulty": Difficulty.CLEAR}


def picture(path: Path, text: str) -> Path:
    frame = stage_frame(text, np.random.default_rng(1), difficulty=Difficulty.CLEAR)
    assert cv2.imwrite(str(path), frame)
    return path


def run(*paths: Path) -> tuple[int, list[dict[str, object]], str]:
    out, err = io.StringIO(), io.StringIO()
    exit_code = run_read_codes([str(path) for path in paths], out, err)
    return exit_code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue()


def never(problem: UsherError) -> None:
    pytest.fail(problem.message)


def test_a_picture_gives_one_line_with_file_frame_and_text(tmp_path):
    path = picture(tmp_path / "ticket.png", "hello")

    assert run(path) == (0, [{"file": str(path), "frame": 0, "text": "hello"}], "")


def test_a_video_gives_its_codes_in_order_each_once_at_a_frame_where_it_is_held_up(tmp_path):
    path = tmp_path / "door.avi"
    codes = [str(digit) * 194 for digit in (3, 1, 2)]
    shown = write_door_video(path, codes, seed=5, frames_per_code=9, gap_frames=4)

    found = list(read_codes([path], never))

    assert [code.text for code in found] == codes
    for code, held in zip(found, shown, strict=True):
        assert held.first_frame <= code.frame <= held.last_frame


def test_a_code_shown_again_later_is_a_line_of_its_own(tmp_path):
    path = tmp_path / "door.avi"
    write_door_video(path, ["a", "a"], seed=5, frames_per_code=8, gap_frames=FRAMES_OUT_OF_SIGHT + 4, **SMALL)

    assert [code.text for code in read_codes([path], never)] == ["a", "a"]


def test_a_code_missed_for_a_few_frames_is_still_the_same_showing(tmp_path):
    path = tmp_path / "door.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (400, 400))
    code = np.where(np.pad(code_modules("held"), 4), 0, 255).astype(np.uint8)
    seen = cv2.merge([cv2.resize(code, (400, 400), interpolation=cv2.INTER_NEAREST)] * 3)
    for picture_of_it in (seen, np.full_like(seen, 90), np.full_like(seen, 90), seen):
        writer.write(picture_of_it)
    writer.release()

    assert list(read_codes([path], never)) == [CodeFound(str(path), 0, "held")]


def test_a_folder_is_read_with_its_subfolders_and_other_files_are_passed_over(tmp_path):
    (tmp_path / "later").mkdir()
    first, second = picture(tmp_path / "a.png", "one"), picture(tmp_path / "later" / "b.jpg", "two")
    (tmp_path / "notes.txt").write_text("nothing")

    exit_code, lines, errors = run(tmp_path)

    assert [(line["file"], line["text"]) for line in lines] == [(str(first), "one"), (str(second), "two")]
    assert (exit_code, errors) == (0, "")


def test_a_text_named_png_gets_a_sentence_and_the_rest_is_read_all_the_same(tmp_path, capfd):
    letter = tmp_path / "letter.png"
    letter.write_text("Dear guests,\n" * 20)
    good = picture(tmp_path / "good.png", "fine")

    exit_code, lines, errors = run(letter, tmp_path / "missing.mp4", good)

    assert exit_code == 1
    assert [line["text"] for line in lines] == ["fine"]
    assert errors.splitlines() == [
        f"{letter} is no picture that can be read: save it again as .png or .jpg.",
        f"{tmp_path / 'missing.mp4'} does not exist: check the name.",
    ]
    assert capfd.readouterr().err == ""


def test_an_empty_folder_is_a_problem_and_a_picture_without_codes_is_none(tmp_path):
    blank = tmp_path / "blank.png"
    assert cv2.imwrite(str(blank), np.full((60, 60), 200, dtype=np.uint8))
    empty = tmp_path / "empty"
    empty.mkdir()

    assert run(blank) == (0, [], "")
    exit_code, lines, errors = run(empty)
    assert (exit_code, lines) == (1, [])
    assert "holds no pictures and no videos" in errors


def test_nothing_given_is_wrong_use():
    exit_code, lines, errors = run()

    assert (exit_code, lines) == (2, [])
    assert errors.count("\n") == 1


def test_lines_are_plain_ascii_whatever_the_code_says(tmp_path):
    out = io.StringIO()

    run_read_codes([str(picture(tmp_path / "x.png", "東京 ✓"))], out, io.StringIO())

    assert out.getvalue().isascii()
    assert json.loads(out.getvalue())["text"] == "東京 ✓"
