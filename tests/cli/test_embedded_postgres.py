"""The embedded PostgreSQL server, started for real."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from cli.embedded.errors import AlreadyRunningError, RootRefusedError, StartFailedError, UnusableFolderError
from cli.embedded.postgres import SOCKET_FOLDER_LIMIT, EmbeddedPostgres
from tests.cli.parents import ends_within, is_running, parent_of_server


def ask(postgres: EmbeddedPostgres, question: str) -> object:
    engine = create_engine(postgres.url())
    try:
        with engine.begin() as connection:
            result = connection.execute(text(question))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose cluster is made once; the tests of this module leave it stopped."""
    folder = tmp_path_factory.mktemp("home")
    EmbeddedPostgres.start(folder).stop()
    return folder


@pytest.fixture
def start(home: Path) -> Iterator[Callable[[], EmbeddedPostgres]]:
    started: list[EmbeddedPostgres] = []

    def start_one() -> EmbeddedPostgres:
        started.append(EmbeddedPostgres.start(home))
        return started[-1]

    yield start_one
    for postgres in started:
        postgres.stop()


def test_a_later_start_finds_the_data_of_the_first(start: Callable[[], EmbeddedPostgres]) -> None:
    with start() as postgres:
        ask(postgres, "create table kept as select 42 as answer")
    with start() as postgres:
        assert ask(postgres, "select answer from kept") == 42


def test_the_url_names_the_database_and_no_password(start: Callable[[], EmbeddedPostgres]) -> None:
    postgres = start()
    url = make_url(postgres.url())
    assert (url.drivername, url.database, url.password) == ("postgresql+psycopg", "bellwether", None)
    assert make_url(postgres.url("another")).database == "another"
    assert ask(postgres, "select current_database()") == "bellwether"


def test_the_urls_port_wins_over_the_users_own_environment(
    start: Callable[[], EmbeddedPostgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    assert ask(start(), "select 1") == 1


def test_the_server_opens_no_tcp_port_and_its_socket_only_to_its_owner(start: Callable[[], EmbeddedPostgres]) -> None:
    postgres = start()
    assert ask(postgres, "select current_setting('listen_addresses')") == ""
    socket = Path(str(make_url(postgres.url()).query["host"])) / ".s.PGSQL.5432"
    assert socket.stat().st_mode & 0o077 == 0


def test_durability_is_given_up_only_when_asked_for(home: Path, start: Callable[[], EmbeddedPostgres]) -> None:
    with start() as postgres:
        assert ask(postgres, "select current_setting('fsync')") == "on"
    with EmbeddedPostgres.start(home, fast_and_loose=True) as postgres:
        assert ask(postgres, "select current_setting('fsync')") == "off"


def test_a_second_start_on_the_same_folder_is_refused_and_names_who_runs(
    home: Path, start: Callable[[], EmbeddedPostgres]
) -> None:
    start()
    began = time.monotonic()
    with pytest.raises(AlreadyRunningError, match=rf"already running \(pid {os.getpid()}\)"):
        EmbeddedPostgres.start(home)
    assert time.monotonic() - began < 1


def test_no_server_is_left_when_its_parent_is_killed_and_the_folder_can_be_used_at_once(
    home: Path, start: Callable[[], EmbeddedPostgres]
) -> None:
    with parent_of_server("cli.embedded.postgres", "EmbeddedPostgres", home) as (parent, server):
        with pytest.raises(AlreadyRunningError, match=f"pid {parent.pid}"):
            EmbeddedPostgres.start(home)
        parent.kill()
        parent.wait()
        postgres = start()
        assert not is_running(server)
        assert ask(postgres, "select 1") == 1


def test_a_killed_server_recovers_what_was_committed(start: Callable[[], EmbeddedPostgres]) -> None:
    postgres = start()
    ask(postgres, "create table committed as select 7 as answer")
    os.kill(postgres.pid, signal.SIGKILL)
    assert ends_within(postgres.pid, 2)
    postgres.stop()
    assert ask(start(), "select answer from committed") == 7


def test_stopping_ends_open_connections_and_leaves_no_process(start: Callable[[], EmbeddedPostgres]) -> None:
    postgres = start()
    engine = create_engine(postgres.url())
    with engine.connect() as connection:
        connection.execute(text("select 1"))
        began = time.monotonic()
        postgres.stop()
        assert time.monotonic() - began < 2
        connection.invalidate()
    assert not is_running(postgres.pid)
    postgres.stop()


def test_nobodys_folders_are_opened_when_the_data_lie_below_a_closed_one(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = closed / "checkout" / ".bellwether"
    above = [closed, *closed.parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in above]
    with EmbeddedPostgres.start(home, fast_and_loose=True) as postgres:
        assert ask(postgres, "select 1") == 1
        assert {path.stat().st_uid for path in home.rglob("*")} == {os.geteuid()}
    assert [(path.stat().st_mode, path.stat().st_uid) for path in above] == before
    assert (home / "postgres").stat().st_mode & 0o077 == 0


def test_a_path_too_long_for_a_socket_works_and_leaves_nothing_in_the_temporary_folder(tmp_path: Path) -> None:
    home = tmp_path / ("long" * 25)
    (home / "postgres").mkdir(parents=True)
    (home / "postgres" / "pg.new").mkdir()
    (home / "postgres" / "pg.new" / "half made").write_text("by a start that was interrupted")
    with EmbeddedPostgres.start(home, fast_and_loose=True) as postgres:
        elsewhere = Path(str(make_url(postgres.url()).query["host"]))
        assert len(os.fsencode(elsewhere)) <= SOCKET_FOLDER_LIMIT
        assert elsewhere.stat().st_mode & 0o077 == 0
        assert ask(postgres, "select 1") == 1
    assert not elsewhere.exists()


def test_a_server_that_cannot_start_says_why_and_gives_the_folder_back(
    home: Path, start: Callable[[], EmbeddedPostgres]
) -> None:
    configuration = home / "postgres" / "pg" / "postgresql.auto.conf"
    kept = configuration.read_text()
    configuration.write_text("work_mem = 'a lot'\n")
    with pytest.raises(StartFailedError, match="work_mem"):
        EmbeddedPostgres.start(home)
    configuration.write_text(kept)
    assert ask(start(), "select 1") == 1


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnusableFolderError, match="BELLWETHER_DATA_DIR"):
        EmbeddedPostgres.start(tmp_path / "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives up its power to enter every folder")
def test_root_is_told_which_folder_of_another_user_is_in_the_way(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    os.chown(private, 4321, 4321)
    with pytest.raises(RootRefusedError, match=r"private is closed .* BELLWETHER_DATABASE_URL"):
        EmbeddedPostgres.start(private / "home")
