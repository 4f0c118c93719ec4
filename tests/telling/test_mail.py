"""What is sent by mail, under which guard, and what is known afterwards."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.config import Secret
from bot.errors import Untold
from bot.telling import mail as room
from bot.telling.mail import Mail
from tests.telling.servers import CERTIFICATE, Post, mail, nobody
from tests.telling.words import NOTICE

PASSWORD = "hunt:er2"
TO = ("ops@example.org", "boss@example.org")


@pytest.fixture
def server() -> Iterator[Post]:
    with mail() as server:
        yield server


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes the certificates it trusts from here, where this is set."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server counts as another machine."""
    monkeypatch.setattr(room, "_LOOPBACK", ())


def teller(server: Post, scheme: str = "smtp", user: str = "mill:hunt%3Aer2@", rest: str = "", to: tuple[str, ...] = TO) -> Mail:
    return Mail(Secret(f"{scheme}://{user}localhost:{server.port}{rest}"), to, seconds=5)


def untold(one: Mail) -> tuple[str, bool]:
    with pytest.raises(Untold) as told:
        one.tell(NOTICE)
    assert "hunt" not in f"{told.value!r}{told.value.__cause__!r}{one.name}"
    assert told.value.__suppress_context__ or told.value.__context__ is None
    return str(told.value), told.value.permanent


def test_the_first_line_is_the_subject(server: Post) -> None:
    teller(server, rest="?from=mill@example.org").tell(NOTICE)
    ((sender, to, message),) = server.mails
    assert (sender, to) == ("mill@example.org", TO)
    headers = {name: str(message[name]) for name in ("Subject", "From", "To", "Date", "Auto-Submitted")}
    assert headers == {
        "Subject": "threadmill: dl-frameworks-monthly 2026-10 waits for approval",
        "From": "mill@example.org",
        "To": "ops@example.org, boss@example.org",
        "Date": "Thu, 05 Nov 2026 08:00:01 +0000",
        "Auto-Submitted": "auto-generated",
    }
    assert message["Message-ID"].endswith("@example.org>")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == NOTICE.text
    assert server.users == [("mill", PASSWORD)]
    assert server.said[-1] == "QUIT"


@pytest.mark.parametrize(
    ("user", "rest", "sender"),
    [
        ("mill:x@", "", "ops@example.org"),
        ("mill%40example.net:x@", "", "mill@example.net"),
        ("mill%40example.net:x@", "?from=a@example.com", "a@example.com"),
        ("", "", "ops@example.org"),
    ],
)
def test_it_comes_from_the_user_if_that_is_an_address(server: Post, user: str, rest: str, sender: str) -> None:
    teller(server, user=user, rest=rest).tell(NOTICE)
    assert server.mails[0][0] == sender
    assert bool(server.users) == bool(user)


def test_no_notice_can_write_a_header_or_end_the_mail(server: Post) -> None:
    text = "\n \r\nheld\x00\x1b\rBcc: a@b\r\nBcc: c@d\n.\nQUIT\n" + "ä" * 3000
    teller(server).tell(replace(NOTICE, text=text, at=None))
    message = server.mails[0][2]
    assert message["Bcc"] is None
    assert message["Subject"] == "held\ufffd\ufffd"
    assert message.get_content().endswith("Bcc: c@d\n.\nQUIT\n" + "ä" * 3000 + "\n")


@pytest.mark.usefixtures("trusted")
def test_over_tls_from_the_first_byte() -> None:
    with mail(tls=True) as server:
        teller(server, "smtps").tell(NOTICE)
    assert (server.over_tls, server.users) == ([True], [("mill", PASSWORD)])


@pytest.mark.usefixtures("trusted", "elsewhere")
def test_to_another_machine_it_goes_over_tls_before_any_password(server: Post) -> None:
    teller(server).tell(NOTICE)
    assert server.over_tls == [True]
    assert server.said == [
        "EHLO",
        "STARTTLS",
        "EHLO",
        "AUTH",
        "MAIL",
        "RCPT",
        "RCPT",
        "DATA",
        "QUIT",
    ]


@pytest.mark.usefixtures("elsewhere")
def test_without_tls_nothing_is_sent_to_another_machine(server: Post) -> None:
    server.starttls = False
    words, permanent = untold(teller(server))
    assert (permanent, "offers no STARTTLS, and nothing was sent in the clear" in words) == (True, True)
    assert (server.users, server.mails) == ([], [])


@pytest.mark.usefixtures("elsewhere")
def test_a_certificate_that_is_not_trusted_is_not_talked_to(server: Post) -> None:
    words, permanent = untold(teller(server))
    assert (permanent, "has a certificate that is not trusted" in words) == (False, True)
    with mail(tls=True) as other:
        assert "has a certificate that is not trusted" in untold(teller(other, "smtps"))[0]
    assert (server.users, server.mails, other.said) == ([], [], [])


@pytest.mark.usefixtures("trusted")
def test_a_certificate_of_another_host_is_not_talked_to() -> None:
    with mail(tls=True) as server:
        words, permanent = untold(Mail(Secret(f"smtps://127.1:{server.port}"), TO, seconds=5))
    assert (permanent, "has a certificate that is not trusted" in words, server.said) == (False, True, [])


@pytest.mark.parametrize(
    ("verb", "reply", "permanent", "words"),
    [
        ("AUTH", "535 5.7.8 no hunt:er2", True, "refuses user or password (535). Mend THREADMILL_SMTP_URL"),
        ("AUTH", "454 4.7.0 later", False, "does not take user or password now (454)"),
        ("MAIL", "550 not you", True, "refuses mails from ops@example.org (550). Mend ?from= of THREADMILL_SMTP_URL"),
        ("RCPT", "550 nobody", True, "refuses every address (550). Mend THREADMILL_NOTIFY_EMAIL"),
        ("RCPT", "450 full", False, "does not take every address now (450)"),
        ("DATA", "554 spam", True, "refuses the mail (554)"),
        ("DATA", "451 later", False, "does not take the mail now (451)"),
        ("greeting", "554 go away", True, "refuses the mail (554)"),
        ("greeting", "421 busy", False, "does not take the mail now (421)"),
        ("greeting", "nonsense", False, "answered what no mail server says"),
    ],
)
def test_a_refusal_is_for_good_or_passes(server: Post, verb: str, reply: str, permanent: bool, words: str) -> None:
    server.replies[verb] = reply
    told, found = untold(teller(server))
    assert (found, words in told) == (permanent, True), told
    assert server.mails == []


def test_whoever_of_several_is_refused_is_logged_and_the_others_are_told(server: Post, caplog: pytest.LogCaptureFixture) -> None:
    server.replies["RCPT boss@example.org"] = "550 left"
    teller(server).tell(NOTICE)
    assert [to for _, to, _ in server.mails] == [("ops@example.org",)]
    (line,) = [one for one in caplog.records if one.name == "bot.telling.mail"]
    assert (line.levelno, line.message, vars(line)["to"]) == (logging.WARNING, "mail refused for some", ["boss@example.org"])


def test_a_server_without_login_is_told_no_password(server: Post) -> None:
    server.login = False
    assert untold(teller(server)) == (
        "the mail server localhost takes no user and password as they are. Mend THREADMILL_SMTP_URL",
        True,
    )


def test_a_password_no_server_takes_is_told_of(server: Post) -> None:
    assert untold(teller(server, user="mill:hunt%C3%A4@"))[1] is True


def test_whoever_is_not_there_may_come_back() -> None:
    words, permanent = untold(Mail(Secret(f"smtp://127.0.0.1:{nobody()}"), TO, seconds=5))
    assert (permanent, "the mail server 127.0.0.1 refuses the connection. It is tried again" in words) == (False, True)


def test_whoever_is_silent_is_waited_for_so_long(server: Post) -> None:
    server.silent = threading.Event()
    began = time.monotonic()
    words, permanent = untold(Mail(Secret(f"smtp://127.0.0.1:{server.port}"), TO, seconds=0.4))
    assert time.monotonic() - began < 1.5
    assert not permanent
    assert "silent for too long" in words or "did not take the mail in 0.4 s" in words


def test_a_goodbye_that_is_never_said_leaves_the_mail_sent(server: Post) -> None:
    server.replies["QUIT"] = "500 what?"
    teller(server).tell(NOTICE)
    assert len(server.mails) == 1
