"""Tests of the reading of codes in frames."""

import importlib
import logging

import cv2
import numpy as np
import pytest
import qrcode
from qrcode.base import rs_blocks
from qrcode.constants import ERROR_CORRECT_L, ERROR_CORRECT_M
from qrcode.util import BitBuffer, create_bytes

from desktop.codes import decoder
from desktop.codes.decoder import (
    DARK_MODE_EVERY,
    LONGEST_TEXT,
    PYZBAR_EVERY,
    SMALL_CODES_EVERY,
    CodeReader,
    ReadCode,
    as_grey,
    load_pyzbar,
    load_zxing,
)
from desktop.codes.staging import code_modules, stage_empty_frame, stage_frame, stage_view
from desktop.codes.views import Difficulty, View

TICKET = "1" + "0123456789" * 19 + "012"
# Hardly more than two pixels a module, out of focus; and a dark hall. Both are beyond the engine alone.
SMALL = View(size=88, centre=(0.3, 0.6), blur=1.1, noise=3)
DARK = View(size=120, centre=(0.3, 0.6), blur=0.9, noise=9, light=0.2)


def flat(modules: np.ndarray, pixels: int = 6) -> np.ndarray:
    """A code face on, without any camera between."""
    framed = np.pad(modules, 4)
    return np.where(framed, 0, 255).astype(np.uint8).repeat(pixels, axis=0).repeat(pixels, axis=1)


def beside(*pictures: np.ndarray) -> np.ndarray:
    high = max(len(picture) for picture in pictures)
    return np.hstack(
        [np.pad(picture, ((0, high - len(picture)), (10, 10)), constant_values=255) for picture in pictures]
    )


def part_of_a_sequence(text: bytes) -> np.ndarray:
    """The modules of the first of two codes that belong together (structured append)."""
    code = qrcode.QRCode(version=2, error_correction=ERROR_CORRECT_M, border=0)
    bits = BitBuffer()
    for value, length in ((3, 4), (0, 4), (1, 4), (0x5A, 8), (4, 4), (len(text), 8)):
        bits.put(value, length)
    for byte in text:
        bits.put(byte, 8)
    blocks = rs_blocks(2, ERROR_CORRECT_M)
    room = sum(block.data_count for block in blocks) * 8
    while len(bits) % 8 or len(bits) + 4 < room - 8:
        bits.put_bit(False)
    while len(bits) < room:
        bits.put_bit(False)
    code.data_cache = create_bytes(bits, blocks)
    code.makeImpl(False, 0)
    return np.array(code.get_matrix(), dtype=np.bool_)


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    real = importlib.import_module

    def load(name: str, package: str | None = None):
        if name.split(".", maxsplit=1)[0] in missing:
            raise ImportError(f"Unable to find {name}")
        return real(name, package)

    monkeypatch.setattr(decoder.importlib, "import_module", load)


def texts(codes: list[ReadCode]) -> list[str]:
    return [code.text for code in codes]


def test_a_ticket_is_read_in_colour_in_grey_with_alpha_and_from_a_slice():
    frame = stage_frame(TICKET, np.random.default_rng(1), difficulty=Difficulty.CLEAR)
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    alpha = cv2.cvtColor(frame, cv2.COLOR_BGR2BGRA)
    reader = CodeReader()

    for picture in (frame, grey, grey[:, :, None], alpha, frame[20:, 10:]):
        assert texts(reader.read(np.asanyarray(picture, dtype=np.uint8))) == [TICKET]


def test_two_codes_in_one_frame_are_both_read():
    picture = beside(flat(code_modules("north")), flat(code_modules("garden")))

    assert set(texts(CodeReader().read(picture))) == {"north", "garden"}


@pytest.mark.parametrize("missing", [(), ("zxingcpp",), ("pyzbar",), ("zxingcpp", "pyzbar")])
def test_a_light_code_on_dark_is_read_by_whatever_is_installed(monkeypatch, missing):
    without(monkeypatch, *missing)
    view = View(size=260, centre=(0.5, 0.5), inverted=True)
    frame = stage_view(TICKET, view, np.random.default_rng(1))
    reader = CodeReader()

    found = [texts(reader.read(frame)) for _ in range(DARK_MODE_EVERY)]

    assert [TICKET] in found
    assert texts(reader.read_still(frame)) == [TICKET]


@pytest.mark.parametrize(("hard", "within"), [(SMALL, SMALL_CODES_EVERY), (DARK, 2)])
def test_a_code_that_the_engine_misses_is_read_by_one_of_the_closer_looks(monkeypatch, hard, within):
    without(monkeypatch, "pyzbar")
    frame = stage_view(TICKET, hard, np.random.default_rng(1))
    engine = load_zxing()
    assert engine is not None
    assert engine(as_grey(frame)) == []
    reader = CodeReader()

    assert [TICKET] in [texts(reader.read(frame)) for _ in range(within)]
    assert texts(reader.read_still(frame)) == [TICKET]


@pytest.mark.parametrize("view", [SMALL, DARK, View(size=200, centre=(0.3, 0.6))])
def test_the_corners_are_in_pixels_of_the_frame_after_every_look(view):
    frame = stage_view(TICKET, view, np.random.default_rng(1))

    (code,) = CodeReader().read_still(frame)

    assert np.mean(code.corners, axis=0) == pytest.approx((384, 432), abs=3)
    assert code.corners[1][0] - code.corners[0][0] == pytest.approx(view.size, abs=6)


def test_pyzbar_has_its_turn_once_in_its_cycle_and_only_on_misses(monkeypatch):
    reader = CodeReader()
    looks: list[int] = []
    monkeypatch.setattr(reader, "_pyzbar", lambda grey: looks.append(1) or [])
    empty = stage_empty_frame(np.random.default_rng(1), width=320, height=240)

    for _ in range(3 * PYZBAR_EVERY):
        assert reader.read(empty) == []
    for _ in range(PYZBAR_EVERY):
        reader.read(flat(code_modules("here")))

    assert len(looks) == 3


@pytest.mark.parametrize("missing", ["zxingcpp", "pyzbar"])
def test_a_missing_reader_costs_one_log_line_and_nothing_else(monkeypatch, caplog, missing):
    without(monkeypatch, missing)

    with caplog.at_level(logging.WARNING):
        reader = CodeReader()

    frame = stage_frame(TICKET, np.random.default_rng(1), difficulty=Difficulty.CLEAR)
    assert texts(reader.read(frame)) == [TICKET]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert missing in caplog.text


def test_a_missing_zbar_library_counts_as_a_missing_pyzbar(monkeypatch, caplog):
    def load(name: str):
        raise FileNotFoundError("libzbar-64.dll")

    monkeypatch.setattr(decoder.importlib, "import_module", load)

    assert load_pyzbar() is None
    assert "libzbar-64.dll" in caplog.text


def test_a_part_of_a_sequence_of_codes_does_not_lose_the_code_beside_it():
    picture = beside(flat(part_of_a_sequence(b"first half")), flat(code_modules(TICKET)))

    assert TICKET in texts(CodeReader().read(picture))


def test_pyzbar_giving_up_on_a_frame_leaves_the_reader_working(monkeypatch):
    without(monkeypatch, "zxingcpp")
    reader = CodeReader()

    reader.read(flat(part_of_a_sequence(b"first half")))

    assert texts(reader.read(flat(code_modules(TICKET)))) == [TICKET]


def test_an_error_from_zbar_is_no_error_of_the_frame(monkeypatch):
    from pyzbar import pyzbar

    def give_up(image, symbols=None):
        raise ValueError("max() arg is an empty sequence")

    monkeypatch.setattr(pyzbar, "decode", give_up)
    engine = load_pyzbar()

    assert engine is not None
    assert engine(flat(code_modules("x"))) == []


def test_bytes_that_are_no_text_are_replaced_rather_than_lost():
    code = qrcode.QRCode(border=0)
    code.add_data(b"\xff\xfe ticket", optimize=0)
    code.make()

    (found,) = CodeReader().read(flat(np.array(code.get_matrix(), dtype=np.bool_)))

    assert found.text == "\ufffd\ufffd ticket"


def test_names_in_other_scripts_come_through():
    assert texts(CodeReader().read(flat(code_modules("Šárka 東京")))) == ["Šárka 東京"]


def test_a_text_without_end_is_cut():
    code = qrcode.QRCode(border=0, error_correction=ERROR_CORRECT_L)
    code.add_data("7" * 7000, optimize=0)
    code.make()

    (found,) = CodeReader().read_still(flat(np.array(code.get_matrix(), dtype=np.bool_), pixels=4))

    assert found.text == "7" * LONGEST_TEXT


def test_other_kinds_of_codes_are_left_alone():
    import zxingcpp

    for kind in ("DataMatrix", "Aztec", "Code128"):
        made = zxingcpp.create_barcode("12345678", getattr(zxingcpp.BarcodeFormat, kind))
        picture = np.pad(np.asarray(made.to_image(scale=5)), 40, constant_values=255)
        assert CodeReader().read_still(picture) == []


@pytest.mark.parametrize("shape", [(0, 0), (0, 0, 3), (1, 1), (2, 3, 3), (1, 2000)])
def test_frames_without_room_for_a_code_hold_none(shape):
    reader = CodeReader()
    picture = np.zeros(shape, dtype=np.uint8)

    assert reader.read_still(picture) == []
    assert [reader.read(picture) for _ in range(PYZBAR_EVERY)] == [[]] * PYZBAR_EVERY


@pytest.mark.parametrize(
    "wrong", [np.zeros((4, 4), dtype=np.float32), np.zeros(9, dtype=np.uint8), np.zeros((4, 4, 2), dtype=np.uint8)]
)
def test_what_is_no_frame_is_refused(wrong):
    with pytest.raises(ValueError, match="a frame"):
        CodeReader().read(wrong)


def test_a_large_photograph_is_read_without_being_enlarged(monkeypatch):
    photograph = np.full((3000, 4000), 128, dtype=np.uint8)
    code = flat(code_modules(TICKET), pixels=8)
    photograph[500 : 500 + len(code), 700 : 700 + len(code)] = code

    assert texts(CodeReader().read_still(photograph)) == [TICKET]

    reader = CodeReader()
    sizes: list[int] = []
    monkeypatch.setattr(reader, "_zxing", lambda grey: sizes.append(grey.size) or [])
    reader.read_still(photograph)
    assert set(sizes) == {photograph.size}
