"""
Tells by mail. The first line of a notice is the subject.

To a server that is not this machine, a password and a mail go over TLS alone, at once (smtps) or after STARTTLS (smtp), and only
if its certificate is trusted.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from bot.config import Secret
from bot.domain.words import printable
from bot.errors import Untold
from bot.parallel import within
from bot.ports import Notice

if TYPE_CHECKING:
    import smtplib
    from collections.abc import Iterator
    from email.message import EmailMessage

_LOG: Final = logging.getLogger(__name__)
_SECONDS: Final = 25.0
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_HELLO: Final = "[127.0.0.1]"
"""An address in place of this machine's name (RFC 5321, 4.1.3): to find the whole name out may take a lookup of half a minute."""
_PORTS: Final = {"smtp": 587, "smtps": 465}


class Mail:
    """Sends each notice to some addresses through a mail server: smtp(s)://user:password@host:port?from=ADDRESS."""

    def __init__(self, server: Secret, to: Sequence[str], seconds: float = _SECONDS) -> None:
        self._server = server
        self._to = tuple(to)
        self._seconds = seconds
        self._url = urlsplit(server.reveal())

    @property
    def name(self) -> str:
        """By the server's host."""
        return f"the mail server {self._url.hostname}"

    def tell(self, notice: Notice) -> None:
        """Whoever of several is refused is logged, and the others are told."""
        try:
            within(self._seconds, partial(self._sent, notice))
        except TimeoutError:
            raise self._untold(f"did not take the mail in {self._seconds:g} s, and may have sent it", permanent=False) from None

    def _sent(self, notice: Notice) -> None:
        import smtplib  # only once there is something to tell

        try:
            with self._connected() as server:
                self._secured(server)
                refused = server.send_message(self._message(notice), self._sender, self._to)
        except smtplib.SMTPRecipientsRefused as error:
            raise self._refused(
                max(code for code, _ in error.recipients.values()), "every address", "THREADMILL_NOTIFY_EMAIL"
            ) from None
        except smtplib.SMTPSenderRefused as error:
            raise self._refused(error.smtp_code, f"mails from {self._sender}", "?from= of THREADMILL_SMTP_URL") from None
        except smtplib.SMTPAuthenticationError as error:
            raise self._refused(error.smtp_code, "user or password", "THREADMILL_SMTP_URL") from None
        except smtplib.SMTPResponseException as error:
            raise self._refused(error.smtp_code, "the mail", "THREADMILL_SMTP_URL") from None
        except (smtplib.SMTPNotSupportedError, UnicodeError):
            raise Untold(
                f"{self.name} takes no user and password as they are. Mend THREADMILL_SMTP_URL", permanent=True
            ) from None
        except (smtplib.SMTPException, OSError) as error:
            raise self._untold(_trouble(error), permanent=False) from None
        if refused:
            _LOG.warning("mail refused for some", extra={"to": sorted(refused), "server": self._url.hostname})

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        import smtplib
        import ssl

        host, port = self._url.hostname or "", self._url.port or _PORTS[self._url.scheme]
        if self._url.scheme == "smtps":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, _HELLO, timeout=self._seconds, context=context)
        else:
            server = smtplib.SMTP(host, port, _HELLO, timeout=self._seconds)
        try:
            yield server
            with suppress(smtplib.SMTPException, OSError):  # the mail was taken: how the other end says goodbye is all the same
                server.quit()
        finally:
            server.close()

    def _secured(self, server: smtplib.SMTP) -> None:
        """TLS, if it is not there yet, and then the password."""
        import ssl

        server.ehlo()
        if self._url.scheme == "smtp" and self._url.hostname not in _LOOPBACK:
            if not server.has_extn("starttls"):
                raise Untold(
                    f"{self.name} offers no STARTTLS, and nothing was sent in the clear. Set THREADMILL_SMTP_URL to another "
                    "port, or to smtps://",
                    permanent=True,
                )
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if self._url.username is not None:
            server.login(unquote(self._url.username), unquote(self._url.password or ""))

    def _message(self, notice: Notice) -> EmailMessage:
        from email.message import EmailMessage
        from email.utils import format_datetime, make_msgid

        subject = next((line.strip() for line in notice.text.splitlines() if line.strip()), notice.event)
        message = EmailMessage()
        message["Subject"] = " ".join(printable(subject).split())
        message["From"], message["To"] = self._sender, ", ".join(self._to)
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply is wanted
        if notice.at is not None:
            message["Date"] = format_datetime(notice.at)
        message.set_content(printable(notice.text))
        return message

    @property
    def _sender(self) -> str:
        user = unquote(self._url.username or "")
        return parse_qs(self._url.query).get("from", [user if re.fullmatch(r"[^@\s]+@[\w.-]+", user) else self._to[0]])[0]

    def _refused(self, code: int, what: str, where: str) -> Untold:
        """A reply of 4xx may pass, one of 5xx is for good (RFC 5321, 4.2.1); -1 is what smtplib makes of one without a number."""
        if code < 0:
            return self._untold("answered what no mail server says", permanent=False)
        if code < 500:
            return self._untold(f"does not take {what} now ({code})", permanent=False)
        return Untold(f"{self.name} refuses {what} ({code}). Mend {where}", permanent=True)

    def _untold(self, words: str, permanent: bool) -> Untold:
        return Untold(f"{self.name} {words}. It is tried again; if it stays, mend THREADMILL_SMTP_URL", permanent)


def _trouble(error: BaseException) -> str:
    """In words of our own: what a server says may repeat what it was told."""
    import ssl

    if "timed out" in str(error):  # smtplib wraps it
        return "was silent for too long"
    match error:
        case ssl.SSLCertVerificationError():
            return "has a certificate that is not trusted"
        case ssl.SSLError():
            return "could not be reached over TLS"
        case socket.gaierror():
            return "cannot be found: there is no network, or its name is wrong"
        case ConnectionRefusedError():
            return "refuses the connection"
        case _:
            return f"broke the conversation off ({type(error).__name__})"
