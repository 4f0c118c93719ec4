"""
A fake X on loopback: one account's posts, media and timeline; as strict as X's OpenAPI file, as unreliable as a test wants it.

In a test:

    with FakeX(openapi=OPENAPI) as fake:                       # fake.url is the address; fake.keys are OAuth 1.0a keys it knows
        fake.faults.on(CREATE, named("drop-after"), nth=2)     # the second post is made, but its answer never comes
        ...                                                    # let the bot post
        assert fake.violations == []
        assert [part.text for part in fake.thread(root_id)] == [...]

`fake.keys.environment(fake.url)` are the variables that send `threadmill post` there. FAULTS has all that can go wrong, by name.

With OAuth 2.0, a GET of fake.url + AUTHORIZE is the page on which `fake.person` lets the app in or not, and TOKEN the call that
gives tokens for its code, for a refresh token, or for OAuth 1.0a keys. `fake.log_in(*SCOPES)` gives them at once, and
`fake.advance(7200)` ends an access token.

In a process of its own, so that a client can be killed and another one started: `python -m bot.rehearsal --port 0 --state FILE`,
or `with Elsewhere(folder) as fake:` which runs just that. What begins with /_ is the test's own door: GET /_state; GET, POST and
DELETE /_faults; POST /_clock.

Where X says what, we do that: "docs" is xdevplatform/docs at 2026-08-22 (OpenAPI 2.167); other witnesses are named where they
speak. Where nobody knows, the choice is marked as ours. It does not do: revoking tokens, chunked uploads, images other than PNG,
quotes, polls, edits, communities.
"""

from __future__ import annotations

from bot.rehearsal.accounts import CLIENT, KEYS, Account, Client, Keys
from bot.rehearsal.answers import Answer, problem
from bot.rehearsal.asked import Call
from bot.rehearsal.authorize import AUTHORIZE, Person
from bot.rehearsal.budget import PRICES
from bot.rehearsal.elsewhere import Elsewhere
from bot.rehearsal.fake import FakeX
from bot.rehearsal.faults import FAULTS, Fault, named
from bot.rehearsal.media import Media
from bot.rehearsal.operations import CREATE, DELETE, EVERY, LIMITS, ME, METADATA, OPERATIONS, TIMELINE, TOKEN, UPLOAD
from bot.rehearsal.posts import Post
from bot.rehearsal.scopes import SCOPES
from bot.rehearsal.script import Faults
from bot.rehearsal.timeline import Branched, Part
from bot.rehearsal.tokens import BEARER, Family

__all__ = [
    "AUTHORIZE", "BEARER", "CLIENT", "CREATE", "DELETE", "EVERY", "FAULTS", "KEYS", "LIMITS", "ME", "METADATA", "OPERATIONS",
    "PRICES", "SCOPES", "TIMELINE", "TOKEN", "UPLOAD",
    "Account", "Answer", "Branched", "Call", "Client", "Elsewhere", "FakeX", "Family", "Fault", "Faults", "Keys", "Media", "Part",
    "Person", "Post", "named", "problem",
]  # fmt: skip
