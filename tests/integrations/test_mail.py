"""Mail, by a real SMTP server that refuses, is slow, or is not there."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from flowlite import Alert
from flowlite.integrations import mail

smtpd = pytest.importorskip("aiosmtpd.controller")


class Box:
    """What came in; `answers` are given first, in order."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server, session, envelope) -> str:
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def box() -> Iterator[tuple[Box, dict[str, object]]]:
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = smtpd.Controller(box, hostname="127.0.0.1", port=port, server_hostname="mail.example.com")
    controller.start()
    yield box, {"host": "127.0.0.1", "port": port, "starttls": False, "sender": "flowlite@example.com"}
    controller.stop()


def test_a_mail_has_text_html_and_attachments(box, tmp_path: Path) -> None:
    inbox, settings = box
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.7 ...")
    mail.send_mail(
        settings, ["a@example.com", "b@example.com"], "Weekly\r\nBcc: x@evil", "Grüße", html="<p>Grüße</p>",
        attachments=[tmp_path / "report.pdf"],
    )  # fmt: skip
    (message,) = inbox.mails
    assert (message["Subject"], message["Bcc"]) == ("Weekly Bcc: x@evil", None)
    assert message["To"] == "a@example.com, b@example.com"
    assert message.get_body(("plain",)).get_content().strip() == "Grüße"
    assert message.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"
    (part,) = message.iter_attachments()
    assert (part.get_filename(), part.get_content_type()) == ("report.pdf", "application/pdf")
    assert part.get_content() == b"%PDF-1.7 ..."


def test_the_same_key_is_the_same_message(box) -> None:
    _, settings = box
    first = mail.send_mail(settings, ["a@example.com"], "s", "t", key="run 7")
    assert first == mail.send_mail(settings, ["a@example.com"], "s", "t", key="run 7")
    assert first != mail.send_mail(settings, ["a@example.com"], "s", "t", key="run 8")


@pytest.mark.parametrize(("answer", "is_final"), [("451 later", False), ("554 never", True)])
def test_a_refusal_says_whether_trying_again_helps(box, answer: str, is_final: bool) -> None:
    inbox, settings = box
    inbox.answers = [answer]
    with pytest.raises(mail.MailRefused, match=answer) as refused:
        mail.send_mail(settings, ["a@example.com"], "s", "t")
    assert refused.value.is_final is is_final
    mail.send_mail(settings, ["a@example.com"], "s", "t")
    assert len(inbox.mails) == 1


def test_a_server_without_encryption_is_not_given_a_password(box) -> None:
    inbox, settings = box
    with pytest.raises(mail.MailRefused, match="STARTTLS"):
        mail.send_mail({**settings, "starttls": True, "user": "u", "password": "secret"}, ["a@example.com"], "s", "t")
    assert inbox.mails == []


def test_a_server_that_is_not_there_is_named(box) -> None:
    _, settings = box
    with pytest.raises(mail.MailRefused, match=r"127\.0\.0\.1:1 can't send mail now") as refused:
        mail.send_mail({**settings, "port": 1}, ["a@example.com"], "s", "t")
    assert not refused.value.is_final


def test_an_alert_is_harmless_html() -> None:
    page = mail.html_of(
        Alert(kind="failure", key="k", title="<script>", at=0.0, facts=(("cause", "<b>"),), detail="a<b")
    )
    assert "<script>" not in page
    assert "&lt;b&gt;" in page


def test_a_connection_can_be_tried_without_a_mail(box) -> None:
    inbox, settings = box
    assert mail.ping(settings) == f"127.0.0.1:{settings['port']} takes mail"
    assert inbox.mails == []
    with pytest.raises(mail.MailRefused, match=r"127.0.0.1:9 can't send mail now"):
        mail.ping({**settings, "port": 9})
