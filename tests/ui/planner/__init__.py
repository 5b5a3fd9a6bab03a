"""The seating planner, worked by real events."""
