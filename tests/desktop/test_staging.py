"""Tests of the made-up frames and videos of a door."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from desktop.codes.decoder import CodeReader
from desktop.codes.sources import Frame, VideoSource
from desktop.codes.staging import (
    UnwritableVideo,
    code_modules,
    stage_empty_frame,
    stage_frame,
    stage_view,
    write_door_video,
)
from desktop.codes.views import Difficulty, View, draw_view

TICKET = "1" + "0123456789" * 19 + "012"


def test_a_ticket_of_194_digits_fits_version_five():
    assert code_modules(TICKET).shape == (37, 37)


def test_the_same_seed_gives_the_same_frame_and_another_seed_another():
    first, again, other = (stage_frame(TICKET, np.random.default_rng(seed)) for seed in (4, 4, 5))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_frame_has_the_size_that_was_asked_for():
    frame = stage_frame(TICKET, np.random.default_rng(1), width=640, height=480)

    assert frame.shape == (480, 640, 3)
    assert frame.dtype == np.uint8


def test_clear_frames_are_read_from_a_text_and_from_modules_alike():
    reader = CodeReader()
    for seed, code in enumerate((TICKET, code_modules(TICKET))):
        frame = stage_frame(code, np.random.default_rng(seed), difficulty=Difficulty.CLEAR)
        assert [found.text for found in reader.read(frame)] == [TICKET]


def test_the_code_is_seen_where_the_view_puts_it_and_as_large():
    view = View(size=200, centre=(0.25, 0.6))
    frame = stage_view(TICKET, view, np.random.default_rng(1))

    (found,) = CodeReader().read(frame)

    corners = np.array(found.corners)
    assert corners.mean(axis=0) == pytest.approx((320, 432), abs=3)
    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(200, abs=6)


def test_a_positive_turn_turns_clockwise_as_seen():
    view = View(size=200, centre=(0.5, 0.5), turn=20)
    (found,) = CodeReader().read(stage_view(TICKET, view, np.random.default_rng(1)))

    left, right = np.array(found.corners[0]), np.array(found.corners[1])
    across, down = right - left
    assert np.degrees(np.arctan2(down, across)) == pytest.approx(20, abs=2)


def test_a_tilt_makes_one_edge_shorter_than_the_opposite_one():
    view = View(size=220, centre=(0.5, 0.5), tilt=35, tilt_axis=0)
    (found,) = CodeReader().read(stage_view(TICKET, view, np.random.default_rng(1)))

    top = np.linalg.norm(np.subtract(found.corners[1], found.corners[0]))
    bottom = np.linalg.norm(np.subtract(found.corners[2], found.corners[3]))
    assert abs(top - bottom) > 10


def test_less_light_makes_a_darker_frame_and_noise_a_rougher_one():
    plain = View(size=150, centre=(0.5, 0.5))
    frame, dark, noisy = (
        stage_view(TICKET, view, np.random.default_rng(1))
        for view in (plain, replace(plain, light=0.3), replace(plain, noise=9))
    )

    assert dark.mean() < 0.4 * frame.mean()
    assert cv2.Laplacian(noisy, cv2.CV_64F).var() > cv2.Laplacian(frame, cv2.CV_64F).var() + 100


def test_motion_and_defocus_take_the_edges_out_of_the_code():
    plain = View(size=200, centre=(0.5, 0.5))

    def sharpness(view: View) -> float:
        frame = stage_view(TICKET, view, np.random.default_rng(1))
        return float(cv2.Laplacian(frame[280:440, 560:720], cv2.CV_64F).var())

    assert sharpness(replace(plain, motion=8)) < 0.5 * sharpness(plain)
    assert sharpness(replace(plain, blur=2)) < 0.2 * sharpness(plain)


def test_an_empty_frame_holds_no_code():
    for seed in range(5):
        frame = stage_empty_frame(np.random.default_rng(seed), difficulty=Difficulty.MIX)
        assert CodeReader().read_still(frame) == []


def test_the_mix_covers_small_dark_moving_and_inverted_codes():
    rng = np.random.default_rng(1)
    views = [draw_view(rng, Difficulty.MIX) for _ in range(400)]

    assert min(view.size for view in views) < 80
    assert max(view.size for view in views) > 210
    assert 40 < sum(view.light < 0.55 for view in views) < 130
    assert 70 < sum(view.motion > 0 for view in views) < 170
    assert 10 < sum(view.inverted for view in views) < 60


def test_a_card_beyond_the_edge_of_the_frame_is_cut_off_without_an_error():
    frame = stage_view(TICKET, View(size=200, centre=(2.0, 2.0)), np.random.default_rng(1))

    assert np.array_equal(frame, stage_view(TICKET, View(size=90, centre=(-2.0, 0.5)), np.random.default_rng(1)))


def test_a_door_video_holds_every_code_where_it_says(tmp_path):
    path = tmp_path / "door.avi"
    texts = [f"{number}" * 194 for number in (1, 2)]

    shown = write_door_video(path, texts, seed=3, frames_per_code=6, gap_frames=3)

    assert [(held.text, held.first_frame, held.last_frame) for held in shown] == [
        (texts[0], 3, 8),
        (texts[1], 12, 17),
    ]
    source, reader, seen = VideoSource(path), CodeReader(), {}
    number = 0
    while isinstance(frame := source.read(), Frame):
        for code in reader.read(frame.picture):
            seen.setdefault(code.text, set()).add(frame.number)
        number = frame.number
    source.close()
    assert number == 20
    assert set(seen) == set(texts)
    assert seen[texts[0]] <= set(range(3, 9))
    assert seen[texts[1]] <= set(range(12, 18))


def test_the_same_seed_writes_the_same_video(tmp_path):
    for name in ("one.avi", "two.avi"):
        write_door_video(tmp_path / name, ["12345"], seed=8, frames_per_code=3, gap_frames=1, width=320, height=240)

    one, two = VideoSource(tmp_path / "one.avi"), VideoSource(tmp_path / "two.avi")
    for _ in range(5):
        left, right = one.read(), two.read()
        assert isinstance(left, Frame)
        assert isinstance(right, Frame)
        assert np.array_equal(left.picture, right.picture)
    one.close()
    two.close()


def test_a_video_in_a_folder_that_is_not_there_is_refused_in_a_sentence(tmp_path, capfd):
    with pytest.raises(UnwritableVideo, match="check that the folder exists") as refused:
        write_door_video(tmp_path / "nowhere" / "door.avi", ["1"], seed=1)

    assert refused.value.code == "unwritable_video"
    assert capfd.readouterr().err == ""
