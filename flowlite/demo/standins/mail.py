"""A mail server on loopback: aiosmtpd takes every mail, and keeps it with its attachments as files people can open."""

from __future__ import annotations

import re
import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flowlite import FlowliteError
from flowlite.integrations import LibraryMissing, library


class MailServer:
    """`with MailServer() as server:` it takes mails at `server.host` and `server.port`. `keep` is a folder for them."""

    host = "127.0.0.1"
    port: int

    def __init__(self, keep: Path | None = None) -> None:
        self.keep = keep
        self.mails: list[EmailMessage] = []
        self.refusing = ""
        """While it is set, every mail is answered with it: `451 come back later`."""

    def __enter__(self) -> Self:
        try:
            controllers = library("aiosmtpd.controller", extra="demo")
        except LibraryMissing as missing:
            raise FlowliteError(f"the mail stand-in: {missing}") from None
        with socket.create_server((self.host, 0)) as free:
            self.port = free.getsockname()[1]
        self._controller = controllers.Controller(
            self, hostname=self.host, port=self.port, server_hostname="mail.example.com", ready_timeout=20.0
        )
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """A mail."""
        if self.refusing:
            return self.refusing
        message: EmailMessage = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append(message)
        if self.keep:
            keep_mail(self.keep, len(self.mails), message, envelope.content)
        return "250 OK"


def keep_mail(folder: Path, number: int, message: EmailMessage, content: bytes) -> None:
    """One file for the mail, one for each attachment."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{number:02}-{re.sub(r'[^a-z0-9]+', '-', str(message['Subject']).lower()).strip('-')[:60]}"
    (folder / f"{name}.eml").write_bytes(content)
    for part in message.iter_attachments():
        attached = Path(part.get_filename() or "attachment").name
        (folder / f"{number:02}-{attached}").write_bytes(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
