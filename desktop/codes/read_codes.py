"""Reads the codes in pictures, videos and folders, for the command `usher read-codes`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

from desktop.codes.decoder import CodeReader
from desktop.codes.sources import Frame, UnreadableFile, VideoSource, files_in, is_picture, read_picture
from models.errors import UsherError

FRAMES_OUT_OF_SIGHT = 10
"""Frames without a code after which it counts as shown again: a hard one is not read in each of its frames."""


@dataclass(frozen=True, slots=True)
class CodeFound:
    """One code: the file as it was named, the frame there counted from 0 (0 for a picture), and what it says."""

    file: str
    frame: int
    text: str


def read_codes(paths: Iterable[Path], on_problem: Callable[[UsherError], None]) -> Iterator[CodeFound]:
    """Yield the codes in pictures, videos and folders (with their subfolders), in the order given.

    A code in a video is yielded once for each time it is shown: at the first frame in which it is read, and again
    only after FRAMES_OUT_OF_SIGHT frames without it. What cannot be read is handed to `on_problem` and passed over.
    """
    reader = CodeReader()
    for path in paths:
        try:
            files = _files_of(path)
        except UsherError as error:
            on_problem(error)
            continue
        for file in files:
            try:
                if file.is_file() and is_picture(file):
                    yield from _codes_of_picture(file, reader)
                else:
                    yield from _codes_of_video(file)
            except UsherError as error:
                on_problem(error)


def run_read_codes(paths: list[str], out: TextIO, err: TextIO) -> int:
    """Write one JSON object a line to `out` for each code (`file`, `frame`, `text`), and return the exit code.

    0: everything was read, with codes in it or not. 1: something could not be read, which `err` names in one sentence
    each. 2: nothing was given.
    """
    if not paths:
        err.write("Nothing to read was given: name pictures, videos or folders.\n")
        return 2
    problems: list[UsherError] = []

    def report(problem: UsherError) -> None:
        problems.append(problem)
        err.write(f"{problem.message}\n")

    for found in read_codes([Path(path) for path in paths], report):
        out.write(json.dumps(asdict(found)) + "\n")
        out.flush()
    return 1 if problems else 0


def _files_of(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = files_in(path)
    if not files:
        raise UnreadableFile(path, "holds no pictures and no videos: choose another folder")
    return files


def _codes_of_picture(file: Path, reader: CodeReader) -> Iterator[CodeFound]:
    # Two copies on one sheet of paper are one code.
    for text in dict.fromkeys(code.text for code in reader.read_still(read_picture(file))):
        yield CodeFound(str(file), 0, text)


def _codes_of_video(file: Path) -> Iterator[CodeFound]:
    # A reader of its own, so that what is found does not depend on the files before.
    reader = CodeReader()
    source = VideoSource(file)
    last_seen: dict[str, int] = {}
    try:
        while isinstance(frame := source.read(), Frame):
            for code in reader.read(frame.picture):
                seen = last_seen.get(code.text)
                if seen is None or frame.number - seen > FRAMES_OUT_OF_SIGHT:
                    yield CodeFound(str(file), frame.number, code.text)
                last_seen[code.text] = frame.number
    finally:
        source.close()
