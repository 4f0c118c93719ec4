from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from twitter_text.extract_urls import extract_urls_with_indices
from twitter_text.parse_tweet import parse_tweet

from bot.compose.length import Length, lookalikes, measure
from tests.builders import FEW

_HARD = ["113.8M", "TF.js", "1.5x", "v1.2.io", "x.com", "https://t.co/abc", " ", "\n", ".", "é", "e\u0301", "©", "®", "👩\u200d💻", "🇫🇷",
         "1\ufe0f\u20e3", "中文", "한국", "−", "…", "–", "½", "\u202f", "\u2060", "#a", "@b", "example.py", "例え.jp", "a_b.com", "-x.com"]  # fmt: skip
pieces = st.lists(st.sampled_from(_HARD) | st.text(max_size=4), max_size=12).map("".join)
ascii_with_dots = st.text("abz019. /:@-_\n", max_size=40)


@FEW
@given(pieces | ascii_with_dots | st.text(max_size=60))
@example("")
@example("see example.py and 113.8M")
@example("©")
@example("e\u0301" * 10)
@example("́.com")
def test_the_length_and_links_of_any_text_are_those_of_the_conforming_parser(text: str) -> None:
    normal = unicodedata.normalize("NFC", text)
    assert measure(text) == Length(
        parse_tweet(normal).weightedLength, tuple(found["url"] for found in extract_urls_with_indices(normal))
    )


@pytest.mark.parametrize(
    ("text", "weighted"),
    [
        ("1/5", 3),
        ("(2/5)", 5),
        ("🧵 1/5", 6),
        ("a" * 280, 280),
        ("中" * 140, 280),
        ("113.8M", 6),
        ("− … • → € ≈ ≥ ™", 23),  # eight of weight two, seven blanks
        ("– — · × ± ° ½ ² “ ” ‘ ’ £ ¥ µ ′", 31),
        ("\u2009", 1),
        ("\u202f", 2),
        ("e\u0301", 1),  # one character once composed
        ("👩\u200d💻", 2),
        ("😀😀", 4),
        ("", 0),
    ],
)
def test_a_text_counts_as_the_network_counts_it(text: str, weighted: int) -> None:
    assert measure(text).weighted == weighted


@pytest.mark.parametrize(
    ("text", "weighted", "links"),
    [
        ("https://example.com/a/very/long/path/to/some/page?with=a&query=too", 23, ("https://example.com/a/very/long/path/to/some/page?with=a&query=too",)),
        ("x.com", 23, ("x.com",)),
        ("Written in main.rs today", 40, ("main.rs",)),  # 11 + 23 + 6
        ("Growth.In all", 27, ("Growth.In",)),
        ("3.14 and 1.5x, v2.0, U.S., Node.js, BRK.B, fig.1, .NET 8", 56, ()),
    ],
)  # fmt: skip
def test_what_the_network_links_counts_23(text: str, weighted: int, links: tuple[str, ...]) -> None:
    assert measure(text) == Length(weighted, links)


def test_what_merely_looks_like_a_domain_is_told_apart_from_what_counts() -> None:
    assert lookalikes("new.zzzz and 113.8M, U.S., e.g. this; data.zip.") == ("new.zzzz", "data.zip")
    assert measure("new.zzzz").links == ()
