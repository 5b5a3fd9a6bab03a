"""A device's end of the wire: it pushes what was done here and pulls what was done elsewhere."""
