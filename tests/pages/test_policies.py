"""The numbers of the follow-up: changed in a form, tried on the last 90 days, compared, and published."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from api.pages.office import policy_lines
from api.policies import PolicyIn
from db.tables import policies
from domain.policy import LadderStep, Policy
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import fill
from tests.pages.serving import Served

PAGE = "/admin/policies"
TRY = "See what it changes"


def test_ada_changes_numbers_sees_what_they_would_have_done_and_publishes(served: Served, page: Page) -> None:
    served.do(fill(served.academy))
    served.missed()
    served.sign_in(page, "ada").goto(PAGE)
    expect(page.get_by_text("1 open case keeps it")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Change the numbers").click()
    first = page.get_by_label("Missed of the first lessons")
    first.fill("9")
    page.get_by_label("Message when a case opens").select_option("review")
    page.get_by_role("button", name=TRY).click()
    wrong = page.locator('[id="first_misses-wrong"]')
    expect(wrong).to_contain_text("“Missed of the first lessons” must not be above “The first lessons are”")
    assert_accessible(page)
    first.fill("1")
    first.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Version 2, before it is published")
    expect(page.locator(".facts").first).to_contain_text("2 misses 1 miss")
    expect(page.get_by_text("more than now")).to_be_visible()
    now, new = (page.get_by_role("progressbar", name=f"All, {side}").get_attribute("value") for side in ("now", "new"))
    assert float(now or 0) < float(new or 0)
    assert_accessible(page)
    page.get_by_role("button", name="Change the numbers").click()
    expect(first).to_have_value("1")
    page.get_by_role("button", name=TRY).click()
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("status")).to_contain_text("Published")
    expect(page.get_by_text("In force")).to_be_visible()
    (stands,) = served.do(served.academy.rows(policies))
    assert Policy.model_validate(stands["document"]) == Policy(version=2, first_misses=1, first_concern="review")
    page.get_by_role("link", name="Version 2").click()
    expect(page.get_by_text("published today")).to_be_visible()
    assert_accessible(page)
    for path in (PAGE, f"{PAGE}/new", f"{PAGE}/2"):
        assert_light(page, path)


def test_without_javascript_a_step_is_added_and_nobody_publishes_over_a_colleague(
    served: Served, without_script: Page
) -> None:
    page = served.sign_in(without_script, "ada")
    page.goto(f"{PAGE}/new")
    third = page.get_by_role("group", name="Later messages of a case, 3")
    third.get_by_label("Hours").fill("60")
    page.get_by_role("button", name=TRY).click()
    expect(page.get_by_text("each later than the one before")).to_be_visible()
    third.get_by_label("Hours").fill("120")
    third.get_by_label("The message").select_option("review")
    page.get_by_role("button", name=TRY).click()
    expect(page.get_by_text("after 5 days to contact 1")).to_be_visible()
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_text("Nobody had lessons in the last 90 days")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{PAGE}/new")
    other.get_by_label("Texts a week").fill("2")
    other.get_by_role("button", name=TRY).click()
    other.get_by_role("button", name="Publish version 2").click()
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody published version 2 in the meantime")
    page.get_by_role("button", name="Publish version 3").click()
    expect(page.get_by_role("heading", name="Version 3")).to_be_visible()
    page.get_by_role("link", name="Go back to version 1").click()
    page.get_by_role("button", name=TRY).click()
    expect(page.get_by_text("What differs from version 3")).to_be_visible()


def test_a_lead_tries_and_an_admin_alone_publishes(served: Served, without_script: Page) -> None:
    page, ours = without_script, {"Origin": served.url}
    numbers: dict[str, str | float | bool] = {**policy_lines.as_filled(Policy(misses=4)).values, "base": "1"}
    numbers["verb"] = "publish"
    served.sign_in(page, "alice")
    assert page.request.get(PAGE).status == 403
    served.sign_in(page, "lea")
    assert page.request.get(PAGE).status == 200
    assert "An admin publishes it" in page.request.post(f"{PAGE}/new", form=numbers | {"verb": ""}, headers=ours).text()
    assert "Nobody had lessons" in page.request.post(f"{PAGE}/trial", form=numbers, headers=ours).text()
    assert page.request.post(f"{PAGE}/new", form=numbers, headers=ours).status == 403
    served.sign_in(page, "charlie")
    page.request.post(f"{PAGE}/new", form=numbers, headers=ours)
    assert served.do(served.academy.rows(policies)) == []
    served.sign_in(page, "ada")
    assert page.request.get(f"{PAGE}/2").status == 404


@pytest.mark.parametrize(
    "policy",
    [
        Policy(),
        Policy(remind_by_sms=None, chase_instructor=(), ladder=(), undo_for=timedelta(0)),
        Policy(ladder=(LadderStep(after=timedelta(minutes=90), guardian=3, handling="review"),)),
    ],
)
def test_a_form_that_nobody_touched_asks_for_the_same_policy(policy: Policy) -> None:
    asked = policy_lines.asked(policy_lines.as_filled(policy))
    assert asked == PolicyIn(**dict(policy))


@pytest.mark.parametrize(
    ("key", "written", "said"),
    [
        ("misses", "", "This is needed."),
        ("misses", "2.5", "Write a whole number."),
        ("misses", "1", "At least 2."),
        ("misses", "1e999", "This is too much."),
        ("weekly_sms_cap", "2000", "“Texts a week to one contact” must be at most 1000."),
        ("watch_for", "900", "“Watched for at most” must lie between 0 and 366 days."),
        ("undo_for", "7200", "At most 1 hour."),
        ("notice", "shout", "Choose one of the list."),
        ("attendance.attended_ratio", "120", "At most 100 %."),
        ("attendance.attended_ratio", "5", "“In part from” must not be above “Attended from”."),
        ("attendance.late_after", "soon", "Write a number."),
        ("ladder.1", "0", "At least 1."),
    ],
)
def test_a_mistake_is_said_beside_its_field_in_plain_words(key: str, written: str, said: str) -> None:
    filled = policy_lines.as_filled(Policy())
    filled.values[key if key != "ladder.1" else "ladder.1.guardian"] = written
    assert policy_lines.asked(filled) is None
    assert said in filled.errors.values()
