"""The terminal UI in a browser, behind a login: one face on the client. It starts the terminal UI as a process for each
browser tab, and knows nothing of what that shows."""
