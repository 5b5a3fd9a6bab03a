"""Reading the codes that people hold up at a door, from cameras, videos and pictures."""
