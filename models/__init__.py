"""The domain of Usher: events, people, seats, tickets and entries, with no screen and no network."""
