"""The `bellwether` command. Each command imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from cli.embedded.errors import EmbeddedServerError
from cli.leaving import leave
from cli.problems import CommandError

if TYPE_CHECKING:
    from typer._click.core import Context

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Org = Annotated[str | None, typer.Option("--org", metavar="NAME|ID", help="Which organization, if there are several.")]


class Commands(TyperGroup):
    """Commands whose foreseen errors are a sentence and an exit code: 1 failure, 2 input, 3 unreachable."""

    def invoke(self, ctx: Context) -> Any:
        """Run the command; show what stopped it."""
        try:
            return super().invoke(ctx)
        except (CommandError, EmbeddedServerError) as problem:
            from cli.terminal import complain

            complain(str(problem))
            raise typer.Exit(getattr(problem, "exit_code", 1)) from problem


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Attendance infrastructure for online tutoring: a missed session becomes a notice, a follow-up and a settled "
    "account. Exit codes: 0 done, 1 failed, 2 wrong input or settings, 3 a part is unreachable.",
)
db = typer.Typer(no_args_is_help=True, help="The books in PostgreSQL.")
api_keys = typer.Typer(no_args_is_help=True, help="Keys for the HTTP API.")
app.add_typer(db, name="db")
app.add_typer(api_keys, name="api-key")
staff = typer.Typer(no_args_is_help=True, help="Who works here.")
app.add_typer(staff, name="staff")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"bellwether {version('bellwether')}")
        raise typer.Exit


@app.callback()
def bellwether(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of all commands; their text is in the application above."""
    del version


@app.command()
def up(
    organization: Annotated[str, typer.Option(help="Name of the first organization, made on empty books.")] = "",
    zone: Annotated[str, typer.Option(help="Its time zone, which sets its working hours.")] = "UTC",
    country: Annotated[str | None, typer.Option(help="Its country (ISO 3166, as ES), for public holidays.")] = None,
) -> None:
    """Start the whole system on this machine: PostgreSQL, Temporal, worker and API. Ctrl-C ends it."""
    from cli.up import up as run_up

    raise typer.Exit(run_up(organization, zone, country))


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End after the story instead of staying up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Play a month of a generated academy on the whole system, then stay up."""
    from cli.demo.command import demo as run_demo

    raise typer.Exit(run_demo(once, as_json))


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder with the term's files.")],
    class_ref: Annotated[str, typer.Option("--class", metavar="REF", help="Which class, as AAA-2013J.")],
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks of it.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Drive the running system through its own API with a real term."""
    from cli.replay.command import replay as run_replay

    raise typer.Exit(run_replay(folder, class_ref, weeks, as_json))


@app.command()
def worker() -> None:
    """Run the worker alone. Needs BELLWETHER_DATABASE_URL and BELLWETHER_TEMPORAL_ADDRESS."""
    from cli.apart import run_worker

    run_worker()


@app.command()
def api() -> None:
    """Run the HTTP API alone. Needs BELLWETHER_DATABASE_URL and BELLWETHER_TEMPORAL_ADDRESS."""
    from cli.apart import run_api

    run_api()


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the books to the newest shape. Running it again does no harm."""
    from cli.upgrade import upgrade

    upgrade()


@api_keys.command("create")
def api_key_create(
    name: Annotated[str, typer.Option(help="What the key is for, as 'calendar sync'.")],
    org: Org = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: only its hash is kept. On empty books the first organization is made as well."""
    from cli.api_keys import create

    create(name, org, as_json=as_json)


@staff.command("invite")
def staff_invite(
    email: Annotated[str, typer.Argument(help="The address of somebody who is staff already, also the first admin.")],
    org: Org = None,
    as_json: AsJson = False,
) -> None:
    """Print a link by which a staff member sets a password and signs in. It opens once, within 7 days."""
    from cli.inviting import invite

    invite(email, org, as_json=as_json)


@app.command("import")
def import_(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE|DIR...", help="CSV files, folders of them, or one OneRoster 1.2 zip."),
    ] = None,
    template: Annotated[Path | None, typer.Option(metavar="DIR", help="Write example files there instead.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, show what would change, write nothing.")
    ] = False,
    allow_ends: Annotated[
        bool, typer.Option("--allow-ends", help="Let a bulk roster end more than a fifth of what stands.")
    ] = False,
    org: Org = None,
    as_json: AsJson = False,
) -> None:
    """Import staff, students, guardians, schedules, enrollments, sessions and outcomes from CSV files.

    The kind is told by the file's name, as students.csv; a OneRoster zip is known by its manifest. Everything is
    checked before anything is written.
    """
    from cli.importing.command import import_files, write_templates

    if template is not None:
        write_templates(template)
    elif files:
        raise typer.Exit(import_files(files, org, dry_run=dry_run, allow_ends=allow_ends, as_json=as_json))
    else:
        raise typer.BadParameter("name at least one file or folder, or use --template DIR", param_hint="FILE|DIR")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show what is open, what waits and what is due next."""
    from cli.status import show_status

    show_status(as_json=as_json)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check every part and say how to mend what is wrong."""
    from cli.doctor import examine

    raise typer.Exit(examine(as_json=as_json))


@app.command()
def rebuild(as_json: AsJson = False) -> None:
    """Start every student's workflow from the books alone, after Temporal's data were lost."""
    from cli.rebuild import rebuild as run_rebuild

    raise typer.Exit(run_rebuild(as_json=as_json))


@app.command()
def openapi() -> None:
    """Print the description of the HTTP API as JSON."""
    from cli.openapi import show_openapi

    show_openapi()


def run() -> NoReturn:
    """The entry point of the command."""
    leave(app)


if __name__ == "__main__":
    run()
