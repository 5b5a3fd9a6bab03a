"""Data only: themes, icons, fonts, sounds, translations and samples that the program reads."""
