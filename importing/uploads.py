"""Files that came together, as one import: read once, then applied in a transaction, or only tried in one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from db.engine import Tx
from db.organizations import Organization
from importing.done import Begin, Done, unseen
from importing.oneroster.package import read_zip
from importing.oneroster.reading import Rows, rows_of
from importing.oneroster.roster import apply_roster
from importing.plain import apply_sheets
from importing.reading import File, Sheets, read, unusable
from importing.writing import Written

MOST_ROWS = 60_000
"""Of all files together. Ours: a school of 5,000 students is 41,000 rows and takes 16 s; a request waits no longer."""


@dataclass(frozen=True)
class Upload:
    """Plain CSV files, or one OneRoster package."""

    kind: Literal["csv", "oneroster"]
    rows: Sheets | Rows

    @property
    def sheets(self) -> Sheets:
        """The rows as they stand in the files, with remarks about what is left out."""
        return self.rows.sheets if isinstance(self.rows, Rows) else self.rows

    async def apply(self, tx: Tx, organization: Organization, now: datetime, begin: Begin = unseen) -> Done:
        """Check and write. With problems in what it returns, the caller must roll back."""
        if not isinstance(self.rows, Rows):
            return await apply_sheets(tx, organization, now, self.rows, begin)
        if self.rows.sheets.problems:
            return Done(problems=self.rows.sheets.all_problems())
        return await apply_roster(tx, organization, now, self.rows, begin)


def upload_of(files: Sequence[File]) -> Upload:
    """Read the files: takes seconds for large ones. Raises Invalid for what cannot be used at all."""
    packages = [file for file in files if file.name.lower().endswith(".zip")]
    if packages and len(files) > 1:
        raise unusable(f"{packages[0].name} is a OneRoster package: import it alone, and other files apart")
    if not packages:
        upload = Upload("csv", read(files))
    else:
        upload = Upload("oneroster", rows_of(read_zip(packages[0].name, packages[0].content)))
    if (rows := len(upload.sheets.every())) > MOST_ROWS:
        raise unusable(f"the files hold {rows} rows, an upload takes {MOST_ROWS}: use the command `bellwether import`")
    return upload


def digest_of(written: Written, now: datetime) -> str:
    """What stands for all that an import changes: the same only if it would do the same again.

    `now` is when it was written; the same change made later differs in nothing else.
    """

    def plain(value: Any) -> Any:
        return "now" if value == now else value

    changes = sorted(
        json.dumps(
            [c.kind, c.what, c.ref, c.name, {k: [plain(old), plain(new)] for k, (old, new) in c.values.items()}],
            default=str,
            sort_keys=True,
        )
        for c in written.changes
    )
    counts = {kind: (c.added, c.changed, c.ended) for kind, c in sorted(written.counts.items())}
    return hashlib.sha256(json.dumps([changes, counts]).encode()).hexdigest()
