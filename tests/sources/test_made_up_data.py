"""What is computed of made-up data, against what those who made it know to be in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bot.domain.measure import WHOLE, Observation
from bot.domain.period import Period
from bot.sources import github_events, survey_microdata
from tests.sources.computing import a_computer
from tests.sources.conftest import subject
from tests.synthetic.folders import make, table


def test_the_stars_of_a_month_are_those_that_were_given(tmp_path: Path) -> None:
    data = make(tmp_path / "events", "events", "--start", "2025-02-01", "--days", "28", "--events-per-hour", "12")
    given = Counter[str]()
    for row in table(data / "truth.csv"):
        given[row["repo_id"]] += int(row["stars"])
    subjects = [
        subject("33015583", github_events="keras-team/keras"),
        subject("45717250", github_events="tensorflow/tensorflow"),
        subject("65600975", github_events="pytorch/pytorch"),
        subject("154739597", github_events="google/jax|jax-ml/jax"),
        subject("900000001", github_events="made-up/pytorch"),
    ]
    source, february = github_events.Source(files=data), Period.month(2025, 2)
    (reply,) = source.fetch(a_computer(tmp_path, trial=True), subjects, february)
    found = {one.subject: one.value for one in source.parse(reply, subjects, february) if isinstance(one, Observation)}
    assert found == {one.key: given[one.key] for one in subjects}
    assert min(found.values()) > 0


def test_the_shares_of_surveys_are_those_of_who_answered(tmp_path: Path) -> None:
    data = make(tmp_path / "surveys", "surveys", "--respondents", "2000")
    truth = {(row["file"], row["what"], row["label"]): int(row["respondents"]) for row in table(data / "truth.csv")}
    tensorflow = subject("TensorFlow", survey_microdata="TensorFlow")
    keras = subject("Keras", survey_microdata="Keras")
    net = subject(".NET (5+)", survey_microdata=".NET (5+)")
    jax, either = subject("JAX", survey_microdata="JAX"), subject("either", ("TensorFlow", "Keras"))
    kaggle, other = "kaggle/responses.csv", "stackoverflow/survey_results_public.csv"
    source = survey_microdata.Source((
        survey_microdata.Survey(2022, data / kaggle, "Q17", "use", "users", "Us", "https://example.org/", header_lines=2),
        survey_microdata.Survey(
            2024, data / other, "MiscTechHaveWorkedWith", "use", "users", "Us", "https://example.org/", separator=";", none=""
        ),
    ))  # fmt: skip
    subjects = [tensorflow, keras, jax, net, either]
    for file, year, base in ((kaggle, 2022, "named"), (other, 2024, "answered")):
        replies = source.fetch(a_computer(tmp_path, trial=True), subjects, Period.year(year))
        told = [one for reply in replies for one in source.parse(reply, subjects, Period.year(year))]
        users = {
            one.subject: one.value
            for one in told
            if isinstance(one, Observation) and one.metric == "users" and one.period == Period.year(year)
        }
        options = {one.key: truth[file, "option", one.key] for one in subjects[:4] if (file, "option", one.key) in truth}
        assert users == options | {
            WHOLE: truth[file, base, ""],
            "either": truth[file, "union", "TensorFlow or Keras"],
        }
