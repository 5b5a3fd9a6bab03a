"""Both ends of the wire: the messages, the client that pushes and pulls, and the server."""
