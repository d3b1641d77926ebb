"""Telling people: from a row in the outbox to a message that went out."""
