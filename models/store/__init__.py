"""Where rows lie: the database, the outbox, the undo log, snapshots and migrations."""
