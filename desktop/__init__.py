"""The program: command line, wiring of the screens with the wire, threads and shutdown."""
