"""Tests of the command line: help, wrong use, and the commands that need no window."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from openpyxl import Workbook
from sqlalchemy import func, select

from desktop import main as command_line
from desktop.codes.staging import stage_frame, write_door_video
from desktop.codes.views import Difficulty
from desktop.log import LOG_NAME
from desktop.main import INTERRUPTED, WRONG_USE, has_screen, main
from desktop.paths import HOME_VARIABLE
from models.errors import UsherError
from models.events import Role
from models.ids import new_id
from models.operations.base import now_utc
from models.people import Guest
from models.samples import new_event_operations
from models.store.local_copy import LocalCopy

COMMANDS = ("demo", "read-codes", "import-guests", "export-guests")

GUESTS = """Name,E-mail,Phone,Household,RSVP,Table
Ngozi Abara,ngozi@example.org,030 901820,Abara,yes,
Tunde Abara,,,Abara,no,
=HYPERLINK("x"),,,,,
Łucja Żak,lucja@example.org,not a number,,,Table 9
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def guests(tmp_path: Path) -> Path:
    path = tmp_path / "guests.csv"
    path.write_text(GUESTS, encoding="utf-8")
    return path


def make_event(path: Path, role: Role = Role.OWNER) -> Path:
    event_id = new_id()
    copy = LocalCopy.create(path, event_id=event_id, device_id=new_id(), role=role, synchronous="OFF")
    copy.run_all(
        new_event_operations(event_id, title="Party", starts_at=now_utc(), place="Barn", time_zone="Europe/Oslo")
    )
    copy.close()
    return path


@pytest.fixture
def event(tmp_path: Path) -> Path:
    return make_event(tmp_path / "party.usher")


def guest_count(event: Path) -> int:
    copy = LocalCopy(event)
    with copy.read() as connection:
        count = connection.scalar(select(func.count()).select_from(Guest)) or 0
    copy.close()
    return count


def run_module(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


# -- help and wrong use -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS)])
def test_everything_answers_help(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])

    said = capsys.readouterr()
    assert ended.value.code == 0
    assert " ".join(("usage: usher", *command)) in said.out
    assert said.err == ""


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["-h"])

    text = capsys.readouterr().out
    assert [command for command in COMMANDS if command not in text] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("--colour",),
        ("nothing-of-ours",),
        ("party.usher", "other.usher"),
        ("demo", "--bogus"),
        ("demo", "twice"),
        ("demo", "--out"),
        ("read-codes",),
        ("import-guests",),
        ("import-guests", "guests.csv"),
        ("import-guests", "guests.csv", "--event"),
        ("import-guests", "guests.csv", "--preview", "--country", "Germany"),
        ("import-guests", "guests.csv", "--prev"),
        ("import-guests", "a\nb.csv", "c\nd.csv", "--preview"),
        ("export-guests", "--to", "guests.csv"),
        ("export-guests", "--event", "party.usher"),
    ],
)
def test_wrong_use_gets_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = capsys.readouterr()
    assert ended.value.code == WRONG_USE
    assert said.out == ""
    assert said.err.startswith("usher")
    assert said.err.endswith("--help”.\n")
    assert said.err.count("\n") == 1


def test_wrong_use_of_the_process_gets_one_sentence_and_exit_code_2() -> None:
    result = run_module("import-guests")

    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (WRONG_USE, "", 1)
    assert "FILE" in result.stderr


def test_the_version_is_told() -> None:
    result = run_module("--version")

    assert result.returncode == 0
    assert result.stdout.startswith("Usher 0.")


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys; from desktop.main import main\n"
        "try: main(['--help'])\n"
        "finally: print([name for name in ('PySide6', 'cv2', 'openpyxl', 'sqlalchemy') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)

    assert result.stdout.splitlines()[-1] == "[]"


# -- guest lists ------------------------------------------------------------------------------------------------------


def test_a_preview_shows_columns_rows_and_problems_and_imports_nothing(
    guests: Path, event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["import-guests", str(guests), "--country", "de", "--preview", "--event", str(event)])

    document = json.loads(capsys.readouterr().out)
    assert code == 0
    assert list(document) == ["columns", "rows", "problems"]
    assert set(document["rows"][0]) == {
        "name", "email", "phone", "rsvp", "household", "diet", "table", "tags", "placeholder", "line",
    }  # fmt: skip
    assert document["rows"][0]["phone"] == "+4930901820"
    assert [row["name"] for row in document["rows"]] == ["Ngozi Abara", "Tunde Abara", "Łucja Żak"]
    assert {problem["line"] for problem in document["problems"]} == {4, 5}
    assert guest_count(event) == 0


def test_a_sheet_can_be_chosen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = Workbook()
    for name, guest in (("Friday", "Ngozi Abara"), ("Saturday", "Łucja Żak")):
        sheet = book.create_sheet(name)
        sheet.append(["Name"])
        sheet.append([guest])
    book.save(tmp_path / "guests.xlsx")

    main(["import-guests", str(tmp_path / "guests.xlsx"), "--sheet", "Saturday", "--preview"])

    assert [row["name"] for row in json.loads(capsys.readouterr().out)["rows"]] == ["Łucja Żak"]


def test_importing_tells_what_was_done_and_a_second_time_adds_nobody(
    guests: Path, event: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["import-guests", str(guests), "--country", "DE", "--event", str(event)]

    assert main(arguments) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(arguments) == 0
    second = json.loads(capsys.readouterr().out)

    assert (first["added"], first["updated"], first["unchanged"], first["similar"]) == (3, 0, 0, [])
    assert {problem["line"] for problem in first["problems"]} == {4, 5}
    assert (second["added"], second["updated"], second["unchanged"]) == (0, 0, 3)
    assert guest_count(event) == 3


def test_what_changed_in_the_list_is_updated(guests: Path, event: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["import-guests", str(guests), "--event", str(event)])
    capsys.readouterr()
    guests.write_text(GUESTS.replace("Abara,no", "Abara,yes"), encoding="utf-8")

    main(["import-guests", str(guests), "--event", str(event)])

    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["updated"], report["unchanged"]) == (0, 1, 2)


def test_an_import_waits_for_the_server_like_any_other_change(guests: Path, event: Path) -> None:
    before = LocalCopy(event)
    waiting = before.waiting().pending
    before.close()

    main(["import-guests", str(guests), "--event", str(event)])

    after = LocalCopy(event)
    assert after.waiting().pending > waiting
    after.close()


def test_a_door_cannot_import(guests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    event = make_event(tmp_path / "door.usher", Role.DOOR)

    assert main(["import-guests", str(guests), "--event", str(event)]) == 1

    assert "import into an organizer's copy" in capsys.readouterr().err
    assert guest_count(event) == 0


@pytest.mark.parametrize("name", ["out.csv", "out.xlsx"])
def test_an_exported_list_brings_nothing_new_when_it_is_imported(
    guests: Path, event: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["import-guests", str(guests), "--event", str(event)])
    capsys.readouterr()

    assert main(["export-guests", "--event", str(event), "--to", str(tmp_path / name)]) == 0
    assert json.loads(capsys.readouterr().out) == {"guests": 3, "file": str(tmp_path / name)}
    main(["import-guests", str(tmp_path / name), "--event", str(event)])

    report = json.loads(capsys.readouterr().out)
    assert (report["added"], report["updated"], report["unchanged"]) == (0, 0, 3)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "missing.csv"),
        ("empty.csv", b"", "empty.csv"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(200), "picture.csv"),
        ("headless.csv", b"Colour,Size\nred,4\n", "headless.csv"),
    ],
)
def test_a_bad_list_gets_one_sentence_a_line_in_the_log_and_exit_code_1(
    tmp_path: Path,
    home: Path,
    event: Path,
    name: str,
    content: bytes | None,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)

    code = main(["import-guests", str(tmp_path / name), "--event", str(event)])

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert said in err
    assert err.count("\n") == 1
    assert len((home / "logs" / LOG_NAME).read_text(encoding="utf-8").splitlines()) == 1
    assert guest_count(event) == 0


@pytest.mark.parametrize("content", [None, b"", b"this is no database, but it is long enough to be one" * 100])
def test_a_bad_event_gets_one_sentence(
    tmp_path: Path, guests: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "bad.usher").write_bytes(content)

    for command in (["import-guests", str(guests)], ["export-guests", "--to", str(tmp_path / "out.csv")]):
        assert main([*command, "--event", str(tmp_path / "bad.usher")]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert "bad.usher" in said.err
    assert not (tmp_path / "out.csv").exists()


def test_an_export_to_another_kind_of_file_gets_one_sentence(
    event: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export-guests", "--event", str(event), "--to", str(tmp_path / "guests.pages")]) == 1

    assert capsys.readouterr().err.count("\n") == 1


def test_json_is_utf_8_whatever_the_terminal_speaks(guests: Path) -> None:
    result = run_module("import-guests", str(guests), "--preview", PYTHONIOENCODING="cp1252", PYTHONUTF8="0")

    assert result.returncode == 0
    assert json.loads(result.stdout)["rows"][2]["name"] == "Łucja Żak"


# -- codes ------------------------------------------------------------------------------------------------------------


def test_codes_are_read_from_a_video(tmp_path: Path) -> None:
    write_door_video(
        tmp_path / "door.avi", ["7K3M9QXAT"], 3, gap_frames=2, width=640, height=360, difficulty=Difficulty.CLEAR
    )

    result = run_module("read-codes", str(tmp_path / "door.avi"))

    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert (result.returncode, result.stderr) == (0, "")
    assert set(found) == {"file", "frame", "text"}
    assert (found["file"], found["text"]) == (str(tmp_path / "door.avi"), "7K3M9QXAT")


def test_a_file_without_pictures_gets_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "door.avi").write_bytes(b"no video")

    assert main(["read-codes", str(tmp_path / "door.avi")]) == 1

    assert capsys.readouterr().err.count("\n") == 1


def test_a_reader_of_the_output_may_have_seen_enough(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    for number in range(3):
        frame = stage_frame(f"CODE{number}", np.random.default_rng(number), 640, 360, Difficulty.CLEAR)
        cv2.imwrite(str(tmp_path / f"{number}.png"), frame)
    process = subprocess.Popen(
        [sys.executable, "-m", "desktop", "read-codes", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()

    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert complaint == b""


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_command_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "_run_read_codes", interrupt)

    assert main(["read-codes", "x.png"]) == INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_a_bug_gets_one_line_that_names_the_log(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(command_line, "_run_read_codes", fail)

    assert main(["read-codes", "x.png"]) == 1
    said = capsys.readouterr().err
    log = home / "logs" / LOG_NAME
    assert said.count("\n") == 1
    assert str(log) in said
    assert "Traceback" not in said
    assert "ZeroDivisionError" in log.read_text(encoding="utf-8")


def test_what_can_be_explained_is_one_line_even_where_a_name_has_two(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def explain(*_: object) -> int:
        raise UsherError("odd", "“a\nb” is odd: name it otherwise.")

    monkeypatch.setattr(command_line, "_run_read_codes", explain)

    assert main(["read-codes", "x.png"]) == 1
    assert capsys.readouterr().err == "“a b” is odd: name it otherwise.\n"


def test_a_home_that_cannot_be_written_does_not_keep_a_command_from_working(
    tmp_path: Path, guests: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "file"))

    assert main(["import-guests", str(guests), "--preview"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"]


def test_without_a_screen_the_program_says_so(tmp_path: Path, event: Path) -> None:
    environment = {"DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    if has_screen(environment, sys.platform):
        return  # Windows and macOS draw without being told where.

    result = run_module(str(event), **environment)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "No screen was found: start Usher from a desktop session.\n"


@pytest.mark.parametrize(
    ("arguments", "platform", "opened"),
    [
        ((), "offscreen", "program None"),
        (("party.usher",), "offscreen", "program party.usher"),
        (("demo",), "offscreen", "sample"),
        (("demo", "--out", "pictures"), "offscreen", "sample"),
        (("demo", "--tour"), "offscreen", "tour demo-tour"),
        (("demo", "--tour", "--out", "pictures"), "offscreen", "tour pictures"),
        (("demo", "--headless"), "xcb", "tour demo-tour"),
    ],
)
def test_the_arguments_say_what_opens(
    arguments: tuple[str, ...], platform: str, opened: str, event: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, tour = ModuleType("program"), ModuleType("tour")
    said: list[str] = []
    vars(program).update(
        open_program=lambda launch, file: said.append(f"program {file}") or 0,
        open_sample=lambda launch: said.append("sample") or 0,
    )
    vars(tour).update(play_tour=lambda launch, folder: said.append(f"tour {folder.relative_to(event.parent)}") or 0)
    monkeypatch.setitem(sys.modules, "desktop.application", program)
    monkeypatch.setitem(sys.modules, "desktop.tour", tour)
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    monkeypatch.chdir(event.parent)

    assert main(arguments) == 0

    assert said == [opened]
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"


@pytest.mark.parametrize(
    ("environment", "system", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_screen_is_looked_for_where_it_has_to_be_named(
    environment: dict[str, str], system: str, expected: bool
) -> None:
    assert has_screen(environment, system) is expected
