"""The server's end of the wire: the ordered log of each event, at the centre or on a hub."""
