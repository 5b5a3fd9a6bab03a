"""The first screen: open an event, make one, try the sample, or join one."""
