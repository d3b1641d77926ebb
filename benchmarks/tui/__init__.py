"""The terminal UI measured from outside: a real process on a real pseudo-terminal. `python -m benchmarks.tui`."""
