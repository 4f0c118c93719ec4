"""The files under deploy/ and their pages name only commands, variables, exit codes and addresses there are."""

from __future__ import annotations

import argparse
import inspect
import re
import shlex
import stat
from collections.abc import Iterator
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from bot.cli.table import ROOMS
from bot.config import VARIABLES
from bot.service import endpoint

_ROOT: Final = Path(__file__).parent.parent.parent
_DEPLOY: Final = _ROOT / "deploy"
_FILES: Final = sorted(path for path in _DEPLOY.rglob("*") if path.is_file())
_PAGES: Final = sorted((_ROOT / "docs" / "deploy").glob("*.md"))
_UNITS: Final = [_DEPLOY / "systemd" / name for name in ("threadmill.service", "threadmill-once.service")]
_HOME: Final = "/var/lib/threadmill"


def test_there_are_recipes_and_a_page_for_each_way() -> None:
    assert [page.stem for page in _PAGES] == ["cron", "docker", "github-actions", "kubernetes", "systemd"]
    assert len(_FILES) >= 10


@pytest.mark.parametrize("path", [*_PAGES, *_FILES], ids=lambda path: path.name)
def test_every_command_that_is_named_can_be_given(path: Path) -> None:
    commands = list(_commands(path))
    if path in _PAGES:
        assert "approve" in {words[0] for words in commands} | set(re.findall(r"`threadmill ([a-z]+)", path.read_text()))
    for words in commands:
        _refuse_unknown(words)


@pytest.mark.parametrize("command", ["runn", "run --twice", "approve", "undo first", "skip one 2026-10"])
def test_a_command_that_cannot_be_given_is_noticed(command: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```sh\nsudo threadmill-by-hand {command}   # as always\n```\n")
    [words] = _commands(page)
    with pytest.raises(AssertionError):
        _refuse_unknown(words)


@pytest.mark.parametrize("path", [*_PAGES, *_FILES], ids=lambda path: path.name)
def test_every_variable_that_is_named_is_read(path: Path) -> None:
    named = set(re.findall(r"\b(?:THREADMILL|X)_[A-Z][A-Z_]*[A-Z]\b|\bDATABASE_[A-Z]+\b|\b[A-Z_]+_TOKEN\b", path.read_text()))
    assert named <= set(VARIABLES)


def test_what_is_copied_for_the_settings_sets_nothing_to_an_empty_value() -> None:
    """An empty value from EnvironmentFile=, env_file or a secret wins over what the unit or the image says."""
    lines = (_DEPLOY / "threadmill.env").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []
    named = {found[1] for line in lines if (found := re.match(r"#([A-Z_]+)=", line))}
    assert {"X_CONSUMER_KEY", "X_ACCESS_TOKEN_SECRET", "DATABASE_URL"} <= named
    assert not named & {"THREADMILL_HOME", "THREADMILL_LISTEN", "THREADMILL_LOG"}


@pytest.mark.parametrize("path", _UNITS, ids=lambda path: path.name)
def test_a_unit_keeps_state_and_fonts_where_it_may_write(path: Path) -> None:
    service = _service(path)
    assert {"StateDirectory=threadmill", "ProtectSystem=strict", "EnvironmentFile=/etc/threadmill/threadmill.env"} <= set(service)
    assert {f"Environment=THREADMILL_HOME={_HOME}", f"Environment=MPLCONFIGDIR={_HOME}/matplotlib"} <= set(service)


def test_both_units_are_locked_up_alike() -> None:
    first, second = (lines[lines.index("User=threadmill") :] for lines in map(_service, _UNITS))
    assert first == second
    assert len(first) > 30


def test_the_service_alone_is_told_to_stop_and_has_time_for_it() -> None:
    """Told by systemd as well as by the service, a turn would end at once, in the middle of a thread."""
    service = dict(line.split("=", 1) for line in _service(_UNITS[0]))
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > 10  # the service takes ten seconds at the most
    assert service["Type"] == "notify"
    assert service["RestartPreventExitStatus"] == "2"


def test_what_is_no_fault_of_the_machine_is_a_success_everywhere() -> None:
    assert "SuccessExitStatus=3 6 7" in _service(_UNITS[1])
    assert "\n    3 | 6 | 7) " in (_DEPLOY / "threadmill-once").read_text()
    job = _yaml("kubernetes/cronjob.yaml")["spec"]["jobTemplate"]["spec"]
    assert job["template"]["spec"]["containers"][0]["command"] == ["threadmill-once"]
    assert _yaml("github-actions.yml")["jobs"]["run"]["steps"][-1]["run"] == "sh deploy/threadmill-once"


def test_the_image_is_asked_how_it_is_where_the_service_answers() -> None:
    image = (_DEPLOY / "docker" / "Dockerfile").read_text()
    [port] = re.findall(r"THREADMILL_LISTEN=0\.0\.0\.0:(\d+)", image)
    [asked] = re.findall(r"http://127\.0\.0\.1:(\d+/\w+)", image)
    assert asked == f"{port}/healthz"
    assert 'case "/healthz":' in inspect.getsource(endpoint)
    assert f"EXPOSE {port}\n" in image
    assert _yaml("docker/compose.yaml")["services"]["threadmill"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_the_image_is_made_of_what_a_build_needs_and_nothing_else() -> None:
    image = (_DEPLOY / "docker" / "Dockerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*)", image, re.MULTILINE) for name in line.split()[:-1]}
    allowed = re.findall(r"^!(.*)", (_DEPLOY / "docker" / "Dockerfile.dockerignore").read_text(), re.MULTILINE)
    assert copied - {"--chmod=0755"} == set(allowed)
    assert all((_ROOT / name).exists() for name in allowed)
    assert "\nUSER 10001:10001\n" in image


def test_the_database_is_there_before_the_bot_in_compose() -> None:
    compose = _yaml("docker/compose.yaml")
    bot, database = compose["services"]["threadmill"], compose["services"]["database"]
    assert bot["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert database["healthcheck"]["test"][1] == "pg_isready"
    assert bot["read_only"] is True
    assert {volume.split(":")[0] for service in (bot, database) for volume in service["volumes"]} == set(compose["volumes"])
    assert f"state:{_HOME}" in bot["volumes"]
    assert "${POSTGRES_PASSWORD:?" in bot["environment"]["DATABASE_URL"]


def test_the_workflow_may_only_read_and_takes_nothing_that_is_typed_for_code() -> None:
    workflow = _yaml("github-actions.yml")
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["run"]["permissions"] == {"contents": "read"}
    assert workflow["concurrency"] == {"group": "threadmill", "cancel-in-progress": False}
    assert all("${{" not in step.get("run", "") for step in workflow["jobs"]["run"]["steps"])


@pytest.mark.parametrize("name", ["cronjob.yaml", "by-hand.yaml"])
def test_a_pod_is_not_root_and_writes_only_where_it_may(name: str) -> None:
    manifest = _yaml(f"kubernetes/{name}")
    pod = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"] if manifest["kind"] == "CronJob" else manifest["spec"]
    [container] = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert [mount["mountPath"] for mount in container["volumeMounts"]] == ["/tmp", _HOME]
    assert container["envFrom"] == [{"secretRef": {"name": "threadmill"}}]


def test_a_job_is_repeated_by_its_schedule_alone() -> None:
    spec = _yaml("kubernetes/cronjob.yaml")["spec"]
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert spec["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_scripts_may_be_executed() -> None:
    scripts = [path for path in _FILES if path.read_text().startswith("#!")]
    assert [path.name for path in scripts] == ["threadmill-by-hand", "threadmill-once"]
    assert all(path.stat().st_mode & stat.S_IXUSR for path in scripts)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_a_page_names_only_files_there_are(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"(?<![\w/])deploy/[\w./-]*\w", text))
    assert named
    assert [name for name in named if not (_ROOT / name).exists()] == []
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def _commands(path: Path) -> Iterator[list[str]]:
    """The words after `threadmill` where it is called, in the shell blocks of a page, in a script, unit, image or workflow."""
    text = path.read_text()
    if path.suffix == ".md":
        text = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    for line in text.splitlines():
        if line.lstrip().startswith(("#", "description:", "Description=", "3 | 6 | 7)")):
            continue
        code = re.sub(r"(^|\s)#.*", "", line)
        if found := re.search(r"(?:^|[ /])threadmill(?:-by-hand)? +(?!threadmill)([a-z].*)", code):
            yield list(takewhile(lambda word: word not in ("||", "&&", "&"), shlex.split(found[1])))


def _refuse_unknown(words: list[str]) -> None:
    """As the command line would; variables of the shell stand for what is typed."""
    verb, *arguments = words
    assert verb in ROOMS, f"there is no verb {verb}"
    parser = argparse.ArgumentParser(exit_on_error=False)
    import_module(f"bot.cli.{ROOMS[verb].module}").arguments(verb, parser)
    try:
        parser.parse_args(["1" if word == "$EDITION" else word.rstrip(";") for word in arguments if word != "$@"])
    except (argparse.ArgumentError, SystemExit) as error:
        raise AssertionError(f"threadmill {shlex.join(words)}: {error}") from error


def _service(path: Path) -> list[str]:
    """The settings of a unit's [Service], in order."""
    lines = path.read_text().splitlines()
    inside = takewhile(lambda line: not line.startswith("["), lines[lines.index("[Service]") + 1 :])
    return [line for line in inside if line and not line.startswith("#")]


def _yaml(name: str) -> Any:
    return yaml.safe_load((_DEPLOY / name).read_text())
