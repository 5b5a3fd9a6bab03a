"""Answers, numbers and tags are read in four languages."""

import pytest

from models.guest_lists.answers import read_count, read_rsvp, read_tags
from models.invitations import Rsvp


@pytest.mark.parametrize(
    ("rsvp", "words"),
    [
        (
            Rsvp.ACCEPTED,
            "yes Y TRUE x ✓ Attending accepted Confirmed ja zugesagt Kommt Sí confirmado asistirá oui "
            "Présent 1 2 paid|"
            "Checked In|Joyfully accepts|will attend|nimmt teil|Yes, with pleasure!|Ja, ich komme gern|sera présent",
        ),
        (
            Rsvp.DECLINED,
            "no N FALSE declined nein abgesagt non ✗ 0 rechazado|not attending|kommt nicht|no asistirá|"
            "Regretfully declines|Can't make it|ne vient pas|nimmt leider nicht teil|"
            "will not attend|Nein, leider nicht",
        ),
        (Rsvp.CANCELLED, "cancelled Canceled storniert cancelado annulé refunded expired"),
        (
            Rsvp.PENDING,
            "maybe pending invited vielleicht offen pendiente ?|no response|No Reply|en attente|peut-être|tal vez|"
            "keine Antwort|not yet replied|noch nicht geantwortet",
        ),
    ],
)
def test_answers_are_understood(rsvp: Rsvp, words: str) -> None:
    first, *sentences = words.split("|")
    for word in (*first.split(), *sentences):
        assert read_rsvp(word) is rsvp, word


def test_no_answer_is_pending_and_nonsense_is_none() -> None:
    assert read_rsvp("  ") is Rsvp.PENDING
    assert read_rsvp("purple") is None


@pytest.mark.parametrize(
    ("cell", "count"),
    [("2", 2), ("+1", 1), ("1.0", 1), ("yes", 1), ("no", 0), ("keine", 0), ("dos", 2), ("deux", 2), ("zwei", 2),
     ("3 guests", 3), ("-", 0), ("", 0), ("Peter Chen", None), ("some", None)],
)  # fmt: skip
def test_numbers_are_read_from_digits_and_words(cell: str, count: int | None) -> None:
    assert read_count(cell) == count


def test_tags_are_parted_by_commas_semicolons_and_bars_and_kept_once() -> None:
    assert read_tags("VIP, family;  vip | #Crew") == ("VIP", "family", "Crew")
    assert read_tags(" - ") == ()
