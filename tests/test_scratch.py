"""The desk in memory keeps what the stored ones promise, by their very tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.domain.delivery import State
from bot.ports import Desk
from bot.scratch import ScratchDesk
from tests.store import test_desk as promises

KEPT: list[Callable[[Desk], None]] = [
    promises.test_an_edition_comes_back_byte_by_byte,
    promises.test_a_fresh_edition_is_planned_in_order,
    promises.test_a_correction_is_an_edition_beside_its_thread,
    promises.test_an_edition_of_eleven_posts_comes_in_the_order_of_numbers,
    promises.test_a_post_is_taken_once,
    promises.test_posts_are_taken_one_after_the_other,
    promises.test_a_post_that_is_not_there_is_not_taken,
    promises.test_an_id_belongs_to_what_is_published,
    promises.test_of_two_that_settle_the_first_one_counts,
    promises.test_what_is_being_sent_is_unknown_when_its_lease_runs_out,
    promises.test_a_worker_that_lost_its_lease_settles_nothing,
    promises.test_no_sequence_of_calls_leaves_the_table_or_sends_twice,
    promises.test_nobody_takes_a_post_of_an_edition_that_is_withdrawn,
    promises.test_a_worker_that_has_a_post_settles_it_after_the_edition_is_withdrawn,
    promises.test_a_thread_that_fits_the_budget_to_the_cent_is_frozen_and_one_that_does_not_leaves_nothing,
    promises.test_an_edition_that_was_begun_is_told_whatever_the_budget,
    promises.test_a_charge_is_written_with_the_outcome_it_belongs_to_or_not_at_all,
    promises.test_the_newest_upload_of_each_picture_is_told_in_order,
    promises.test_charges_are_told_in_order_of_time,
]


@pytest.mark.parametrize("promise", KEPT, ids=lambda promise: promise.__name__.removeprefix("test_"))
def test_the_desk_in_memory_keeps_a_promise_of_the_stored_ones(promise: Callable[[Desk], None]) -> None:
    promise(ScratchDesk())


@pytest.mark.parametrize("state", State)
def test_it_goes_the_ways_of_the_table_and_no_other(state: State) -> None:
    if state in (State.PLANNED, State.REJECTED):
        promises.test_an_edition_of_which_nothing_is_out_can_be_forgotten_and_frozen_anew(ScratchDesk(), state)
    else:
        promises.test_an_edition_of_which_anything_is_or_may_be_out_is_never_forgotten(ScratchDesk(), state)
    promises.test_a_post_goes_the_ways_of_the_table_and_no_other(ScratchDesk(), state)
    if state is not State.PUBLISHED:
        promises.test_a_post_is_not_taken_before_the_one_before_it_is_published(ScratchDesk(), state)
