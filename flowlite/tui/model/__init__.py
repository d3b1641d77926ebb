"""What the terminal UI knows: snapshots of the daemon, kept up to date by its events. Nothing here knows a terminal."""
