"""Tests of the dialogs that belong to no single page."""
