"""Plays the story: starts the processes, has each desktop do its part, cuts the network, and judges the end."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from desktop.codes.staging import write_door_video
from desktop.launch import Launch
from desktop.paths import HOME_VARIABLE
from desktop.tour.network import Network
from desktop.tour.remote import RemoteDesktop, TourFailed
from desktop.tour.report import Report, Step
from models.attendance import Entry
from models.conflicts import Conflict
from models.errors import UsherError
from models.events import Role
from models.store.database import Database
from models.store.digest import digest, joined
from models.store.log_tables import LogRow
from models.store.schema import SERVER

_log = logging.getLogger(__name__)
_LOGIN, _ORGANIZER, _NORTH, _GARDEN = "organizer", "organizer", "north", "garden"
_CONVERGE_SECONDS = 60.0
DESKTOP_COMMAND = (sys.executable, "-m", "desktop.tour.actor")
SERVER_COMMAND = (sys.executable, "-m", "sync.server.main")


@dataclass
class Stage:
    """Everything that plays: processes, their two lines to the server, and what was found out so far."""

    folder: Path
    server: subprocess.Popen[str]
    line: Network
    north_line: Network
    password: str
    arrivals: int
    patience: float
    desktops: dict[str, RemoteDesktop]
    report: Report = field(default_factory=Report)
    step_screenshots: list[str] = field(default_factory=list[str])
    codes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    committed: int = 0

    def ask(self, desktop: str, command: str, **arguments: Any) -> dict[str, Any]:
        """Have one desktop do something."""
        return self.desktops[desktop].ask(command, **arguments)

    def look(self, name: str, title: str) -> None:
        """Take a screenshot of one desktop."""
        number = len(self.report.steps) + 1
        file = f"{number}-{len(self.step_screenshots) + 1:02d}-{title}.png"
        self.ask(name, "screenshot", path=str(self.folder / file))
        self.step_screenshots.append(file)


def play_tour(
    launch: Launch,
    folder: Path,
    *,
    desktop_command: Sequence[str] = DESKTOP_COMMAND,
    server_command: Sequence[str] = SERVER_COMMAND,
    arrivals: int = 14,
    patience: float = _CONVERGE_SECONDS,
) -> int:
    """Play the whole story into ``folder``: screenshots and ``report.json``. Gives 0 when all of it went well.

    ``arrivals`` guests come to each door; ``patience`` seconds are the copies given to come to agree.
    """
    del launch
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.png"), folder / "report.json"]:
        old.unlink(missing_ok=True)
    report = Report()
    started = time.monotonic()
    try:
        with _stage(folder, report, desktop_command, server_command, arrivals, patience) as stage:
            for name, step in _STEPS:
                if not _play_step(stage, name, step):
                    break
    except (UsherError, OSError) as error:
        _log.exception("the tour could not be played")
        report.steps.append(Step(number=len(report.steps) + 1, name="set up", seconds=0, ok=False, problem=str(error)))
    report.seconds = round(time.monotonic() - started, 1)
    report.write(folder / "report.json")
    _say(f"{'All of it went well' if report.ok else 'NOT all of it went well'} in {report.seconds} s: {folder}")
    return 0 if report.ok else 1


def _play_step(stage: Stage, name: str, step: Callable[[Stage], None]) -> bool:
    number = len(stage.report.steps) + 1
    _say(f"{number}. {name} …")
    started = time.monotonic()
    stage.step_screenshots = []
    problem = None
    try:
        step(stage)
    except UsherError as error:
        _log.exception("step %s failed", number)
        problem = error.message
        stage.report.converged = False
        _say(f"   {problem}")
        for desktop in stage.desktops:
            with contextlib.suppress(UsherError):
                stage.look(desktop, f"{desktop}-when-it-failed")
    seconds = round(time.monotonic() - started, 1)
    stage.report.steps.append(
        Step(
            number=number,
            name=name,
            seconds=seconds,
            ok=problem is None,
            screenshots=stage.step_screenshots,
            problem=problem,
        )
    )
    return problem is None


# -- the story ----------------------------------------------------------------------------------------


def _prepare_guests(stage: Stage) -> None:
    """The organizer opens the gala, imports two lists and seats people by dropping them on tables."""
    stage.ask(_ORGANIZER, "open_sample")
    stage.look(_ORGANIZER, "guests")
    samples = resources.files("resources") / "samples"
    for file in ("further_guests.csv", "further_guests.xlsx"):
        with resources.as_file(samples / file) as path:
            answer = stage.ask(
                _ORGANIZER,
                "import_list",
                path=str(path),
                screenshot=str(stage.folder / f"1-import-{path.suffix[1:]}.png"),
            )
        stage.step_screenshots.append(f"1-import-{file.rpartition('.')[2]}.png")
        _expect(answer["added"] > 0, f"Nobody was imported from {file}.")
    before = stage.ask(_ORGANIZER, "facts")["seated"]
    stage.ask(_ORGANIZER, "drop_household", household="Okafor", table="14", screenshot=str(stage.folder / "1-drag.png"))
    stage.step_screenshots.append("1-drag.png")
    stage.ask(_ORGANIZER, "drop_guest", guest="Rosalind Whitcombe", table="5")
    stage.ask(_ORGANIZER, "drop_guest", guest="Elif Yıldız", table="8")
    stage.ask(_ORGANIZER, "undo_and_redo")
    after = stage.ask(_ORGANIZER, "facts")["seated"]
    _expect(after == before + 6, f"6 guests were dropped on seats, {after - before} sit there.")
    stage.look(_ORGANIZER, "tables")
    stage.ask(_ORGANIZER, "theme", mode="dark")
    stage.look(_ORGANIZER, "tables-dark")
    stage.ask(_ORGANIZER, "theme", mode="light")


def _make_tickets(stage: Stage) -> None:
    """Tickets are made, signed by the organizer's own server, and saved as a PDF."""
    pdf = stage.folder / "tickets.pdf"
    answer = stage.ask(_ORGANIZER, "make_tickets", path=str(pdf), screenshot=str(stage.folder / "2-tickets.png"))
    stage.step_screenshots.append("2-tickets.png")
    _expect(pdf.stat().st_size > 100_000, "The tickets' PDF is missing or empty.")
    stage.codes = answer["codes"]
    stage.report.counts.tickets = len(stage.codes)
    _expect(len(stage.codes) > 240, f"Only {len(stage.codes)} tickets were signed.")


def _pair_doors(stage: Stage) -> None:
    """The event gets a server above it; one door is paired by typing, the other by reading the organizer's screen."""
    stage.ask(_ORGANIZER, "publish", url=stage.line.url, login=_LOGIN, password=stage.password)
    typed = stage.ask(_ORGANIZER, "pairing_code", door="North door", screenshot=str(stage.folder / "3-pairing.png"))
    stage.step_screenshots.append("3-pairing.png")
    stage.look(_NORTH, "start-page")
    stage.ask(_NORTH, "join_by_typing", code=_by_the_north_line(stage, typed["code"]))
    shown = stage.folder / "3-pairing-garden.png"
    stage.ask(_ORGANIZER, "pairing_code", door="Garden door", screenshot=str(shown))
    stage.step_screenshots.append(shown.name)
    stage.ask(_GARDEN, "join_by_camera", picture=str(shown))
    for door in (_NORTH, _GARDEN):
        stage.look(door, f"{door}-door")
    _wait_until_equal(stage, 30.0)


def _let_guests_in(stage: Stage) -> None:
    """Guests arrive at both doors; their codes are read from videos that stand in for webcams."""
    people = [code for code in stage.codes if code["people"] == 1]
    group = next(code for code in stage.codes if code["people"] == 4)
    arriving = {
        _NORTH: [code["text"] for code in people[: stage.arrivals]],
        _GARDEN: [code["text"] for code in people[50 : 50 + stage.arrivals]]
        + ["https://example.org/not-a-ticket", _forged(people[90]["text"])],
    }
    _watch(stage, arriving, "arrivals")
    for door in (_NORTH, _GARDEN):
        stage.look(door, f"{door}-arrivals")
    _watch(stage, {_NORTH: [group["text"]], _GARDEN: [people[50]["text"]]}, "group")
    stage.look(_NORTH, "north-group")
    stage.look(_GARDEN, "garden-already-inside")
    stage.ask(_NORTH, "press", keys="Enter")
    stage.look(_NORTH, "north-group-inside")
    stage.ask(_GARDEN, "search_and_admit", name="brandt")
    stage.look(_GARDEN, "garden-search")
    _wait_until_equal(stage, 30.0)


def _cut_the_network(stage: Stage) -> None:
    """The server cannot be reached; doors and organizer go on, and do what cannot go together."""
    stage.line.cut()
    stage.north_line.cut()
    people = [code for code in stage.codes if code["people"] == 1]
    shown_twice = people[49]["text"]
    some = range(max(2, stage.arrivals * 2 // 3))
    _watch(
        stage,
        {
            _NORTH: [*(people[20 + i]["text"] for i in some), shown_twice],
            _GARDEN: [*(people[70 + i]["text"] for i in some), shown_twice],
        },
        "offline",
    )
    given = stage.ask(_NORTH, "walk_in", name="Tomasz Łuczak", table="8")
    stage.look(_NORTH, "north-walk-in-offline")
    stage.ask(_ORGANIZER, "drop_guest", guest="Inés Castellanos", table="8", seat=given["seat"])
    stage.look(_ORGANIZER, "tables-offline")
    stage.look(_GARDEN, "garden-offline")
    for name in stage.desktops:
        facts = stage.ask(name, "wait_for_standing", reach="offline")
        _expect(facts["pending"] > 0, f"The desktop “{name}” has nothing to hand in although the network is cut.")


def _bring_it_back(stage: Stage) -> None:
    """The network comes back, losing the first answers; everything is handed on and all copies agree.

    The north door is back first: its walk-in stands before the organizer's move in the server's order.
    """
    stage.north_line.restore(lose_answers=1)
    stage.ask(_NORTH, "wait_for_standing", reach="in_step", seconds=stage.patience)
    stage.line.restore(lose_answers=2)
    _wait_until_equal(stage, stage.patience)
    server = _server_facts(stage)
    for name in stage.desktops:
        conflicts = stage.ask(name, "facts")["conflicts"]
        for kind in ("double_admission", "seat_taken"):
            _expect(
                conflicts.get(kind, 0) == 1, f"The desktop “{name}” shows {conflicts.get(kind, 0)} × {kind}, not 1."
            )
    stage.ask(_ORGANIZER, "show_page", key="conflicts")
    stage.look(_ORGANIZER, "conflicts")
    for door in (_NORTH, _GARDEN):
        stage.look(door, f"{door}-back-in-step")
    stage.ask(_ORGANIZER, "show_page", key="tables")
    stage.look(_ORGANIZER, "tables-back-in-step")
    _count(stage, server)


_STEPS: tuple[tuple[str, Callable[[Stage], None]], ...] = (
    ("The organizer opens the gala, imports two lists and seats people", _prepare_guests),
    ("Tickets are made, signed and saved as a PDF", _make_tickets),
    ("Two doors are paired", _pair_doors),
    ("Guests arrive at both doors", _let_guests_in),
    ("The network is cut, and everybody goes on", _cut_the_network),
    ("The network comes back, and all copies agree", _bring_it_back),
)


# -- judging ------------------------------------------------------------------------------------------


def _wait_until_equal(stage: Stage, seconds: float) -> None:
    """Wait until nothing waits anywhere and each copy equals the server's view for its role, row for row."""
    deadline = time.monotonic() + seconds
    while True:
        differences = _differences(stage)
        stage.report.converged = not differences
        stage.report.differences = differences
        if not differences:
            return
        if time.monotonic() > deadline:
            raise TourFailed(f"The copies did not come to agree in {seconds:.0f} s: {differences[0]}.")
        time.sleep(0.3)


def _differences(stage: Stage) -> list[str]:
    facts = {name: desktop.ask("facts") for name, desktop in stage.desktops.items()}
    differences: list[str] = []
    with contextlib.closing(_server_database(stage)) as database, database.read() as connection:
        for name, fact in facts.items():
            if fact["event_id"] is None:
                continue
            role = Role(fact["role"])
            expected = digest(connection, fact["event_id"], role)
            stage.report.digests[name] = fact["digest"]
            stage.report.digests[f"server for {role}"] = joined(expected)
            if fact["pending"]:
                differences.append(f"“{name}” has {fact['pending']} operations to hand in")
            if fact["digest"] != joined(expected):
                tables = [table for table, one in expected.items() if fact["tables"].get(table) != one.sha256]
                differences.append(f"“{name}” differs from the server in {', '.join(tables)}")
    return differences


def _server_facts(stage: Stage) -> dict[str, Any]:
    """Read the server's entries and see that every one committed at a door is there, and handed in, once."""
    committed = {entry for name in (_NORTH, _GARDEN) for entry in stage.ask(name, "facts")["own_entries"]}
    with contextlib.closing(_server_database(stage)) as database, database.read() as connection:
        entries = list(connection.scalars(select(Entry.id)))
        operations = connection.execute(
            select(LogRow.op_id, func.count()).group_by(LogRow.op_id).having(func.count() > 1)
        ).all()
        found = connection.execute(select(Conflict.kind, func.count()).group_by(Conflict.kind))
        kinds = dict(found.all())
        verdicts = connection.execute(
            select(Entry.verdict, Entry.passed, func.count()).group_by(Entry.verdict, Entry.passed)
        ).all()
    _expect(not operations, f"{len(operations)} operations are in the server's log more than once.")
    _expect(
        set(entries) == committed, f"{len(committed ^ set(entries))} entries are missing or too many on the server."
    )
    _expect(len(entries) == len(set(entries)), "An entry is on the server twice.")
    return {"entries": len(entries), "committed": len(committed), "conflicts": kinds, "verdicts": verdicts}


def _count(stage: Stage, server: dict[str, Any]) -> None:
    counts = stage.report.counts
    facts = {name: stage.ask(name, "facts") for name in stage.desktops}
    counts.guests, counts.seated = facts[_ORGANIZER]["guests"], facts[_ORGANIZER]["seated"]
    counts.scans = sum(fact["scans"] for fact in facts.values())
    counts.pushed = sum(fact["pushed"] for fact in facts.values())
    counts.pulled = sum(fact["pulled"] for fact in facts.values())
    counts.conflicts = server["conflicts"]
    counts.entries_on_server, counts.entries_committed_at_doors = server["entries"], server["committed"]
    for verdict, passed, number in server["verdicts"]:
        if passed:
            counts.admitted += number
        else:
            counts.refused[verdict] = counts.refused.get(verdict, 0) + number


def _watch(stage: Stage, codes: dict[str, list[str]], title: str) -> None:
    """Have the doors watch videos of people who hold up codes, both at once."""
    for seed, (door, texts) in enumerate(codes.items()):
        video = stage.folder / f"{door}-{title}.avi"
        write_door_video(video, texts, seed=seed + len(texts), frames_per_code=8, gap_frames=4, width=960, height=540)
        stage.desktops[door].begin("watch", video=str(video))
    for door, texts in codes.items():
        answer = stage.desktops[door].answer("watch")
        _expect(
            answer["codes"] == len(texts),
            f"The door “{door}” read {answer['codes']} of {len(texts)} codes that were held up.",
        )
    for door in codes:
        (stage.folder / f"{door}-{title}.avi").unlink()


def _by_the_north_line(stage: Stage, code: str) -> str:
    """Give a pairing code with the address under which the north door reaches the server."""
    return code.replace(stage.line.url, stage.north_line.url)


def _forged(code: str) -> str:
    """Change one bit of a signed code's last byte."""
    number = int(code[1:]) ^ 1
    return "1" + str(number).zfill(193)


def _expect(fact: bool, sentence: str) -> None:
    if not fact:
        raise TourFailed(sentence)


# -- the processes ------------------------------------------------------------------------------------


@contextlib.contextmanager
def _stage(
    folder: Path,
    report: Report,
    desktop_command: Sequence[str],
    server_command: Sequence[str],
    arrivals: int,
    patience: float,
) -> Generator[Stage]:
    home = folder / "homes"
    _clear(home)
    password = secrets.token_urlsafe(12)
    _create_user(home, password, server_command)
    server, port = _start_server(home, server_command)
    line, north_line = Network(port), Network(port)
    desktops: dict[str, RemoteDesktop] = {}
    try:
        for name in (_ORGANIZER, _NORTH, _GARDEN):
            environment = _environment(home / name)
            desktops[name] = RemoteDesktop(name, desktop_command, environment, home / f"{name}.log")
        for desktop in desktops.values():
            desktop.ask("hello")
        yield Stage(folder, server, line, north_line, password, arrivals, patience, desktops, report)
    finally:
        for desktop in desktops.values():
            desktop.close()
        line.close()
        north_line.close()
        server.terminate()
        try:
            server.wait(timeout=20.0)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        if server.stdout is not None:
            server.stdout.close()


def _start_server(home: Path, command: Sequence[str]) -> tuple[subprocess.Popen[str], int]:
    log = (home / "server.log").open("wb")
    server = subprocess.Popen(
        [*command, "--database", str(home / "server.sqlite"), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        env=_environment(home),
    )
    log.close()
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    said = server.stdout
    assert said is not None
    threading.Thread(target=lambda: lines.put(said.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=30.0)
        return server, int(line.strip().rpartition(":")[2])
    except (queue.Empty, ValueError) as error:
        server.kill()
        raise TourFailed("The central server did not start: see its log.") from error


def _create_user(home: Path, password: str, command: Sequence[str]) -> None:
    done = subprocess.run(
        [*command, "create-user", "--database", str(home / "server.sqlite"), "--password-stdin", _LOGIN],
        input=password,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=_environment(home),
    )
    _expect(done.returncode == 0, f"The organizer's account could not be made: {done.stderr.strip()[-200:]}")


def _server_database(stage: Stage) -> Database:
    return Database(stage.folder / "homes" / "server.sqlite", SERVER)


def _environment(home: Path) -> dict[str, str]:
    home.mkdir(parents=True, exist_ok=True)
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, HOME_VARIABLE: str(home), "PYTHONPATH": path, "PYTHONUTF8": "1"}


def _clear(home: Path) -> None:
    import shutil

    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)


def _say(sentence: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(sentence + "\n")
        sys.stdout.flush()
