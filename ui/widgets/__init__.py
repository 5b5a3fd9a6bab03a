"""The generic building blocks every screen is made of."""
