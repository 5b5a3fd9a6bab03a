"""The screen at a door: the camera on one side, the verdict on the other."""
