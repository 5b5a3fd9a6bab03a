"""The shape of the project, held by tests that read like the sentences of its design."""

import ast
import functools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("desktop", "ui", "sync", "models", "resources")
TOP_LEVEL = {
    *PACKAGES,
    "tests",
    "pyproject.toml",
    "requirements.txt",
    "requirements-dev.txt",
    "Makefile",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
}
LINES_AT_MOST = 500


def test_imports_follow_the_arrow() -> None:
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "forbidden_import", "broken_contract"),
    [
        ("ui/planted.py", "import sync", "The arrow points one way"),
        ("sync/planted.py", "import ui", "The arrow points one way"),
        ("models/planted.py", "import desktop", "The arrow points one way"),
        ("resources/planted.py", "import models", "The arrow points one way"),
        ("models/planted.py", "import httpx", "The domain knows neither Qt nor the network"),
        ("sync/planted.py", "from PySide6.QtCore import QObject", "The wire knows no Qt"),
        ("ui/planted.py", "import websockets.sync.client", "The screens know no network"),
    ],
)
def test_an_import_against_the_arrow_is_caught(
    tmp_path: Path, module: str, forbidden_import: str, broken_contract: str
) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        # Without their contents: what stands in the real packages is the test above.
        (tmp_path / package).mkdir()
        shutil.copy(ROOT / package / "__init__.py", tmp_path / package)
    assert lint_imports(tmp_path).returncode == 0

    (tmp_path / module).write_text(f"{forbidden_import}\n", encoding="utf-8")
    result = lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert re.search(rf"{broken_contract}.* BROKEN", result.stdout)


def test_the_screens_leave_qts_network_alone() -> None:
    # import-linter sees PySide6 as one; its network modules are looked for by name.
    network = re.compile(r"\bQt(Network|WebSockets|HttpServer|WebEngine\w*)\b")

    assert [name for name, text in sources("ui", "models") if network.search(text)] == []


def test_resources_hold_data_only() -> None:
    assert [name for name, _ in sources("resources")] == ["resources/__init__.py"]
    (only,) = ast.parse((ROOT / "resources" / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)


def test_the_top_level_stays_as_it_is() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in project_files()}

    assert {name for name in found if not name.startswith(".")} - TOP_LEVEL == set()


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "stuff", "mixed"}

    assert [name for name, _ in sources(*PACKAGES) if drawers & set(Path(name).with_suffix("").parts)] == []


def test_every_module_opens_with_what_it_is_for() -> None:
    silent = [name for name, text in sources(*PACKAGES, "tests") if not ast.get_docstring(ast.parse(text))]

    assert silent == []


def test_no_module_outgrows_a_reader() -> None:
    long = {name: text.count("\n") for name, text in sources(*PACKAGES)}

    assert {name: lines for name, lines in long.items() if lines > LINES_AT_MOST} == {}


def test_nothing_is_left_open() -> None:
    assert occurrences(re.compile(r"\b(TO[D]O|FIX[M]E|XX[X]|NotImplemented[E]rror)\b")) == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    assert occurrences(re.compile(r"pytest[.]skip|mark[.](skip|xfail)|import[o]rskip")) == []


def test_no_file_names_a_package_index() -> None:
    # Where packages come from is up to the machine that installs them, not to the project.
    hosts = r"pypi[.]org|python[h]osted|registry[.]npmjs"
    options = r"--(extra-)?[i]ndex-url|--find-[l]inks"

    assert occurrences(re.compile(f"{hosts}|{options}")) == []


def test_every_pinned_requirement_has_its_hash() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        pins = re.split(r"\n(?=\w)", (ROOT / name).read_text(encoding="utf-8"))[1:]

        assert len(pins) > 20
        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in a folder, in a process that has loaded none of them."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@functools.cache
def project_files() -> tuple[Path, ...]:
    """All files of the project but the ignored ones, in a checkout as in an unpacked archive."""
    listing = subprocess.run(
        ["git", "grep", "--no-index", "--exclude-standard", "-lz", "-e", ""],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return tuple(ROOT / name for name in sorted(listing.stdout.split("\0")) if name)


def texts() -> Iterator[tuple[str, str]]:
    """Give the name and the text of every file that is text."""
    for path in project_files():
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            yield path.relative_to(ROOT).as_posix(), content.decode("utf-8", errors="replace")


def sources(*packages: str) -> Iterator[tuple[str, str]]:
    """Give the name and the text of every Python module in some packages."""
    for name, text in texts():
        if name.endswith(".py") and name.startswith(tuple(f"{package}/" for package in packages)):
            yield name, text


def occurrences(pattern: re.Pattern[str]) -> list[str]:
    """Find a pattern in the whole project, as "file:line: what stands there".

    The patterns are written with one-letter classes here and there, so that they do not find themselves.
    """
    return [
        f"{name}:{number}: {line.strip()[:100]}"
        for name, text in texts()
        if pattern.search(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
