"""What Usher puts on paper."""
