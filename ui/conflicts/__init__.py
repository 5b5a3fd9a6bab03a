"""The inbox of what two people changed without knowing of each other."""
