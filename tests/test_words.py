"""The words on the screens: one word for one thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SPEAKING = ("ui", "desktop", "models", "sync/client")
"""What says something to people at a laptop; a server says its sentences to whoever runs it, on any machine."""


def _texts(file: Path) -> Iterator[ast.Constant]:
    """Give all texts of a module that are no docstrings."""
    tree = ast.parse(file.read_text("utf-8"))
    silent = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in silent:
            yield one


def test_what_usher_runs_on_is_called_a_laptop_in_every_sentence() -> None:
    said = [
        f"{file.relative_to(ROOT)}:{text.lineno}: {text.value}"
        for folder in SPEAKING
        for file in sorted((ROOT / folder).rglob("*.py"))
        for text in _texts(file)
        if "computer" in str(text.value).lower()
    ]
    assert said == []
