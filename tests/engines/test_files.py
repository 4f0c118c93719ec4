"""Files are found, put into shards that stay when files are added, and digested once."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engines._files import Digests, File, found, refuse_changed, shards, synthetic
from bot.errors import BadInput, SourceUnavailable
from bot.ports import Format, Input
from tests.builders import FEW


def a_file(path: str, size: int = 10) -> File:
    return File(path, size, (0, 0, 0))


def paths(groups: list[list[File]]) -> list[list[str]]:
    return [[file.path for file in group] for group in groups]


def test_a_shard_ends_with_its_folder_where_it_may() -> None:
    files = [a_file("a/1"), a_file("a/2"), a_file("b/1"), a_file("b/2"), a_file("b/3"), a_file("b/4"), a_file("b/5")]
    assert paths(list(shards(files, 40))) == [["a/1", "a/2"], ["b/1", "b/2", "b/3", "b/4"], ["b/5"]]


def test_small_folders_are_put_together() -> None:
    files = [a_file(f"{name}/1") for name in "abcdefg"]
    assert paths(list(shards(files, 50))) == [["a/1", "b/1", "c/1", "d/1", "e/1"], ["f/1", "g/1"]]


def test_a_file_larger_than_a_shard_stands_alone() -> None:
    assert paths(list(shards([a_file("a", 5), a_file("b", 500), a_file("c", 5)], 100))) == [["a"], ["b"], ["c"]]


@FEW
@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 99), st.integers(0, 60)), unique_by=lambda one: one[:2]),
    st.integers(1, 100),
)
def test_every_file_is_in_one_shard_in_order(given_files: list[tuple[str, int, int]], most: int) -> None:
    files = [a_file(f"{folder}/{number:02d}", size) for folder, number, size in sorted(given_files)]
    groups = list(shards(files, most))
    assert [file for group in groups for file in group] == files
    assert all(sum(file.bytes for file in group) <= most or len(group) == 1 for group in groups)


def test_a_file_that_is_added_leaves_the_shards_of_other_folders_as_they_were() -> None:
    files = [a_file(f"{folder}/{number:02d}") for folder in "abcdef" for number in range(10)]
    before = {tuple(group) for group in map(tuple, paths(list(shards(files, 50))))}
    added = sorted([*files, a_file("b/015")], key=lambda file: file.path)
    after = {tuple(group) for group in map(tuple, paths(list(shards(added, 50))))}
    assert before - after == {tuple(f"b/{n:02d}" for n in numbers) for numbers in (range(5), range(5, 10))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for name in ("b/2.py", "b/10.ipynb", "a/1.py", "a/.hidden.py", "a/1.r", "a/1.py.part"):
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    return data


def test_a_folder_is_all_files_below_it_of_the_right_kind(folder: Path) -> None:
    wanted = Input("code", folder, Format.FILES, suffixes=(".py", ".ipynb"))
    assert [str(Path(file.path).relative_to(folder)) for file in found(wanted, folder)] == ["a/1.py", "b/10.ipynb", "b/2.py"]


def test_a_link_that_leads_round_in_a_circle_is_not_followed_and_one_that_leads_nowhere_is_named(folder: Path) -> None:
    (folder / "a" / "round").symlink_to(folder)
    (folder / "c").symlink_to(folder / "b")
    wanted = Input("code", folder, Format.FILES, suffixes=(".py",))
    assert [str(Path(file.path).relative_to(folder)) for file in found(wanted, folder)] == ["a/1.py", "b/2.py", "c/2.py"]
    (folder / "a" / "gone.py").symlink_to(folder / "nowhere.py")
    with pytest.raises(BadInput, match=r"a/gone\.py"):
        found(wanted, folder)


def test_the_mark_counts_in_the_folder_and_above(folder: Path) -> None:
    files = found(Input("code", folder, Format.FILES, suffixes=(".py",)), folder)
    assert not synthetic(files)
    (folder / "b" / "SYNTHETIC.txt").touch()
    assert synthetic(files)
    (folder / "b" / "SYNTHETIC.txt").rename(folder.parent / "SYNTHETIC.txt")
    assert synthetic(files)


def test_the_mark_counts_where_a_link_leads(folder: Path, tmp_path: Path) -> None:
    (folder / "SYNTHETIC.txt").touch()
    real = tmp_path / "real"
    real.mkdir()
    (real / "1.py").symlink_to(folder / "a" / "1.py")
    (tmp_path / "linked").symlink_to(folder / "b")
    for place in (real, tmp_path / "linked"):
        assert synthetic(found(Input("code", place, Format.FILES, suffixes=(".py",)), place))


@pytest.mark.parametrize("name", ["1\n2.py", "1\t2.py", "1\udcff.py", "[1].py"])
def test_a_name_that_is_none_to_engines_or_to_a_list_of_files_is_refused(name: str, folder: Path) -> None:
    (folder / name).touch()
    with pytest.raises(BadInput, match="Rename it"):
        found(Input("code", folder, Format.FILES, suffixes=(".py",)), folder)


def test_a_memory_of_digests_that_is_damaged_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "digests.db").write_bytes(b"no database" * 1000)
    with pytest.raises(SourceUnavailable, match=r"digests\.db, which remembers the digests of files, cannot be used"):
        Digests(tmp_path / "digests.db")


def test_a_digest_is_that_of_the_bytes_with_their_lines_where_they_can_be_counted(tmp_path: Path) -> None:
    bodies = {"a.csv": b"x\n1\n2\n", "b.json.gz": gzip.compress(b"{}\n{}\n"), "c.json": b"{}\n" * 400_000}
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    files = [found(Input("x", tmp_path / name, Format.JSON), tmp_path / name)[0] for name in bodies]
    seen = Digests(tmp_path / "digests.db").of(files, Format.JSON)
    assert [one.sha256 for one in seen] == [hashlib.sha256(body).hexdigest() for body in bodies.values()]
    assert [one.lines for one in seen] == [3, -1, 400_000]


def test_a_file_is_digested_once_until_it_is_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.engines import _files

    path = tmp_path / "a.csv"
    path.write_text("1")
    (first,) = found(Input("x", path, Format.CSV), path)
    (seen,) = Digests(tmp_path / "digests.db").of([first], Format.CSV)
    read: list[str] = []
    digested = _files._digested
    monkeypatch.setattr(_files, "_digested", lambda file, form: (read.append(file.path), digested(file, form))[1])
    assert Digests(tmp_path / "digests.db").of([first], Format.CSV) == [seen]
    assert read == []
    path.write_text("2")
    (second,) = found(Input("x", path, Format.CSV), path)
    assert Digests(tmp_path / "digests.db").of([second], Format.CSV) != [seen]
    assert read == [str(path)]


def test_a_file_that_has_gone_or_changed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("1")
    files = found(Input("x", path, Format.CSV), path)
    refuse_changed(files)
    path.write_text("22")
    with pytest.raises(SourceUnavailable, match=r"a\.csv was written or removed"):
        refuse_changed(files)
    path.unlink()
    with pytest.raises(SourceUnavailable, match=r"a\.csv was written or removed"):
        refuse_changed(files)
    with pytest.raises(SourceUnavailable, match=r"a\.csv cannot be read"):
        Digests(tmp_path / "digests.db").of(files, Format.CSV)
