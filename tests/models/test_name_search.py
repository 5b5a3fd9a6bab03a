"""Names are found by their beginnings, without accents, and with typing mistakes."""

import time
from random import Random

import pytest

from models.guest_lists.folding import fold
from models.name_search import NameIndex, SearchEntry

NAMES = (
    "Øyvind Sørensen",
    "Maja Lindqvist",
    "Nguyễn Thị Lan",
    "Łukasz Wójcik",
    "Adaeze Okafor",
    "中村 遥",
    "Konstantin Weiß",
    "Landon Price",
)


@pytest.fixture
def index() -> NameIndex:
    return NameIndex(SearchEntry(name, fold(name), f"{fold(name)[:3]} example") for name in NAMES)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("oyvind", "Øyvind Sørensen"),
        ("SORENSEN OYV", "Øyvind Sørensen"),
        ("nguyen", "Nguyễn Thị Lan"),
        ("lukasz", "Łukasz Wójcik"),
        ("weiss", "Konstantin Weiß"),
        ("遥", "中村 遥"),
        ("ovyind", "Øyvind Sørensen"),
        ("kyvind", "Øyvind Sørensen"),
        ("linqvist", "Maja Lindqvist"),
        ("adeaze okafr", "Adaeze Okafor"),
        ("qvist", "Maja Lindqvist"),
    ],
)
def test_a_name_is_found(index: NameIndex, typed: str, found: str) -> None:
    assert index.search(typed)[0] == found


def test_the_beginning_of_a_name_comes_before_that_of_a_later_word(index: NameIndex) -> None:
    assert index.search("lan") == ["Landon Price", "Nguyễn Thị Lan"]


def test_an_unfinished_word_with_a_mistake_is_found(index: NameIndex) -> None:
    assert index.search("okaf") == ["Adaeze Okafor"]
    assert index.search("okef") == ["Adaeze Okafor"]


def test_nobody_is_found_for_what_is_like_no_name(index: NameIndex) -> None:
    assert index.search("zzzz") == []
    assert index.search("xq") == []


def test_an_empty_query_gives_all_up_to_the_limit(index: NameIndex) -> None:
    assert len(index.search("  ")) == len(NAMES)
    assert index.search("", limit=2) == list(NAMES[:2])
    assert len(index.search("a", limit=1)) == 1


def test_the_further_text_is_looked_through_behind_the_names() -> None:
    index = NameIndex([SearchEntry("1", "ada berg", "harbour ltd"), SearchEntry("2", "harbo lund")])
    assert index.search("harbo") == ["2", "1"]


def test_entries_are_replaced_and_taken_away(index: NameIndex) -> None:
    index.put([SearchEntry("Maja Lindqvist", "maja berg")])
    assert index.search("lindqvist") == []
    assert index.search("berg") == ["Maja Lindqvist"]
    index.discard(["Maja Lindqvist", "nobody"])
    assert index.search("berg") == []
    assert index.search("bxrg") == []
    assert len(index) == len(NAMES) - 1


def test_fifty_thousand_names_are_searched_while_a_person_types() -> None:
    random = Random(3)
    parts = ("ka", "lo", "mi", "ra", "ten", "vos", "del", "sor", "gu", "bra", "nik", "fa")
    words = ["".join(random.choices(parts, k=3)) for _ in range(3_000)]
    index = NameIndex(
        SearchEntry(str(number), f"{random.choice(words)} {random.choice(words)}") for number in range(50_000)
    )
    index.search("warmed up")
    for typed in ("k", "kalo", "sormira gu", "xalomi", "kalo zzzzzz"):
        # The processor's time, since others may use the machine at the same time.
        started = time.process_time()
        index.search(typed, limit=20)
        assert time.process_time() - started < 0.5
