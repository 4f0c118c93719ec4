"""No secret is left in a text, however it is written there."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from bot.config import Secret
from bot.service.masking import Masking

KEY = 'pä"ss w%rd/é+='


def masked(text: str, *secrets: str) -> str:
    return Masking(Secret(one) for one in secrets)(text)


def test_without_secrets_a_text_stays() -> None:
    assert masked("all is well") == "all is well"


def test_each_secret_is_hidden_wherever_it_stands() -> None:
    assert masked("a tok-1234, b tok-1234x, c key-9999", "tok-1234", "key-9999") == "a ****, b ****x, c ****"


def test_of_two_secrets_the_longer_one_is_hidden_whole() -> None:
    assert masked("tok-1234-long", "tok-1234", "tok-1234-long") == "****"


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        quote_plus(KEY),
        json.dumps(KEY)[1:-1],
        json.dumps(KEY, ensure_ascii=False)[1:-1],
        repr(KEY)[1:-1],
        ascii(KEY)[1:-1],
    ],
)
def test_a_secret_is_hidden_as_others_write_it(written: str) -> None:
    assert masked(f"<{written}>", KEY) == "<****>"


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    assert masked("password=pw, user pwd, 'pw'", "pw") == "password=****, user pwd, '****'"


def test_of_a_database_the_password_is_hidden_and_its_place_is_not() -> None:
    url = "postgresql://mill:s%40lt-99@db.example.org/mill?sslpassword=s3l%2Fp"
    plain = base64.b64encode(b"mill:s@lt-99").decode()
    said = f"{url} | db.example.org/mill: s@lt-99 for mill, s%40lt-99, s3l/p, {plain}"
    assert masked(said, url) == "**** | db.example.org/mill: **** for mill, ****, ****, ****"


@pytest.mark.parametrize(
    "url", ["sqlite:////srv/mill/threadmill.db", "postgresql://mill@db/mill", "sqlite:///x", "postgresql://[x"]
)
def test_an_address_without_a_password_hides_no_word(url: str) -> None:
    assert masked("the store /srv/mill/threadmill.db of mill on db", url) == "the store /srv/mill/threadmill.db of mill on db"


def test_of_a_cluster_the_token_is_hidden_and_its_host_is_not() -> None:
    url = "sc://spark.example.org:15002/;use_ssl=true;token=s3cr%2Ft"
    assert masked("spark.example.org:15002 refuses s3cr/t with use_ssl=true", url) == (
        "spark.example.org:15002 refuses **** with use_ssl=true"
    )


def test_of_a_webhook_all_that_opens_it_is_hidden_and_its_host_is_not() -> None:
    url = "https://hooks.example.org/services/T0AB12CD/Xq9xYzabcdefgh?thread=4711abc"
    said = f'{url} | hooks.example.org:443 "POST /services/T0AB12CD/Xq9xYzabcdefgh?thread=4711abc" | services/T0AB12CD | Xq9xYzabcdefgh'
    assert masked(said, url) == ('https://hooks.example.org**** | hooks.example.org:443 "POST ****" | services/**** | ****')


def test_of_a_mail_server_the_password_is_hidden_also_as_it_is_sent() -> None:
    url = "smtp://mill:hunter22@mail.example.org:587?from=mill@example.org"
    plain, login = base64.b64encode(b"\0mill\0hunter22").decode(), base64.b64encode(b"hunter22").decode()
    said = f"AUTH PLAIN {plain} | {login} | hunter22 | mail.example.org:587 as mill"
    assert masked(said, url) == "AUTH PLAIN **** | **** | **** | mail.example.org:587 as mill"
