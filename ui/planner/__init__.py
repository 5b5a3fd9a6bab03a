"""The seating planner: the floor plan, the waiting list beside it and what is known of a table."""
