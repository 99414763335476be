"""Every act that is written into the log has words an admin understands."""

from __future__ import annotations

import ast
from pathlib import Path

import api
import db
from domain.audit_words import ACTS, act_in_words
from domain.events import TaskClaimed, TaskCompleted, TaskDismissed, TaskReassigned, TaskSnoozed

TREES = [
    ast.parse(source.read_text(encoding="utf-8"))
    for room in (api, db)
    for source in Path(room.__path__[0]).rglob("*.py")
]
ACT = 4
"""Where `audit_log.write(tx, org_id, by, topic, act, ...)` says what was done."""


def test_every_act_in_the_log_has_words() -> None:
    calls = [
        node
        for tree in TREES
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "audit_log.write"
    ]
    spelled = {ast.literal_eval(c.args[ACT]) for c in calls if isinstance(c.args[ACT], ast.Constant)}
    verbs = (TaskClaimed, TaskCompleted, TaskDismissed, TaskReassigned, TaskSnoozed)
    spelled |= {verb.model_fields["kind"].default for verb in verbs}
    assert len(spelled) > 15
    assert spelled - set(ACTS) == set()


def test_an_act_names_people_and_says_what_it_does_not_know() -> None:
    names = {"bob": "Bob"}.get
    told = act_in_words("task_reassigned", "Alice", "", {"to": "bob", "task": "unrecorded"}, lambda i: names(i, ""))
    assert told == "Alice gave a task of the operation to Bob: unrecorded."
    assert act_in_words("moon_landed", "alice", "", {}, lambda i: "") == "Alice: moon landed."
