"""Mail: by SMTP, with attachments. As a channel it carries alerts; a task may send by itself.

Needs nothing beyond the standard library. Tested against aiosmtpd, refusing and slow too. The fields of the connection:
`host`, `port`, `user`, `password`, `sender`, `starttls`.

    [connections.smtp]
    type = "smtp"
    host = "mail.example.com"
    user = "flowlite"
    password = "env:SMTP_PASSWORD"
    sender = "flowlite@example.com"
"""

from __future__ import annotations

import asyncio
import html
import mimetypes
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

import flowlite
from flowlite import Alert, FlowliteError
from flowlite.integrations import Connection, required, settings_of

TIMEOUT_S = 20.0
SMTPS_PORT = 465  # encrypted from its first byte


class MailRefused(FlowliteError):
    """A mail did not go out. `is_final`: the server said that it never will."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


def send_mail(
    connection: Connection, to: Sequence[str], subject: str, text: str, *, html: str | None = None,
    attachments: Sequence[str | Path] = (), sender: str | None = None, key: str | None = None,
) -> str:  # fmt: skip
    """Send one mail to all of `to`; returns its Message-ID. Blocks for up to 20 s a step.

    `text` is what a plain reader shows, `html` what others do; `attachments` are files. The same `key` gives the same
    Message-ID, by which receivers know a mail that comes twice. Raises MailRefused, OSError for a file.
    """
    settings = settings_of(connection)
    message = EmailMessage()
    message["From"] = sender or required(connection, "sender", example="flowlite@example.com")
    message["To"] = ", ".join(map(one_line, to))
    message["Subject"] = one_line(subject)
    message["Date"] = formatdate()
    message["Message-ID"] = id_of(key) if key else make_msgid(domain=socket.getfqdn())
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    for path in map(Path, attachments):
        kind = (mimetypes.guess_type(path.name)[0] or "application/octet-stream").split("/")
        message.add_attachment(path.read_bytes(), maintype=kind[0], subtype=kind[1], filename=path.name)
    post(settings, message)
    return str(message["Message-ID"])


def post(settings: Mapping[str, Any], message: EmailMessage) -> None:
    """One conversation with the server."""
    with conversation(settings) as server:
        refused = server.send_message(message)
    if refused:
        where = f"{settings['host']}:{settings['port']}"
        raise MailRefused(f"{where} refused {', '.join(refused)}; the others got the mail", is_final=True)


def ping(connection: Connection) -> str:
    """Try the connection; what was seen, for people. Sends nothing."""
    required(connection, "host", example="mail.example.com")
    settings = settings_of(connection)
    with conversation(settings) as server:
        server.noop()
    who = f" as {settings['user']}" if settings.get("user") else ""
    return f"{settings['host']}:{settings['port']} takes mail{who}"


@contextmanager
def conversation(settings: Mapping[str, Any]) -> Iterator[smtplib.SMTP]:
    """A server that knows us; what goes wrong is one line."""
    where = f"{settings['host']}:{settings['port']}"
    try:
        with opened(settings) as server:
            if settings.get("user"):
                server.login(settings["user"], settings.get("password") or "")
            yield server
    except smtplib.SMTPAuthenticationError:
        raise MailRefused(f"{where} refused the password of {settings['user']!r}", is_final=True) from None
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
        codes = codes_of(error)
        raise MailRefused(f"{where} refused the mail: {said(error)}", is_final=min(codes) >= 500) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused(f"{where} can't send mail now: {type(error).__name__}: {error}") from None


def opened(settings: Mapping[str, Any]) -> smtplib.SMTP:
    """Connected, and encrypted if it is to be."""
    host, port = settings["host"], int(settings["port"])
    if port == SMTPS_PORT:
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    if settings.get("starttls", True):
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def codes_of(error: Exception) -> list[int]:
    """What the server answered; below 500 it may take the mail later."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    assert isinstance(error, smtplib.SMTPResponseException)
    return [error.smtp_code]


def said(error: Exception) -> str:
    """In its own words."""
    answers = (
        list(error.recipients.values())
        if isinstance(error, smtplib.SMTPRecipientsRefused)
        else [(getattr(error, "smtp_code", 0), getattr(error, "smtp_error", b""))]
    )
    return "; ".join(
        f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}" for code, text in answers
    )


def one_line(text: str) -> str:
    """A header is one line: what would begin another is a space."""
    return " ".join(text.split())


def id_of(key: str) -> str:
    """Always the same for one key."""
    import hashlib

    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@flowlite>"


# --- as a channel -----------------------------------------------------------------------------------------------------
async def notify(settings: Mapping[str, Any], alert: Alert) -> None:
    """Send an alert. Raises MailRefused."""
    connection = flowlite.connection(settings["connection"])
    await asyncio.to_thread(
        send_mail, connection, settings["to"], f"[flowlite] {alert.title}", alert.text, html=html_of(alert),
        sender=settings.get("sender") or connection.get("sender"), key=alert.key,
    )  # fmt: skip


def html_of(alert: Alert) -> str:
    """The same with a little form; everything in it is text."""
    style = "padding:2px 12px 2px 0;vertical-align:top"
    rows = "".join(
        f'<tr><td style="{style};color:#666">{html.escape(label)}</td><td style="{style}">{html.escape(said)}</td></tr>'
        for label, said in alert.facts
    )
    parts = [f"<h3>{html.escape(alert.title)}</h3>", f"<table>{rows}</table>" if rows else ""]
    if alert.detail:
        parts.append(f'<pre style="background:#f4f4f4;padding:8px">{html.escape(alert.detail)}</pre>')
    parts += [f"<div>{html.escape(line)}</div>" for line in alert.more]
    parts += [f"<div><code>{html.escape(step)}</code></div>" for step in alert.steps]
    return f'<html><body style="font-family:sans-serif">{"".join(parts)}</body></html>'
