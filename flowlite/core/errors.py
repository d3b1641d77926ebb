"""The root of every error that flowlite raises on purpose."""


class FlowliteError(Exception):
    """Something a person can put right: the message says what is wrong, where, and what to do."""
