"""The terminal UI: one face on the client. Knows nothing of the store, the engine or how work is carried out."""
