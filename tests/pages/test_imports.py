"""Files that an admin brings in: uploaded, looked at row by row, applied; mended when something is wrong in them."""

from __future__ import annotations

from typing import Any

import httpx
from playwright.sync_api import Page, expect

from db.office_tables import import_files, imports
from db.tables import students
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.serving import Served

PAGE = "/admin/imports"
ODD = "<script>alert(1)</script>"
LONG = "Ana Pereira " + "de la Santísima Trinidad " * 4
STUDENTS = f"ref,name,email\nS-7,يوسف الحدّاد,yusuf@example.org\nS-8,{ODD},\nS-9,{LONG},\nS-10,Noor 🎻,\n"


def _file(name: str, held: str) -> Any:
    return {"name": name, "mimeType": "text/csv", "buffer": held.encode()}


def _upload(page: Page, *files: Any) -> None:
    page.goto(PAGE)
    page.get_by_label("CSV files, or one OneRoster").set_input_files(list(files))
    page.get_by_role("button", name="Check the files").click()


def test_ada_mends_a_file_looks_at_what_it_does_and_applies_it(served: Served, page: Page) -> None:
    served.sign_in(page, "ada").goto(PAGE)
    expect(page.get_by_text("Nothing was imported yet")).to_be_visible()
    assert page.request.get(f"{PAGE}/examples/students.csv").text().startswith("ref,name,email\n")
    assert_light(page, PAGE)
    assert_accessible(page)
    _upload(page, _file("holidays.csv", "a\n"))
    expect(page.get_by_text("holidays.csv does not tell what it holds")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "files"
    _upload(page, _file("students.csv", "ref,name,email\nS-7,,nobody\n"))
    expect(page.get_by_text("2 problems in the files")).to_be_visible()
    expect(page.locator("tbody tr", has_text="students.csv").first).to_contain_text("name")
    assert_accessible(page)
    _upload(page, _file("students.csv", STUDENTS))
    expect(page.get_by_text("Applying it adds 4. Nothing is written yet.")).to_be_visible()
    expect(page.get_by_text(ODD)).to_be_visible()
    assert len(served.do(served.academy.rows(students))) == 1
    assert_light(page, page.url)
    assert_accessible(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_have_text("Applied. The books hold it now.")
    assert len(served.do(served.academy.rows(students))) == 5
    assert served.do(served.academy.rows(import_files)) == []
    _upload(page, _file("students.csv", STUDENTS.replace("Noor 🎻", "Noor Haddad")))
    row = page.locator("tbody tr", has_text="S-10")
    expect(row).to_contain_text("Name: Noor 🎻")
    expect(row).to_contain_text("Noor Haddad")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("status")).to_have_text("Discarded. Its files are deleted.")
    expect(page.locator(".row")).to_have_count(3)
    expect(page.locator(".row", has=page.get_by_text("Applied", exact=True))).to_contain_text("Added 4")


def test_without_javascript_a_preview_that_is_out_of_date_says_so(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    page.goto(PAGE)
    answer = page.request.post(PAGE, multipart={"files": ""}, headers={"Origin": served.url})
    assert answer.status == 422
    assert "Choose one or more files first." in answer.text()
    _upload(page, _file("students.csv", STUDENTS))
    first = page.url
    _upload(page, _file("students.csv", STUDENTS))
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_have_text("Applied. The books hold it now.")
    page.goto(first)
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("alert")).to_contain_text("Upload the files again")
    page.goto(f"{first}?what=change")
    expect(page.get_by_text("Nothing fits these filters")).to_be_visible()


def test_what_ends_too_much_has_to_be_meant(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    _upload(page, _file("students.csv", STUDENTS))

    async def ends() -> None:
        async with served.academy.books.transaction() as tx:
            await tx.execute(imports.update().values(ends_too_much=["30 of 40 enrollments"]))

    served.do(ends())
    at = page.url
    answer = page.request.post(f"{at}/apply", headers={"Origin": served.url})
    assert answer.status == 409
    assert "Tick this if it is meant." in answer.text()
    page.goto(at)
    page.get_by_label("Yes, end 30 of 40 enrollments").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status")).to_have_text("Applied. The books hold it now.")


def test_only_an_admin_imports_and_charlie_sees_nothing(served: Served, without_script: Page) -> None:
    page = served.sign_in(without_script, "ada")
    _upload(page, _file("students.csv", STUDENTS))
    at = page.url
    for who, status in (("alice", 403), ("ivan", 403), ("charlie", 404)):
        served.sign_in(page, who)
        assert page.request.get(at).status == status
        assert page.request.post(f"{at}/apply", headers={"Origin": served.url}).status == status
        assert "students.csv</bdi>" not in page.request.get(PAGE).text()
    cookie = {c["name"]: c["value"] for c in served.sign_in(page, "ada").context.cookies()}
    large = {"files": ("students.csv", b"x" * 22 * 1024 * 1024)}
    answer = httpx.post(served.url + PAGE, files=large, cookies=cookie, headers={"Origin": served.url})
    assert answer.status_code == 413
