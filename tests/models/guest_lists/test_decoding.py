"""Text files are read in whatever encoding their program wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.guest_lists.decoding import decode_text
from models.guest_lists.errors import GuestListError, NotATableError, WrongEncodingError

GERMAN = "Name;Straße\nJürgen Brandt;Große Straße\nBjörn Öztürk;Köln\n"
SPANISH = "Nombre;Correo\nAna García;a@x.example\nLuis Muñoz;\nÍñigo Peña;\n"
FRENCH = "Prénom;Nom\nHélène;Lefèvre\nFrançois;Noël\nÉlodie;Cœur\n"
POLISH = "Imię;Nazwisko\nŁukasz;Wiśniewski\nŻaneta;Dąbrowska\n"
CZECH = "Name\nJiří Dvořák\nŠárka Černá\nTomáš Novák\n"
RUSSIAN = "Имя;Фамилия\nИван;Петров\nОльга;Кузнецова\n"
GREEK = "Name\nΓιώργος Παπαδόπουλος\nΕλένη Νικολάου\n"
TURKISH = "Name\nŞükrü Yılmaz\nAyşe Öztürk\nGülşen Çağlar\n"
JAPANESE = "名前,メール\n山田太郎,a@x.example\n佐藤花子,b@x.example\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "utf-8"),
        (GERMAN, "utf-8-sig"),
        (GERMAN, "utf-16"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (GERMAN, "utf-32"),
        (GERMAN, "cp1252"),
        (GERMAN, "latin-1"),
        (GERMAN, "mac_roman"),
        (GERMAN, "cp850"),
        (SPANISH, "cp1252"),
        (SPANISH, "mac_roman"),
        (FRENCH, "cp1252"),
        (FRENCH, "iso8859-15"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (CZECH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (GREEK, "cp1253"),
        (TURKISH, "cp1254"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_a_list_is_read_in_the_encoding_it_was_written_in(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding), "list.csv").lstrip("\ufeff") == text


def test_an_apostrophe_in_windows_letters_stays_an_apostrophe() -> None:
    text = "Name\nSeán O’Brien\nZoë D’Angelo\n"
    assert decode_text(text.encode("cp1252"), "list.csv") == text


def test_a_mark_for_utf_8_before_other_bytes_is_a_wrong_encoding() -> None:
    with pytest.raises(WrongEncodingError) as caught:
        decode_text(b"\xef\xbb\xbfName\n\xff\xfe\xfd", "list.csv")
    assert caught.value.code == "guest_list_wrong_encoding"
    assert "list.csv" in caught.value.message


def test_utf_16_that_ends_in_the_middle_of_a_letter_is_a_wrong_encoding() -> None:
    with pytest.raises(WrongEncodingError):
        decode_text("Name\nMaja".encode("utf-16") + b"x", "list.csv")


def test_bytes_of_a_program_are_not_a_table() -> None:
    with pytest.raises(NotATableError):
        decode_text(bytes(range(256)) * 20, "list.csv")


@given(st.binary(max_size=400))
def test_any_bytes_give_text_or_one_clear_error(data: bytes) -> None:
    try:
        text = decode_text(data, "list.csv")
    except GuestListError:
        text = ""
    assert len(text) <= len(data)
