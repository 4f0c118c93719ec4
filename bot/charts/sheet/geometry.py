"""Boxes (left, bottom, right, top) and strokes (x0, y0, x1, y1, half the width), one a row, in numpy arrays."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

SLACK_PX: Final = 2
"""Closer than this is not yet touching: glyph edges are soft."""


def shrunk(boxes: Any) -> Any:
    """The boxes without their outermost pixels, which soft edges share."""
    return boxes + np.array([SLACK_PX, SLACK_PX, -SLACK_PX, -SLACK_PX])


def touching(ones: Any, others: Any) -> Any:
    """Which of the ones overlap which of the others, as a matrix."""
    one, other = ones[:, None, :], others[None, :, :]
    return ((one[..., :2] < other[..., 2:]) & (one[..., 2:] > other[..., :2])).all(axis=2)


def inside(ones: Any, others: Any) -> Any:
    """Which of the ones lie within which of the others, as a matrix."""
    one, other = ones[:, None, :], others[None, :, :]
    return ((one[..., :2] >= other[..., :2] - SLACK_PX) & (one[..., 2:] <= other[..., 2:] + SLACK_PX)).all(axis=2)


def struck(boxes: Any, strokes: Any) -> Any:
    """Which boxes a stroke passes through, as a matrix: a segment clipped to the box keeps some length (Liang-Barsky)."""
    start, end, half = strokes[None, :, :2], strokes[None, :, 2:4], strokes[None, :, 4:]
    low, high = boxes[:, None, :2] - half, boxes[:, None, 2:] + half
    run = end - start
    run = np.where(run == 0, 1e-12, run)
    first, second = (low - start) / run, (high - start) / run
    enters = np.maximum(np.minimum(first, second).max(axis=2), 0)
    leaves = np.minimum(np.maximum(first, second).min(axis=2), 1)
    return enters < leaves


def spans(strokes: Any) -> Any:
    """The box around each stroke."""
    starts, ends = strokes[:, :2], strokes[:, 2:4]
    return np.hstack([np.minimum(starts, ends), np.maximum(starts, ends)])
