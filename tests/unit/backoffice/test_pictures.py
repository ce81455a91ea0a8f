"""Pictures of a product by page and by program: added, ordered, described, removed."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from PIL import Image
from pydantic import SecretStr

from deployments.backoffice.pictures.limits import MAX_PICTURE_BYTES
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument, ProductDocument
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import Picture, Thumbnail
from deployments.foundation.objects.object_store import Objects, key_of
from deployments.foundation.values.authorship import STORE
from deployments.foundation.values.settings import settings
from deployments.staff.contract.credentials import Credential
from deployments.staff.contract.permissions import Permission
from deployments.staff.contract.tokens import CreateToken
from tests.eventually import eventually
from tests.unit.backoffice.browser import Browser
from tests.unit.backoffice.office import Office
from tests.unit.backoffice.pictures.samples import bomb, picture

SKU = "TI-M267"
RED, BLUE = picture("PNG", (400, 300)), picture("JPEG", (64, 64))
Files = Sequence[tuple[str, bytes]]


@pytest.fixture
async def editor(office: Office) -> Browser:
    """The browser of somebody from the catalogue."""
    await office.host.start(consume=False)
    return await office.colleague("catalogue")


async def document(office: Office) -> ProductDocument:
    catalog = office.host.connect(CatalogApi, app="catalog")
    return await catalog.document(GetDocument(id=SKU))


async def path(office: Office) -> str:
    return f"/products/{(await document(office)).product.id}"


async def add(
    office: Office, browser: Browser, *files: tuple[str, bytes], **typed: str
) -> httpx.Response:
    """Hand pictures in by the form of the product's page, as a browser without scripts does."""
    fields = {"csrf": await browser.token(), "reason": "new season", **typed}
    answer = await browser.http.post(
        f"/admin{await path(office)}/pictures/new",
        data=fields,
        # What a browser says a file is, is not believed.
        files=[("files", (name, content, "text/plain")) for name, content in files],
    )
    return await browser.follow(answer)


async def arrange(
    office: Office, browser: Browser, typed: Mapping[str, str | list[str]]
) -> httpx.Response:
    page = await browser.get(await path(office))
    return await browser.send(page, "/pictures", {"reason": "order", **typed})


async def keys(office: Office) -> list[str]:
    return [one.key for one in (await document(office)).product.pictures]


async def test_several_pictures_are_added_at_once_and_shown(
    office: Office, editor: Browser
) -> None:
    page = await add(office, editor, ("a.png", RED), ("b.txt", BLUE), alt_text="A bike")
    assert "The pictures are there." in page.text
    red, blue = (await document(office)).product.pictures
    assert (red.key[-4:], red.width, red.height) == (".png", 400, 300)
    assert (blue.key[-4:], blue.alt_text) == (".jpg", "A bike")
    assert page.text.count('alt="A bike"') == 2
    for key in (red.key, red.thumbnail.key):
        assert f"/catalog/pictures/{key}" in page.text
        served = await editor.http.get(f"/catalog/pictures/{key}")
        assert served.status_code == 200
        assert Image.open(io.BytesIO(served.content)).size[0] in {400, 320}
    policy = page.headers["content-security-policy"]
    assert "img-src 'self'" in policy


async def test_the_same_picture_is_there_once(office: Office, editor: Browser) -> None:
    await add(office, editor, ("a.png", RED), alt_text="A bike")
    before = (await document(office)).product.pictures
    await add(office, editor, ("b.png", RED), alt_text="Another")
    assert (await document(office)).product.pictures == before


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is no picture that the store takes."),
        (RED[:200], "The picture is damaged or incomplete."),
        (bomb(16_000), "A picture may have 50 million pixels."),
        (bytes(MAX_PICTURE_BYTES + 1), "A picture may have 12 MB."),
    ],
    ids=["svg", "half", "bomb", "heavy"],
)
async def test_one_bad_picture_refuses_all_and_says_which(
    office: Office, editor: Browser, content: bytes, why: str
) -> None:
    page = await add(office, editor, ("good.png", RED), ("bad.png", content))
    assert page.status_code == 422
    assert f"bad.png: {why}" in page.text
    assert 'id="files-wrong"' in page.text
    assert await keys(office) == []


async def test_no_file_and_no_reason(office: Office, editor: Browser) -> None:
    # As a browser sends a form of which nobody chose a file.
    part = '--x\r\nContent-Disposition: form-data; name="'
    body = f'{part}csrf"\r\n\r\n{await editor.token()}\r\n{part}reason"\r\n\r\nnew\r\n'
    body += f'{part}files"; filename=""\r\n\r\n\r\n--x--\r\n'
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    where = f"/admin{await path(office)}/pictures/new"
    none = await editor.http.post(where, content=body, headers=kind)
    assert (none.status_code, "Choose a file." in none.text) == (422, True)
    unreasoned = await add(office, editor, ("a.png", RED), reason="")
    assert (unreasoned.status_code, 'id="pictures-reason-wrong"' in unreasoned.text) == (422, True)
    assert await keys(office) == []


async def test_a_product_has_twenty_pictures_at_most(office: Office, editor: Browser) -> None:
    seen = await document(office)
    pictures = []
    for number in range(20):
        content = bytes([number])
        key = key_of(content, "webp")
        await Objects(settings().pictures_place).put(key, content, "image/webp")
        small = Thumbnail(key=key, width=1, height=1)
        pictures.append(Picture(key=key, width=1, height=1, thumbnail=small))
    await office.host.connect(CatalogApi, app="catalog").change_pictures(
        ChangePictures(
            author=STORE,
            product_id=seen.product.id,
            pictures=tuple(pictures),
            revision=seen.revision,
        )
    )
    page = await add(office, editor, ("a.png", RED))
    assert (page.status_code, "A product may have 20 pictures." in page.text) == (422, True)
    assert len(await keys(office)) == 20


async def test_they_are_ordered_and_described(office: Office, editor: Browser) -> None:
    await add(office, editor, ("a.png", RED), ("b.jpg", BLUE))
    first, second = await keys(office)
    typed = {f"place-{first}": "2", f"place-{second}": "1", f"alt-{first}": "<b>Red & blue</b>"}
    page = await editor.follow(await arrange(office, editor, typed))
    assert await keys(office) == [second, first]
    assert "&lt;b&gt;Red &amp; blue&lt;/b&gt;" in page.text
    wrong = await arrange(office, editor, {f"place-{first}": "first"})
    assert (wrong.status_code, f'id="place-{first}-wrong"' in wrong.text) == (422, True)


async def test_what_removes_one_says_so_first(office: Office, editor: Browser) -> None:
    await add(office, editor, ("a.png", RED), ("b.jpg", BLUE))
    first, second = await keys(office)
    asked = await arrange(office, editor, {"removed": [first]})
    assert "This removes 1 picture. 1 stays." in asked.text
    assert await keys(office) == [first, second]
    done = await editor.follow(await editor.send(asked, "/pictures", {}))
    assert "The pictures are saved." in done.text
    assert await keys(office) == [second]
    # Whoever has the address still sees it: orders and mails may show it.
    assert (await editor.http.get(f"/catalog/pictures/{first}")).status_code == 200


async def test_two_people_at_once_lose_nothing(office: Office, editor: Browser) -> None:
    await add(office, editor, ("a.png", RED))
    (first,) = await keys(office)
    page = await editor.get(await path(office))
    await add(office, editor, ("b.jpg", BLUE))
    typed = {"reason": "words", f"alt-{first}": "Mine"}
    stale = await editor.send(page, "/pictures", typed)
    assert "Somebody else changed this product meanwhile" in stale.text
    assert 'value="Mine"' in stale.text
    again = await editor.follow(await editor.send(stale, "/pictures", typed))
    assert "The pictures are saved." in again.text
    assert [one.alt_text for one in (await document(office)).product.pictures] == ["Mine", ""]


async def test_they_are_in_the_audit_log(office: Office) -> None:
    await office.host.start()
    editor = await office.colleague("catalogue")
    await add(office, editor, ("a.png", RED), alt_text="A bike")
    owner = await office.sign_in()

    async def written_down() -> bool:
        return "pictures changed" in (await owner.get("/audit?action=pictures_changed")).text

    await eventually(written_down)
    page = (await owner.get("/audit?action=pictures_changed")).text
    assert "A bike" in page
    assert "new season" in page


async def test_in_german(office: Office, editor: Browser) -> None:
    await editor.post("/language", {"csrf": await editor.token(), "language": "de"})
    page = await add(office, editor, ("a.svg", b"<svg/>"))
    assert "Das ist kein Bild, das der Shop nimmt." in page.text


async def test_who_may_only_look_sees_pictures_and_no_form(office: Office, editor: Browser) -> None:
    await add(office, editor, ("a.png", RED), alt_text="A bike")
    keeper = await office.colleague("warehouse", email="joan@example.org")
    page = (await keeper.get(await path(office))).text
    assert 'alt="A bike"' in page
    assert "/pictures/new" not in page


# By program


async def program(office: Office, *scopes: Permission) -> httpx.AsyncClient:
    by = Credential(session=SecretStr(office.session()))
    made = await office.staff.create_token(CreateToken(by=by, name="p", scopes=scopes))
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(office.app),
        base_url="http://store/admin/api",
        headers={"Authorization": f"Bearer {made.secret.get_secret_value()}"},
    )


async def test_a_program_adds_orders_and_removes_pictures(office: Office, editor: Browser) -> None:
    where = f"{await path(office)}/pictures"
    async with await program(office, "catalogue.read", "catalogue.change") as http:
        for content, alt in ((RED, "Red"), (BLUE, "Blue"), (RED, "Red")):
            added = await http.post(where, content=content, params={"alt_text": alt})
            assert added.status_code == 200, added.text
        body: dict[str, Any] = added.json()
        red, blue = body["product"]["pictures"]
        assert (red["alt_text"], blue["alt_text"]) == ("Red", "Blue")
        wanted: dict[str, Any] = {
            "pictures": [
                {"key": blue["key"], "alt_text": "Blue first"},
                {"key": red["key"], "alt_text": "Red"},
            ],
            "revision": body["revision"],
            "reason": "order",
        }
        ordered = await http.put(where, json=wanted)
        assert ordered.status_code == 200, ordered.text
        assert await keys(office) == [blue["key"], red["key"]]
        stale = await http.put(where, json={**wanted, "pictures": []})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
        strange = {**wanted, "pictures": [{"key": "0" * 64 + ".png"}]}
        assert (await http.put(where, json=strange)).status_code == 422
        removed = {**wanted, "pictures": [], "revision": ordered.json()["revision"]}
        assert (await http.put(where, json=removed)).status_code == 200
        assert await keys(office) == []


async def test_a_program_is_told_why_a_picture_is_refused(office: Office, editor: Browser) -> None:
    where = f"{await path(office)}/pictures"
    async with await program(office, "catalogue.change") as http:
        refused = await http.post(where, content=bomb(16_000))
        assert (refused.status_code, refused.json()["code"]) == (422, "picture_refused")
        assert refused.json()["detail"] == "A picture may have 50 million pixels. Save it smaller."
        heavy = await http.post(where, content=bytes(MAX_PICTURE_BYTES + 1))
        assert heavy.status_code == 422
        assert (await http.post("/products/none/pictures", content=RED)).status_code == 404
    assert await keys(office) == []
