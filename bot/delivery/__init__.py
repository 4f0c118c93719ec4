"""
Walks an edition's deliveries: take, send, record; stops at the first post that is not published.

What is about to be done is committed before it is done, and what came of it after. A post whose fate is unknown is looked for on
the account itself, and sent again only when it is proven not to be there. Nothing is ever a reply to anything but a post of its
edition, or, in a correction, to the post it corrects.
"""

from bot.delivery.posting import deliver, refuse_withdrawn
from bot.delivery.round import LEASE, MEDIA_KEEP, Clock, Round
from bot.delivery.undoing import undo

__all__ = ["LEASE", "MEDIA_KEEP", "Clock", "Round", "deliver", "refuse_withdrawn", "undo"]
