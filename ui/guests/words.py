"""The words and tones of answers, as all of the guest screens show them."""

from PySide6.QtCore import QCoreApplication

from models.invitations import InvitationState, Rsvp
from ui.widgets.chips import Tone

_RSVP_TONES = {
    Rsvp.ACCEPTED: Tone.OK,
    Rsvp.PENDING: Tone.NEUTRAL,
    Rsvp.DECLINED: Tone.BAD,
    Rsvp.CANCELLED: Tone.BAD,
}
_STATE_TONES = {
    InvitationState.PENDING: Tone.NEUTRAL,
    InvitationState.ACCEPTED: Tone.OK,
    InvitationState.DECLINED: Tone.BAD,
    InvitationState.PARTIAL: Tone.WARNING,
    InvitationState.ATTENDED: Tone.ACCENT,
}


def rsvp_word(rsvp: Rsvp) -> str:
    """Return an answer as the person reads it."""
    words = {
        Rsvp.ACCEPTED: QCoreApplication.translate("GuestWords", "accepted"),
        Rsvp.PENDING: QCoreApplication.translate("GuestWords", "pending"),
        Rsvp.DECLINED: QCoreApplication.translate("GuestWords", "declined"),
        Rsvp.CANCELLED: QCoreApplication.translate("GuestWords", "cancelled"),
    }
    return words[rsvp]


def rsvp_tone(rsvp: Rsvp) -> Tone:
    """Return how an answer is coloured."""
    return _RSVP_TONES[rsvp]


def state_word(state: InvitationState) -> str:
    """Return what a household's answers add up to."""
    words = {
        InvitationState.PENDING: QCoreApplication.translate("GuestWords", "pending"),
        InvitationState.ACCEPTED: QCoreApplication.translate("GuestWords", "accepted"),
        InvitationState.DECLINED: QCoreApplication.translate("GuestWords", "declined"),
        InvitationState.PARTIAL: QCoreApplication.translate("GuestWords", "partial"),
        InvitationState.ATTENDED: QCoreApplication.translate("GuestWords", "attended"),
    }
    return words[state]


def state_tone(state: InvitationState) -> Tone:
    """Return how a household's state is coloured."""
    return _STATE_TONES[state]
