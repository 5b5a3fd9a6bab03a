"""Columns are recognised from the headers that people and programs use."""

import pytest

from models.guest_lists.columns import Field, has_names, recognise_columns
from models.guest_lists.tables import read_pasted


def columns_of(text: str) -> dict[str, str]:
    sheet = read_pasted(text)
    found = recognise_columns(sheet.header, sheet.rows)
    return {field.value: sheet.header[column] for field, column in found.items()}


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            "Order #,Order Date,First Name,Surname,Email,Quantity,Ticket Type,Attendee #,Attendee Status,Cell Phone",
            {
                "first_name": "First Name", "last_name": "Surname", "email": "Email", "phone": "Cell Phone",
                "rsvp": "Attendee Status", "invitation_code": "Order #", "ticket_type": "Ticket Type",
                "party_size": "Quantity",
            },
        ),
        (
            "Order code,Position ID,Status,Phone number,Product,Attendee name,Attendee name: Given name,"
            "Attendee name: Family name,Attendee email,Company,Seat ID,Seat name",
            {
                "name": "Attendee name", "first_name": "Attendee name: Given name",
                "last_name": "Attendee name: Family name", "email": "Attendee email", "phone": "Phone number",
                "rsvp": "Status", "invitation_code": "Order code", "ticket_type": "Product", "company": "Company",
                "seat": "Seat name",
            },
        ),
        (
            "first name,last name,party,email,phone,tags,RSVP,Plus Ones",
            {
                "first_name": "first name", "last_name": "last name", "household": "party", "email": "email",
                "phone": "phone", "tags": "tags", "rsvp": "RSVP", "plus_ones": "Plus Ones",
            },
        ),
        (
            "First Name,Last Name,Partner First Name,Partner Last Name,Party,Email Address,Wedding RSVP,Meal Choice",
            {
                "first_name": "First Name", "last_name": "Last Name", "plus_one_first_name": "Partner First Name",
                "plus_one_last_name": "Partner Last Name", "household": "Party", "email": "Email Address",
                "rsvp": "Wedding RSVP", "diet": "Meal Choice",
            },
        ),
        (
            "Name,Organization,Email,Total Guests,Guest Status,Categories,Table,Notes",
            {
                "name": "Name", "company": "Organization", "email": "Email", "party_size": "Total Guests",
                "rsvp": "Guest Status", "tags": "Categories", "table": "Table", "notes": "Notes",
            },
        ),
        (
            "Vorname,Nachname,E-Mail-Adresse,Handynummer,Zusage,Haushalt,Ernährung,Tisch,Sitzplatz,Begleitung,Firma",
            {
                "first_name": "Vorname", "last_name": "Nachname", "email": "E-Mail-Adresse", "phone": "Handynummer",
                "rsvp": "Zusage", "household": "Haushalt", "diet": "Ernährung", "table": "Tisch",
                "seat": "Sitzplatz", "plus_ones": "Begleitung", "company": "Firma",
            },
        ),
        (
            "Nombre,Apellidos,Correo electrónico,Teléfono móvil,Asistencia,Familia,Dieta,Mesa,Acompañantes,Etiquetas",
            {
                "first_name": "Nombre", "last_name": "Apellidos", "email": "Correo electrónico",
                "phone": "Teléfono móvil", "rsvp": "Asistencia", "household": "Familia", "diet": "Dieta",
                "table": "Mesa", "plus_ones": "Acompañantes", "tags": "Etiquetas",
            },
        ),
        (
            "Prénom,Nom,Courriel,Portable,Présence,Foyer,Régime alimentaire,Table,Remarques,Accompagnants",
            {
                "first_name": "Prénom", "last_name": "Nom", "email": "Courriel", "phone": "Portable",
                "rsvp": "Présence", "household": "Foyer", "diet": "Régime alimentaire", "table": "Table",
                "notes": "Remarques", "plus_ones": "Accompagnants",
            },
        ),
        ("FULL_NAME,eMail,PhoneNumber,+1",
            {"name": "FULL_NAME", "email": "eMail", "phone": "PhoneNumber", "plus_ones": "+1"},
        ),
    ],
)  # fmt: skip
def test_headers_of_guest_lists_are_recognised(headers: str, expected: dict[str, str]) -> None:
    assert columns_of(f"{headers}\n") == expected


def test_a_name_beside_a_first_name_is_a_surname_unless_it_holds_both() -> None:
    assert columns_of("Name,Vorname\nBrandt,Jürgen\n") == {"first_name": "Vorname", "last_name": "Name"}
    assert columns_of("Name,Vorname\nJürgen Brandt,Jürgen\n") == {"name": "Name", "first_name": "Vorname"}
    assert columns_of("Nombre,Correo\nAna García,a@x.example\n") == {"name": "Nombre", "email": "Correo"}
    assert columns_of("Nom,Courriel\nÉlodie Cœur,e@x.example\n") == {"name": "Nom", "email": "Courriel"}


def test_of_two_columns_for_one_field_the_filled_one_wins() -> None:
    assert columns_of("Name,Attendee email,Email\nMaja,,m@x.example\n")["email"] == "Email"
    assert columns_of("Name,Email,Attendee email\nMaja,b@x.example,m@x.example\n")["email"] == "Attendee email"


def test_a_group_is_a_household_when_groups_are_small_and_a_tag_when_they_are_large() -> None:
    small = "Name,Group\nMaja,1\nWei,1\nAda,2\nTom,2\n"
    large = "Name,Group\n" + "".join(f"Guest number {n},{'Bride' if n % 2 else 'Groom'}\n" for n in range(30))
    assert columns_of(small)["household"] == "Group"
    assert columns_of(large)["tags"] == "Group"


def test_questions_are_understood_by_their_words() -> None:
    found = columns_of("Name,Do you have any dietary requirements?,Will you be attending our wedding?\n")
    assert found["diet"].startswith("Do you")
    assert found["rsvp"].startswith("Will you")


def test_allergies_beside_a_diet_are_a_column_of_their_own() -> None:
    assert columns_of("Name,Diet,Allergies\n") == {"name": "Name", "diet": "Diet", "allergies": "Allergies"}


def test_columns_about_the_buyer_or_an_address_are_left_alone() -> None:
    assert columns_of("Name,Buyer phone,E-mail address verified,Date of RSVP,Street\n") == {"name": "Name"}


def test_e_mail_addresses_are_found_under_an_unknown_header() -> None:
    assert columns_of("Name,Where to write\nMaja,m@x.example\nWei,w@x.example\n")["email"] == "Where to write"


def test_pasted_cells_without_headers_are_recognised_by_what_they_hold() -> None:
    sheet = read_pasted("m@x.example\tMaja Lindqvist\t+46 70 123 45 67\nw@x.example\tWei Chen\t+46 70 123 45 68")
    assert recognise_columns(sheet.header, sheet.rows) == {Field.NAME: 1, Field.EMAIL: 0, Field.PHONE: 2}


def test_a_table_without_names_is_no_guest_list() -> None:
    sheet = read_pasted("Email,Phone\nm@x.example,1\n")
    assert not has_names(recognise_columns(sheet.header, sheet.rows))
