"""A file with a mistake that a reader finds at once, and a loader must name."""

from flowlite import dag, task


@task
def send():
    """Would send."""


@dag(schedule="0 7 * *")
def invoices():
    """Never gets this far."""
    send()
