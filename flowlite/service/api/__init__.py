"""The daemon's API: every verb of the desk and of reading over a socket, from one table."""
