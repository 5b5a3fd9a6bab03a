"""Knows which headers guest lists use, in English, German, Spanish and French, and what each of them means.

The words are those of the exports of Eventbrite, pretix, Joy, Zola, The Knot and zkipster, and of plain spreadsheets.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from models.guest_lists.fields import PEOPLE_FIELDS, Field
from models.guest_lists.folding import fold

# Of each field the most telling header first: where two columns fit, the earlier one wins.
_HEADERS: dict[Field, str] = {
    Field.NAME: (
        "full name|guest name|attendee name|name of guest|display name|name|guest full name|participant name|"
        "guest names|names|name(s)|guest(s)|guests|guest|attendee|attendees|invitee|invitees|participant|person|"
        "name and surname|first and last name|first name and last name|first name & last name|last name first name|"
        "surname first name|name surname|invitation name|contact name|contact|customer name|buyer name|"
        "vollständiger name|name des gastes|gastname|gästename|gast|gäste|teilnehmer|teilnehmername|teilnehmer name|"
        "teilnehmerin|name der teilnehmenden person|name des teilnehmers|vor und nachname|vorname nachname|"
        "nachname vorname|name vorname|vorname und nachname|eingeladene|eingeladener|personen|"
        "nombre completo|nombre y apellidos|nombre y apellido|nombre del invitado|apellidos y nombre|"
        "nombre apellidos|nombres y apellidos|invitado|invitados|invitada|asistente|asistentes|nombre del asistente|"
        "participante|nom complet|nom et prénom|prénom et nom|nom prénom|prénom nom|nom de l'invité|nom du participant|"
        "invité|invités|invité(e)s|invité(e)|participants|convive|convives"
    ),
    Field.FIRST_NAME: (
        "first name|firstname|given name|forename|attendee name: given name|attendee first name|guest first name|"
        "first|given names|first names|christian name|fname|preferred name|"
        "vorname|vornamen|rufname|teilnehmername: vorname|name des teilnehmers: vorname|"
        "nombre|nombres|primer nombre|nombre de pila|prénom|prénoms|prénom usuel|nome"
    ),
    Field.MIDDLE_NAME: "middle name|middle|middle names|middle initial|zweiter vorname|segundo nombre|deuxième prénom",
    Field.LAST_NAME: (
        "last name|lastname|surname|family name|attendee name: family name|attendee last name|guest last name|last|"
        "last names|lname|nachname|familienname|zuname|teilnehmername: nachname|teilnehmername: familienname|"
        "name des teilnehmers: nachname|apellidos|apellido|primer apellido|nom de famille|nom|patronyme|cognome"
    ),
    Field.EMAIL: (
        "attendee email|attendee e-mail|guest email|email|e-mail|email address|e-mail address|mail|emails|"
        "email addresses|contact email|primary email|participant email|email 1|party email|household email|buyer email|"
        "e-mail-adresse|emailadresse|mailadresse|e-mail-adresse des teilnehmers|e-mail des teilnehmers|"
        "correo electrónico|correo|email del invitado|dirección de correo|dirección de correo electrónico|"
        "adresse e-mail|courriel|adresse mail|adresse courriel|adresse électronique|mél"
    ),
    Field.PHONE: (
        "mobile phone|cell phone|mobile|cell|cellphone|mobile number|cell number|phone number|phone|telephone|tel|"
        "phone numbers|telephone number|contact number|phone 1|primary phone|whatsapp|mobile phone number|home phone|"
        "handy|handynummer|mobil|mobilnummer|mobiltelefon|telefon|telefonnummer|rufnummer|tel nr|telefon mobil|"
        "móvil|celular|teléfono|teléfono móvil|número de teléfono|teléfono celular|núm. de teléfono|"
        "téléphone|portable|mobile téléphone|numéro de téléphone|téléphone portable|tél|tél portable|téléphone mobile|"
        "gsm"
    ),
    Field.RSVP: (
        "rsvp|rsvp status|rsvp'd|rsvpd|attending|attending?|is attending|will attend|attendance|attendee status|"
        "guest status|invitation status|response|reply|reply status|response status|wedding rsvp|wedding day rsvp|"
        "reception rsvp|ceremony rsvp|event rsvp|coming|coming?|confirmed|confirmed?|accepted|status|"
        "antwort|rückmeldung|zusage|zugesagt|zu-/absage|zusage/absage|teilnahme|teilnahmestatus|nimmt teil|kommt|"
        "kommt?|anmeldestatus|gästestatus|"
        "confirmación|confirmado|confirmada|confirmado?|asistencia|asistirá|asiste|asiste?|respuesta|estado|"
        "confirmación de asistencia|viene|viene?|réponse|présence|participation|participe|confirmation|statut|vient|"
        "confirmé|présent|présent?"
    ),
    Field.HOUSEHOLD: (
        "household|household name|party|party name|family|family name (household)|invitation|invitation group|"
        "household id|household number|party id|party number|guest group|household/party|envelope name|"
        "address group|couple|invite group|invitation name group|"
        "haushalt|familie|einladung|einladungsgruppe|haushaltsname|paar|"
        "hogar|familia|invitación|unidad familiar|pareja|núcleo familiar|"
        "foyer|famille|ménage|invitation groupe|couple famille"
    ),
    Field.INVITATION_CODE: (
        "invitation code|invite code|order code|order #|order id|order number|order no|order|order nr|booking code|"
        "booking reference|reservation code|confirmation code|rsvp code|group code|code|"
        "bestellnummer|bestellcode|bestellung|buchungsnummer|buchungscode|einladungscode|bestell-nr|"
        "código de invitación|código de pedido|número de pedido|pedido|nº de pedido|localizador|código|"
        "code d'invitation|numéro de commande|commande|code de commande|n° de commande|référence"
    ),
    Field.DIET: (
        "dietary requirements|dietary restrictions|diet|dietary|dietary needs|dietary preferences|dietary preference|"
        "dietary restriction|dietary requirement|special diet|dietary info|dietary notes|food restrictions|"
        "ernährung|ernährungsweise|ernährungswünsche|kost|kostform|diät|essenswünsche|besondere kost|"
        "unverträglichkeiten und ernährung|"
        "dieta|restricciones alimentarias|restricciones alimenticias|régimen|requisitos dietéticos|alimentación|"
        "régime|régime alimentaire|restrictions alimentaires|préférences alimentaires|contraintes alimentaires"
    ),
    Field.ALLERGIES: (
        "allergies|allergy|food allergies|allergens|allergien|allergie|unverträglichkeiten|unverträglichkeit|"
        "alergias|alergia|alergias alimentarias|intolerancias|allergies alimentaires|intolérances"
    ),
    Field.MEAL: (
        "meal|meal choice|meal preference|meal selection|meal option|entree|entrée choice|entree choice|food|"
        "food choice|dinner choice|menu choice|menu|main course|meals|menü|menüwahl|menüwunsch|essen|gericht|"
        "hauptgang|speise|mahlzeit|menú|comida|plato|plato principal|elección de menú|menu choisi|repas|plat|"
        "choix du menu|choix de menu|choix du repas"
    ),
    Field.ACCESSIBILITY: (
        "accessibility|accessibility needs|access needs|accessibility requirements|special needs|wheelchair|"
        "barrierefreiheit|rollstuhl|accesibilidad|silla de ruedas|necesidades especiales|accessibilité|"
        "fauteuil roulant|besoins particuliers"
    ),
    Field.TABLE: (
        "table|table name|table number|table no|table #|table assignment|assigned table|reception table|table nr|"
        "tisch|tischnummer|tisch nr|tischname|tischzuordnung|mesa|número de mesa|nº de mesa|mesa nº|mesa asignada|"
        "numéro de table|n° de table|nom de table"
    ),
    Field.SEAT: (
        "seat|seat name|seat number|seat no|seat #|assigned seat|seat id|sitz|sitzplatz|platz|platznummer|sitznummer|"
        "asiento|número de asiento|butaca|siège|place|numéro de place|numéro de siège"
    ),
    Field.TAGS: (
        "tags|tag|labels|label|categories|category|guest list|list|lists|side|relationship|guest type|type of guest|"
        "relation|relationship to you|guest category|schlagwörter|schlagworte|etiketten|kategorie|kategorien|seite|"
        "liste|etiquetas|etiqueta|categoría|categorías|lado|étiquettes|étiquette|catégorie|catégories|côté"
    ),
    Field.COMPANY: (
        "company|company name|organization|organisation|employer|affiliation|institution|business|"
        "firma|unternehmen|arbeitgeber|firmenname|einrichtung|empresa|compañía|organización|institución|"
        "société|entreprise|employeur"
    ),
    Field.NOTES: (
        "notes|note|comments|comment|remarks|remark|private notes|guest notes|internal notes|order comment|"
        "additional notes|message|notizen|notiz|bemerkung|bemerkungen|anmerkung|anmerkungen|kommentar|hinweis|"
        "hinweise|notas|nota|comentarios|comentario|observaciones|remarques|remarque|commentaires|commentaire"
    ),
    Field.TICKET_TYPE: (
        "ticket type|ticket name|product|ticket|ticket class|admission type|pass|item|ticket category|ticketart|"
        "tickettyp|produkt|kartenart|ticketkategorie|eintrittskarte|tipo de entrada|entrada|tipo de boleto|producto|"
        "tipo de ticket|type de billet|billet|produit|type de ticket"
    ),
    Field.PLUS_ONES: (
        "plus ones|plus one|plus-one|plus 1|plus one?|plus one(s)|number of plus ones|additional guests|extra guests|"
        "number of additional guests|guests allowed|plus ones allowed|allowed plus ones|bringing a guest|"
        "bringing a guest?|has plus one|plus one allowed|plus one allowed?|plus-one?|companions|no. of plus ones|"
        "begleitung|begleitpersonen|anzahl begleitpersonen|begleitperson|anzahl begleitung|weitere gäste|"
        "weitere personen|acompañantes|acompañante|número de acompañantes|nº acompañantes|n° acompañantes|"
        "accompagnants|accompagnant|nombre d'accompagnants|accompagnateur|accompagnateurs|accompagné"
    ),
    Field.PARTY_SIZE: (
        "party size|total guests|number of guests|guest count|number in party|number of people|headcount|quantity|qty|"
        "no. of guests|# of guests|number attending|group size|household size|seats|pax|number of tickets|"
        "anzahl personen|personenzahl|anzahl gäste|anzahl|personenanzahl|anzahl der personen|anzahl der gäste|"
        "número de personas|número de invitados|nº de personas|cantidad|nº de invitados|"
        "nombre de personnes|nombre d'invités|quantité|nb de personnes|nb personnes"
    ),
    Field.PLUS_ONE_NAME: (
        "plus one name|plus one's name|name of plus one|plus one full name|companion name|partner name|spouse name|"
        "spouse|partner|partner full name|companion|guest of guest name|name der begleitung|begleitung name|"
        "name begleitung|name der begleitperson|nombre del acompañante|nombre acompañante|nombre de la pareja|"
        "nom de l'accompagnant|nom accompagnant|nom du conjoint|conjoint"
    ),
    Field.PLUS_ONE_FIRST_NAME: (
        "partner first name|spouse first name|plus one first name|plus-one first name|companion first name|"
        "vorname begleitung|vorname partner|nombre pareja|prénom accompagnant|prénom conjoint"
    ),
    Field.PLUS_ONE_LAST_NAME: (
        "partner last name|spouse last name|plus one last name|plus-one last name|companion last name|"
        "nachname begleitung|nachname partner|apellidos pareja|nom de famille conjoint"
    ),
    Field.PLUS_ONE_OF: (
        "plus one of|plus-one of|guest of|main guest|primary guest|host guest|host|invited by guest|brought by|"
        "begleitung von|gast von|hauptgast|acompañante de|invitado de|invitado principal|accompagnant de|invité de|"
        "invité principal"
    ),
    Field.CHILDREN: (
        "children|kids|child names|children names|names of children|children's names|number of children|"
        "kinder|kinder namen|namen der kinder|anzahl kinder|niños|hijos|nombres de los niños|número de niños|"
        "enfants|noms des enfants|nombre d'enfants|prénoms des enfants"
    ),
}

# Words that give away a question or a longer header, tried in this order where no exact header fits.
_PHRASES: tuple[tuple[Field, re.Pattern[str]], ...] = tuple(
    (field, re.compile(pattern))
    for field, pattern in (
        (Field.DIET, r"\b(dietary|diet|ernahrung\w*|restricciones aliment\w*|regime alimentaire)\b"),
        (Field.ALLERGIES, r"\b(allerg\w+|alerg\w+|unvertraglich\w*|intolera\w+)\b"),
        (Field.MEAL, r"\b(meal|entree|main course|menuwahl|menuwunsch|choix du (menu|repas|plat))\b"),
        (Field.ACCESSIBILITY, r"\b(accessib\w+|wheelchair|rollstuhl|barrierefrei\w*|silla de ruedas)\b"),
        (
            Field.RSVP,
            r"\b(rsvp|attending|attend|zusage|kommst du|kommen sie|asistir\w*|serez vous|participerez)\b",
        ),
        (Field.PLUS_ONE_NAME, r"\b(name of your (guest|plus one)|plus one s? ?name)\b"),
        (Field.PLUS_ONES, r"\b(plus ones?|begleitpersonen|acompanantes|accompagnants)\b"),
        (
            Field.TABLE,
            r"\b(table (number|no|nr|name|assignment)|tischnummer|numero de mesa|numero de table)\b",
        ),
        (Field.EMAIL, r"\b(e ?mail|correo electronico|courriel)\b"),
        (Field.PHONE, r"\b(phone|telephone|telefon\w*|telefono|handy\w*|mobile number)\b"),
        (Field.NOTES, r"\b(notes?|comments?|bemerkung\w*|anmerkung\w*|observaciones|remarques?)\b"),
    )
)
_OF_OTHERS = re.compile(
    r"\b(buyer|purchaser|invoice|billing|payer|emergency|besteller\w*|rechnung\w*|comprador|acheteur|verified|sent|"
    r"date|time|opened|datum|fecha|street|city|zip|postal|country|url|link|secret|id of|plus one|partner|spouse|"
    r"child|kind)\b"
)
_CAMEL = re.compile(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])")
_BARE_PLUS = re.compile(r"\+\s*(1|one|1s|1 ?\?)", re.IGNORECASE)
_EXACT = 1000
_PHRASE = 100


def _squashed(header: str) -> str:
    return fold(header.replace("#", " number ")).replace(" ", "")


def _build_exact() -> dict[str, tuple[Field, int]]:
    known: dict[str, tuple[Field, int]] = {}
    for field, headers in _HEADERS.items():
        for rank, header in enumerate(headers.split("|")):
            known.setdefault(_squashed(header), (field, _EXACT - rank))
    return known


_KNOWN = _build_exact()
# "Group" is a household in one list and a circle of friends in the next; only the data can tell.
GROUP_HEADERS = frozenset({"group", "gruppe", "grupo", "groupe", "groups", "gruppen"})
"""Folded headers that stand for households or for tags."""

LOOSE_NAME_HEADERS = frozenset({"name", "names", "nom", "nombre", "nombres", "nachname"})
"""Folded headers that hold a full name alone, but half of it beside a column with the other half."""


@lru_cache(maxsize=4096)
def meaning_of(header: str) -> tuple[Field, int] | None:
    """Return the field that a header names and how surely (higher is surer), or None where it is not known."""
    if _BARE_PLUS.fullmatch(header.strip()):
        return Field.PLUS_ONES, _EXACT
    found = _KNOWN.get(_squashed(header)) or _KNOWN.get(_squashed(re.sub(r"[(\[].*?[)\]]", "", header)))
    if found:
        return found
    folded = fold(_CAMEL.sub(" ", header))
    if _OF_OTHERS.search(folded):
        return None
    for rank, (field, pattern) in enumerate(_PHRASES):
        if pattern.search(folded):
            return field, _PHRASE - rank
    return None


def count_known_headers(cells: Iterable[str]) -> int:
    """Return how many of the cells are headers in so many words."""
    return sum(_is_exact(cell) for cell in cells)


def names_people(cells: Sequence[str]) -> bool:
    """Say whether one of the cells is a header for a name or a part of it."""
    return any(_is_exact(cell) and (found := meaning_of(cell)) and found[0] in PEOPLE_FIELDS for cell in cells)


def _is_exact(cell: str) -> bool:
    found = meaning_of(cell) if cell and len(cell) <= 60 else None
    return (found is not None and found[1] > _PHRASE) or fold(cell) in GROUP_HEADERS
