"""The real files, where they are, and subjects as a recipe would give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.domain.measure import Subject

SHARED_DATA = (Path(__file__).parents[2] / ".." / "shared" / "data").resolve()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    if not SHARED_DATA.is_dir():
        pytest.skip(f"the raw files are not at {SHARED_DATA}")
    return SHARED_DATA


def subject(key: str, members: tuple[str, ...] = (), **ids: str) -> Subject:
    return Subject(key, key.capitalize(), "#000000", "#000000", members, ids)


@pytest.fixture(scope="session")
def subjects() -> tuple[Subject, ...]:
    return (
        subject(
            "tensorflow",
            kaggle_survey="TensorFlow",
            so_survey="TensorFlow",
            top_pypi="tensorflow",
            github_history="tensorflow/tensorflow",
            conference_papers="tensorflow",
        ),
        subject("keras", kaggle_survey="keras", so_survey="Keras", top_pypi="keras", github_history="keras-team/keras"),
        subject(
            "pytorch",
            kaggle_survey="PyTorch",
            so_survey="Torch/PyTorch",
            top_pypi="torch",
            github_history="pytorch/pytorch",
            conference_papers="pytorch",
        ),
        subject("jax", kaggle_survey="JAX", so_survey="JAX", top_pypi="jax", github_history="best-of-ml:google/jax"),
        subject("scikit-learn", kaggle_survey="Scikit-learn"),
        subject("lightning", kaggle_survey="PyTorch Lightning"),
        subject("fastai", kaggle_survey="Fastai|Fast.ai"),
        subject("tf-keras", ("tensorflow", "keras")),
        subject("pytorch-family", ("pytorch", "lightning", "fastai")),
    )
