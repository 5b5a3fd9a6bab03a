"""Holds the documents to the project: what they link to, name and tell people to type is there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop import main as usher
from sync.server import main as usher_server

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "resources" / "docs"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
LINES_OF_A_DECISION = 14
LARGEST_PICTURE = 300_000

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_QUOTED = re.compile(r"`([^`\n]+)`")
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"(?<![\w/.-])(?:desktop|ui|sync|models|resources|tests|\.ci)/[\w./-]+")
_MODULE = re.compile(r"python -m ((?:desktop|sync|models|tests)(?:\.\w+)*)")
_LINE_START = r"(?:^|`)(?:\$ )?(?:\S*/)?"
_MAKE = re.compile(rf"{_LINE_START}make ([a-z]+)\b", re.MULTILINE)
_USHER = re.compile(rf"{_LINE_START}usher ([a-z][a-z-]*)\b", re.MULTILINE)
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def links(text: str) -> Iterator[str]:
    """Give the targets of links and pictures that are no addresses on the web."""
    for target in _LINK.findall(_FENCED.sub("", text)):
        if "://" not in target:
            yield target


def anchors(text: str) -> set[str]:
    """Give the anchors of a document's headings, as they are made of their words."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    for target in links(text):
        path, _, anchor = target.partition("#")
        assert (document.parent / path).exists(), target
        if anchor:
            linked = (document.parent / path).read_text(encoding="utf-8") if path else text
            assert anchor in anchors(linked), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_path_and_module_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    paths = [path for quoted in _QUOTED.findall(_FENCED.sub("", text)) for path in _PATH.findall(quoted)]
    modules = [ROOT / module.replace(".", "/") for module in _MODULE.findall(text)]

    assert [path for path in paths if not (ROOT / path.rstrip("./")).exists()] == []
    assert [named(module) for module in modules if not (module.is_dir() or module.with_suffix(".py").is_file())] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_task_and_command_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    tasks = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    assert set(_MAKE.findall(text)) <= tasks
    for command in _USHER.findall(text):
        with pytest.raises(SystemExit) as ended:
            usher.main([command, "--help"])
        assert ended.value.code == 0, command


def test_the_readme_shows_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert {"demo", "test", "lint", "types", "bench", "simulate"} <= set(_MAKE.findall(text))
    assert {"demo", "read-codes", "import-guests", "export-guests"} <= set(_USHER.findall(text))
    assert "usher-server --" in text
    assert "usher-server create-user" in text


def test_every_option_that_the_readme_gives_to_the_program_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    known: set[str] = set()
    for command in ("demo", "read-codes", "import-guests", "export-guests"):
        known |= options_of(lambda command=command: usher.main([command, "--help"]), capsys)
    for command in ("", "create-user", "devices", "revoke-device", "pairing-code", "restored"):
        known |= options_of(lambda command=command: usher_server.main([*command.split(), "--help"]), capsys)

    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    typed = re.findall(r"\busher(?:-server)? (.*)", text) + [
        one for one in _QUOTED.findall(text) if one.startswith("--")
    ]
    shown = {option for words in typed for option in _OPTION.findall(words)}

    assert len(shown) >= 10
    assert shown - known == set()


def options_of(show_help, capsys: pytest.CaptureFixture[str]) -> set[str]:
    with pytest.raises(SystemExit):
        show_help()
    return set(_OPTION.findall(capsys.readouterr().out))


def test_decisions_are_numbered_in_one_line_and_short() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:03d}-" for number in range(1, len(DECISIONS) + 1)]
    assert len(DECISIONS) >= 10
    for path in DECISIONS:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert len(lines) <= LINES_OF_A_DECISION, path.name
        assert lines[0].startswith(f"# {path.name[:3]} "), path.name


def test_every_picture_is_small_and_shown() -> None:
    pictures = sorted((DOCS / "pictures").glob("*"))
    shown = {
        (document.parent / target).resolve()
        for document in DOCUMENTS
        for target in links(document.read_text(encoding="utf-8"))
    }

    assert pictures
    assert [path.name for path in pictures if path.stat().st_size >= LARGEST_PICTURE] == []
    assert [path.name for path in pictures if path.resolve() not in shown] == []
