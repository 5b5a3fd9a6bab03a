"""The guest list: the table with search, filters and editing, and the import of lists."""
