"""The preview shows a file as it would be imported, as the command line prints it."""

import json
from pathlib import Path

import pytest

from models.guest_lists.errors import NoNameColumnError
from models.guest_lists.fields import Field
from models.guest_lists.preview import preview_guest_list, preview_to_json

LIST = """Naam;Name;E-Mail;Handy;Zusage;Haushalt;Ernährung;Tisch;Tags
x;Brandt, Jürgen;J@x.example;0170 1234567;ja;B;vegan;5;VIP
;;q@x.example
;Guest
"""


def test_the_json_has_exactly_the_keys_of_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    document = json.loads(preview_to_json(preview_guest_list(path, country="DE")))
    assert list(document) == ["columns", "rows", "problems"]
    assert document["columns"] == {
        "name": "Name", "email": "E-Mail", "phone": "Handy", "rsvp": "Zusage", "household": "Haushalt",
        "diet": "Ernährung", "table": "Tisch", "tags": "Tags",
    }  # fmt: skip
    assert document["rows"] == [
        {"name": "Jürgen Brandt", "email": "j@x.example", "phone": "+491701234567", "rsvp": "accepted",
         "household": "B", "diet": "vegan", "table": "5", "tags": ["VIP"], "placeholder": False, "line": 2},
        {"name": "Guest", "email": None, "phone": None, "rsvp": "pending", "household": None,
         "diet": None, "table": None, "tags": [], "placeholder": True, "line": 4},
    ]  # fmt: skip
    assert [(sorted(problem), problem["line"]) for problem in document["problems"]] == [(["line", "reason"], 3)]


def test_a_list_without_names_is_refused_with_the_headers_it_has(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-mail;Phone\nm@x.example;1\n", encoding="utf-8")
    with pytest.raises(NoNameColumnError, match="“E-mail”, “Phone”"):
        preview_guest_list(path)


def test_columns_chosen_by_the_caller_replace_the_recognised_ones(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("E-mail;Who\nm@x.example;Maja\n", encoding="utf-8")
    preview = preview_guest_list(path, mapping={Field.NAME: 1, Field.EMAIL: 0})
    assert preview.columns == {Field.NAME: "Who", Field.EMAIL: "E-mail"}
    assert preview.rows[0].name == "Maja"
