"""Reads answers in English, German, Spanish and French: who comes, how many, which tags."""

import re

from models.guest_lists.cleaning import clean, clean_lines
from models.guest_lists.folding import fold
from models.invitations import Rsvp

_WORDS: dict[Rsvp, str] = {
    Rsvp.ACCEPTED: (
        "yes|y|ok|okay|true|x|attending|attend|will attend|is attending|accepted|accepts|accept|confirmed|confirm|"
        "coming|going|joining|in|present|checked in|joyfully accepts|accepts with pleasure|registered|booked|paid|"
        "free|valid|completed|rsvp yes|yes attending|ja|j|zugesagt|zusage|kommt|dabei|bestatigt|nimmt teil|angenommen|"
        "angemeldet|bezahlt|teilnahme|anwesend|eingecheckt|si|s|confirmado|confirmada|confirmados|asiste|asistira|"
        "asistiran|acepta|aceptado|aceptada|viene|vienen|pagado|oui|o|accepte|acceptee|confirme|confirmee|present|"
        "presente|participe|vient|viendra|sera present|paye|wahr|verdadero|vrai|sim|confirmed by rsvp|purchased|"
        "asistencia confirmada|presence confirmee|checked-in"
    ),
    Rsvp.DECLINED: (
        "no|n|false|declined|decline|declines|not attending|not coming|not going|regrets|regret|unable|"
        "regretfully declines|regretfully decline|declines with regret|will not attend|cannot attend|can t come|"
        "cant come|cant make it|out|absent|not able to attend|rejected|refused|declined by rsvp|rsvp no|"
        "nein|abgesagt|absage|kommt nicht|nicht dabei|nimmt nicht teil|abgelehnt|verhindert|lehnt ab|"
        "no asiste|no asistira|no viene|rechazado|rechazada|rechaza|declinado|no puede|falso|"
        "non|refuse|refusee|decline|absent|absente|ne vient pas|ne viendra pas|ne participe pas|pas present|falsch|faux"
    ),
    Rsvp.CANCELLED: (
        "cancelled|canceled|cancel|refunded|deleted|expired|withdrawn|void|voided|storniert|abgelaufen|erstattet|"
        "zuruckgezogen|annulliert|cancelado|cancelada|anulado|anulada|reembolsado|caducado|annule|annulee|rembourse|"
        "expire"
    ),
    Rsvp.PENDING: (
        "pending|maybe|tentative|tbd|tbc|unknown|unsure|not sure|no response|no reply|no rsvp|not responded|none|"
        "awaiting response|awaiting|waiting|invited|sent|not sent|opened|delivered|not invited|open|undecided|"
        "waitlist|waitlisted|waiting list|unconfirmed|not confirmed|not replied|requested|unpaid|possibly|perhaps|"
        "pending overdue|approval pending|not yet registered|not yet purchased|no answer|imported|new|n a|na|"
        "offen|ausstehend|vielleicht|eingeladen|unklar|unsicher|unbekannt|keine antwort|keine ruckmeldung|unbestatigt|"
        "noch offen|nicht beantwortet|warteliste|unentschieden|"
        "pendiente|tal vez|quiza|quizas|sin respuesta|sin confirmar|por confirmar|invitado|invitada|no sabe|"
        "en attente|peut etre|sans reponse|invite|invitee|pas de reponse|a confirmer|inconnu|non repondu"
    ),
}
_EXACT = {word: rsvp for rsvp, words in reversed(_WORDS.items()) for word in words.split("|")}
# For whole sentences; a refusal often contains the word for coming, so it is looked for first.
_PATTERNS: tuple[tuple[Rsvp, re.Pattern[str]], ...] = tuple(
    (rsvp, re.compile(pattern))
    for rsvp, pattern in (
        (Rsvp.PENDING, r"\b(no (response|reply|rsvp|answer)|not (yet|sure|responded|replied)|maybe|pending|"
                       r"awaiting|vielleicht|noch nicht|noch offen|keine (antwort|ruckmeldung)|"
                       r"sin (respuesta|confirmar)|tal vez|pendiente|peut etre|en attente|pas encore|"
                       r"sans reponse|if |unless )\b"),
        (Rsvp.CANCELLED, r"\b(cancell?ed|refunded|storniert|cancelad[oa]|anulad[oa]|annulee?)\b"),
        (Rsvp.DECLINED, r"\b(declin\w+|regret\w*|not|nicht|unable|cannot|can t|cant|won t|wont|absag\w*|abgesagt|nein|"
                        r"no|non|pas|rechaz\w+|refus\w+|leider|lamentablemente|malheureusement|sadly)\b"),
        (Rsvp.ACCEPTED, r"\b(accept\w*|attend\w*|confirm\w*|coming|yes|yep|yeah|sure|ja|zugesagt|zusage|komm\w*|dabei|"
                        r"teil|si|asist\w+|vien\w+|acept\w+|oui|present\w*|vient|viendr\w+|particip\w+|joyfully)\b"),
    )
)  # fmt: skip
_MARKS = {"✓": Rsvp.ACCEPTED, "✔": Rsvp.ACCEPTED, "☑": Rsvp.ACCEPTED, "✅": Rsvp.ACCEPTED, "👍": Rsvp.ACCEPTED,
          "✗": Rsvp.DECLINED, "✘": Rsvp.DECLINED, "✕": Rsvp.DECLINED, "❌": Rsvp.DECLINED, "👎": Rsvp.DECLINED,
          "☐": Rsvp.PENDING, "?": Rsvp.PENDING, "-": Rsvp.PENDING, "–": Rsvp.PENDING, "—": Rsvp.PENDING}  # fmt: skip
_COUNT = re.compile(r"\+?\s*(\d{1,3})(?:[.,]0+)?(?:\s*(?:guests?|people|persons?|pax|personen|gaste?|personas?|"
                    r"invitados?|personnes?|invites?|x))?", re.IGNORECASE)  # fmt: skip
_BETWEEN_TAGS = re.compile(r"[,;|\n]+")
_NUMBERS = {word: number for number, words in enumerate(
    ("none no nobody keine keiner nein ninguno ninguna nadie aucun aucune non zero null false falsch falso faux n",
     "one a yes y x true si ja oui eine einen einer ein uno una un une wahr verdadero vrai j o s allowed erlaubt",
     "two zwei dos deux", "three drei tres trois", "four vier cuatro quatre", "five funf cinco cinq", "six sechs seis")
) for word in words.split()}  # fmt: skip

LARGEST_COUNT = 20
"""More companions than this on one line are taken for a mistake."""


def read_rsvp(cell: str) -> Rsvp | None:
    """Return the answer of a cell, PENDING for an empty one, or None where it is not understood."""
    text = clean(cell)
    if not text:
        return Rsvp.PENDING
    if text in _MARKS:
        return _MARKS[text]
    if re.fullmatch(r"\d{1,2}(?:[.,]0+)?", text):
        return Rsvp.DECLINED if float(text.replace(",", ".")) == 0 else Rsvp.ACCEPTED
    folded = fold(text)
    if folded in _EXACT:
        return _EXACT[folded]
    without_brackets = fold(re.sub(r"[(\[].*?[)\]]", " ", text))
    if without_brackets in _EXACT:
        return _EXACT[without_brackets]
    return next((rsvp for rsvp, pattern in _PATTERNS if pattern.search(folded)), None)


def read_count(cell: str) -> int | None:
    """Return the number that a cell says in digits or words ("2", "+1", "yes", "keine"), or None if it says none."""
    text = clean(cell)
    found = _COUNT.fullmatch(text)
    if found:
        return int(found.group(1))
    folded = fold(text)
    if text in {"-", "–", "—"} or not folded:
        return 0 if text in {"-", "–", "—", ""} else None
    return _NUMBERS.get(folded)


def read_tags(cell: str) -> tuple[str, ...]:
    """Return the tags of a cell, each once, in their order."""
    tags: dict[str, str] = {}
    for piece in _BETWEEN_TAGS.split(clean_lines(cell)):
        tag = clean(piece).lstrip("#").strip()
        if tag and tag not in {"-", "–", "—"}:
            tags.setdefault(fold(tag) or tag, tag)
    return tuple(tags.values())
