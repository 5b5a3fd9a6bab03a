"""A whole network in one process: devices, hubs and a central server, with everything that goes wrong on the way.

One seed decides all of it: who is there, what people do, which messages are lost, when a process dies. The
databases, the operations, the server's log and the client's engine are the real ones; only the network, the
clocks and the dice are made up. ``play(seed)`` runs one network and raises :class:`Broken` when a promise of the
design does not hold at the end or on the way.
"""

from tests.helpers.simulator.party import Played, Wanted
from tests.helpers.simulator.play import play
from tests.helpers.simulator.promises import Broken, Invariant

__all__ = ["Broken", "Invariant", "Played", "Wanted", "play"]
