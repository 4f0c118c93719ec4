"""`evidence_url`: an https address with {report} and {period}, and every other one refused with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BadRecipe
from bot.recipe import report
from bot.recipe.address import BadAddress, check_address
from tests.builders import FEW
from tests.test_recipe import KINDS, RECIPE, written


def refusal(folder: Path, address: str, key: str = "evidence_url") -> str:
    here = written(folder, f"{key} = '{address}'\n{RECIPE}")
    with pytest.raises(BadRecipe) as error:
        report(here, KINDS)
    return str(error.value).removeprefix(f"{here / 'report.toml'}: ")


def test_an_address_is_kept_as_it_is_written(tmp_path: Path) -> None:
    address = "https://example.org/numbers/{report}/{period}/?from=x#top"
    assert report(written(tmp_path, f'evidence_url = "{address}"\n{RECIPE}'), KINDS).evidence_url == address


def test_without_the_key_there_is_none(tmp_path: Path) -> None:
    assert report(written(tmp_path, RECIPE), KINDS).evidence_url == ""


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://example.org/{perod}/", 'has the placeholder {perod} (did you mean "period"?), which nothing fills'),
        ("https://example.org/{}/", "has the placeholder {}, which nothing fills"),
        ("https://example.org/{period", "with a brace that is no placeholder"),
        ("https://example.org/{{period}}", "with a brace that is no placeholder"),
        ("http://example.org/{period}/", 'is "http://example.org/{period}/"; write the whole address, with https:// in front'),
        ("example.org/{period}/", "write the whole address, with https:// in front"),
        ("javascript:alert(1)//{period}", "write the whole address, with https:// in front"),
        ("https://me:secret@example.org/{period}/", "has a user or password in it, which would be published"),
        ("https://{report}.example.org/", "with a placeholder in its host; put {report} and {period} into the path"),
        ("https://localhost/{period}/", "whose host is none that a reader could reach; write one such as example.org"),
        ("https:///{period}/", "whose host is none that a reader could reach"),
        ("https://example.org:99999/{period}/", "whose port is none; leave it out, or write one from 1 to 65535"),
        ("https://example.org:0/{period}/", "whose port is none"),
        ("https://example.org:https/{period}/", "whose port is none"),
        ("https://[::1/{period}/", "which is no address"),
        ("https://example.org/a b/{period}/", "which is no plain address"),
        ("https://example.org/caf\u00e9/{period}/", "which is no plain address"),
        ('https://example.org/"{period}"/', "which is no plain address"),
        ("https://example.org/{period}/" + "a" * 500, "or is longer than 500"),
    ],
)
def test_what_is_no_address_to_print_is_refused_with_what_to_write(tmp_path: Path, address: str, said: str) -> None:
    told = refusal(tmp_path, address)
    assert told.startswith("evidence_url ")
    assert said in told
    assert "secret" not in told


def test_a_misspelt_key_is_met_with_the_right_one(tmp_path: Path) -> None:
    assert 'unknown key "evidence_ulr" (did you mean "evidence_url"?)' in refusal(tmp_path, "https://e.org/", "evidence_ulr")


@FEW
@given(st.text(max_size=60))
def test_nothing_that_may_be_written_breaks_the_check(text: str) -> None:
    for template in (text, f"https://{text}", f"https://example.org/{text}"):
        try:
            check_address(template)
        except BadAddress as error:
            assert str(error).startswith(("is ", "has "))  # noqa: PT017 - either way is right
