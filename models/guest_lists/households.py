"""Brings the people of a list together: companions, hosts, and who shares an invitation."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from models.guest_lists.drafts import Draft, LineDraft
from models.guest_lists.folding import fold, name_key
from models.guest_lists.rows import GuestRow

_COMPANION_WORDS = ("guest", "plus one", "begleitung", "gast", "acompanante", "invitado", "invitada", "accompagnant")


def bring_together(lines: list[LineDraft]) -> list[GuestRow]:
    """Return the guests of all lines, with the companions that the lines announce and their households."""
    _mark_unnamed(lines)
    _unify_spelling(lines)
    _share_codes(lines)
    named = _by_name(guest for line in lines for guest in line.guests)
    _find_hosts(lines, named)
    _name_companions(lines, named)
    _add_unnamed(lines)
    _fill_parties(lines)
    _label_households(lines)
    return [guest.row for line in lines for guest in line.guests]


def _mark_unnamed(lines: list[LineDraft]) -> None:
    """Read "Maja Lindqvist Guest" as a companion where Maja Lindqvist is listed; Christopher Guest stays."""
    named = _by_name(guest for line in lines for guest in line.guests)
    for line in lines:
        for guest in line.guests:
            folded = fold(guest.row.name)
            for word in _COMPANION_WORDS:
                before = folded.removesuffix(f" {word}")
                if before == folded or guest.row.placeholder or " " not in before:
                    continue
                host = named.get(name_key(before))
                if host is not None and host is not guest:
                    guest.row = replace(guest.row, placeholder=True, plus_one_of=host.row.name)


def _by_name(guests: Iterable[Draft]) -> dict[str, Draft]:
    named: dict[str, Draft] = {}
    for guest in guests:
        if not guest.row.placeholder:
            named.setdefault(guest.key, guest)
    return named


def _unify_spelling(lines: list[LineDraft]) -> None:
    """Give households that differ only in case, accents or spaces the spelling that comes first."""
    spelling: dict[str, str] = {}
    for line in lines:
        for guest in line.guests:
            household = guest.row.household
            if household:
                first = spelling.setdefault(fold(household) or household, household)
                guest.row = replace(guest.row, household=first)


def _share_codes(lines: list[LineDraft]) -> None:
    """Let an order or invitation code that several lines share stand for their household."""
    uses = Counter(line.code for line in lines if line.code)
    for line in lines:
        for guest in line.guests:
            if line.code and uses[line.code] > 1 and guest.row.household is None:
                guest.row = replace(guest.row, household=line.code)


def _find_hosts(lines: list[LineDraft], named: dict[str, Draft]) -> None:
    for line in lines:
        for guest in line.guests:
            if guest.row.plus_one_of and guest.host is None:
                host = named.get(name_key(guest.row.plus_one_of))
                if host is not None and host is not guest:
                    guest.host = host
                    guest.row = replace(guest.row, plus_one_of=host.row.name)


def _name_companions(lines: list[LineDraft], named: dict[str, Draft]) -> None:
    """Add the companions a line names, unless they stand on a line of their own."""
    for line in lines:
        host = line.guests[0]
        for name in line.companions:
            own = named.get(name_key(name) or name)
            if own is None:
                companion = Draft(_companion_row(host.row, name), host)
                line.guests.append(companion)
                named[companion.key] = companion
            elif own is not host and own.host is None and host.host is not own:
                own.host = host
                own.row = replace(own.row, plus_one_of=host.row.name)


def _add_unnamed(lines: list[LineDraft]) -> None:
    """Add the companions without a name that a line counts, unless lines of their own stand for them."""
    brought: Counter[int] = Counter()
    in_household: Counter[str] = Counter()
    for line in lines:
        for guest in line.guests:
            if guest.host is not None and guest.host.row.line != guest.row.line:
                brought[id(guest.host)] += 1
            elif guest.row.placeholder and guest.host is None and guest.row.household:
                in_household[guest.row.household] += 1
    for line in lines:
        if not line.unnamed:
            continue
        host = line.guests[0]
        missing = line.unnamed - brought[id(host)]
        household = host.row.household
        if household and missing > 0:
            taken = min(missing, in_household[household])
            in_household[household] -= taken
            missing -= taken
        _append_unnamed(line, host, missing)


def _fill_parties(lines: list[LineDraft]) -> None:
    """Add unnamed companions until a party is as large as its lines say."""
    parties: defaultdict[str | int, list[LineDraft]] = defaultdict(list)
    for line in lines:
        first = line.guests[0]
        parties[first.row.household or (first.host or first).row.line].append(line)
    for members in parties.values():
        size = max(line.party_size for line in members)
        sizes = [line.party_size for line in members]
        if len(members) > 1 and sizes.count(1) + sizes.count(0) < len(members) - 1 and len(set(sizes)) > 1:
            # Lines of one household with different sizes count their own people each.
            for line in members:
                _append_unnamed(line, line.guests[0], line.party_size - len(line.guests))
            continue
        present = sum(len(line.guests) for line in members)
        chief = next(line for line in members if line.party_size == size)
        _append_unnamed(chief, chief.guests[0], size - present)


def _append_unnamed(line: LineDraft, host: Draft, count: int) -> None:
    for _ in range(count):
        row = replace(_companion_row(host.row, f"Guest of {host.row.name}"), placeholder=True)
        line.guests.append(Draft(row, host))


def _companion_row(host: GuestRow, name: str) -> GuestRow:
    """Return a companion's row: what holds for the party is taken from the host, what is personal is not."""
    return GuestRow(
        name=name,
        line=host.line,
        rsvp=host.rsvp,
        household=host.household,
        table=host.table,
        tags=host.tags,
        ticket_type=host.ticket_type,
        plus_one_of=host.name,
    )


def _label_households(lines: list[LineDraft]) -> None:
    """Give people who belong together but have no household one of their own name."""
    taken = {fold(guest.row.household) for line in lines for guest in line.guests if guest.row.household}
    hosts = {id(guest.host) for line in lines for guest in line.guests if guest.host is not None}
    for line in lines:
        given = next((guest.row.household for guest in line.guests if guest.row.household), None)
        together = len(line.guests) > 1 or (line.guests[0].host is None and id(line.guests[0]) in hosts)
        if given is None and together:
            given = _free_label(line.label, taken)
        for guest in line.guests:
            if given is not None and guest.row.household is None:
                guest.row = replace(guest.row, household=given)
    for line in lines:
        for guest in line.guests:
            if guest.row.household is None and guest.host is not None:
                guest.row = replace(guest.row, household=guest.host.row.household)


def _free_label(label: str, taken: set[str]) -> str:
    free, number = label, 2
    while fold(free) in taken:
        free, number = f"{label} ({number})", number + 1
    taken.add(fold(free))
    return free
