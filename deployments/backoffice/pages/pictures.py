"""Pictures of a product: handed in, ordered, described and removed."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.addresses import path_of
from deployments.backoffice.forms import Form, filled
from deployments.backoffice.guard import PageRoute
from deployments.backoffice.pages.products import ProductPages, id_of
from deployments.backoffice.pictures.desk import TOO_MANY, PictureDesk
from deployments.backoffice.pictures.limits import PictureRefusedError
from deployments.backoffice.visit import Visit
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import ProductDocument, StaleRevision
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import MAX_PICTURES, AltText, Picture

_Reason = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Added(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    alt_text: AltText = ""
    reason: _Reason


class _Arranged(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    revision: int = Field(ge=0)
    reason: _Reason
    removed: tuple[str, ...] = ()
    confirmed: bool = False


class _Placed(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    place: int = Field(ge=1, le=MAX_PICTURES)
    alt: AltText = ""


class PicturePages:
    """What the forms of a product's pictures do; they stand on the product's page."""

    def __init__(self, desk: PictureDesk, catalog: CatalogApi, products: ProductPages) -> None:
        self._desk, self._catalog, self._products = desk, catalog, products

    def pages(self) -> list[PageRoute]:
        """All of them, with what each needs."""
        path = "/products/{id}/pictures"
        return [
            PageRoute("POST", f"{path}/new", self.add, "catalogue.change", takes_files=True),
            PageRoute("POST", path, self.arrange, "catalogue.change"),
        ]

    async def add(self, visit: Visit) -> Response:
        """Pictures from files: all of them, or none and what is wrong with which."""
        typed, form = filled(_Added, visit.form, visit.language)
        if typed is None:
            return await self._products.page(visit, form)
        try:
            pictures = await self._taken(visit, typed.alt_text)
            if not pictures:
                form = form.refused(visit.text("Choose a file."), at="files")
                return await self._products.page(visit, form)
            await self._desk.add(visit.author, typed.reason, id_of(visit), pictures)
        except PictureRefusedError as no:
            form = form.refused(visit.text(no.sentence, **no.values), at="files")
            return await self._products.page(visit, form)
        return visit.go(_path(visit), visit.text("The pictures are there."))

    async def _taken(self, visit: Visit, alt_text: str) -> list[Picture]:
        assert visit.uploads is not None  # noqa: S101 - the guard reads them.
        taken: list[Picture] = []
        async for upload in visit.uploads:
            if not upload.name:
                continue  # As a browser sends a field of which nobody chose a file.
            if len(taken) == MAX_PICTURES:
                raise PictureRefusedError(TOO_MANY, most=MAX_PICTURES)
            try:
                taken.append(await self._desk.take(upload.chunks, alt_text))
            except PictureRefusedError as no:
                why = visit.text(no.sentence, **no.values)
                raise PictureRefusedError(f"{upload.name}: {why}") from no
        return taken

    async def arrange(self, visit: Visit) -> Response:
        """Another order, other words, or fewer pictures, which is asked for twice."""
        typed, form = filled(_Arranged, visit.form, visit.language)
        document = await self._products.document(visit)
        pictures, form = _arranged(document, form, visit)
        if typed is None or form.errors:
            return await self._products.page(visit, form)
        removed = [one for one in document.product.pictures if one.key in typed.removed]
        if removed and not typed.confirmed and typed.revision == document.revision:
            return visit.show(
                "pictures_confirm.html", form=form, document=document, removed=removed
            )
        sent = ChangePictures(
            author=visit.author,
            reason=typed.reason,
            product_id=document.product.id,
            pictures=tuple(one for one in pictures if one.key not in typed.removed),
            revision=typed.revision,
        )
        try:
            await self._catalog.change_pictures(sent)
        except StaleRevision as stale:
            return await self._products.page(visit, form, stale=stale.current)
        return visit.go(_path(visit), visit.text("The pictures are saved."))


def _arranged(document: ProductDocument, form: Form, visit: Visit) -> tuple[list[Picture], Form]:
    """The pictures in the order and with the words that were typed, or the form with mistakes."""
    placed: list[tuple[int, int, Picture]] = []
    for number, picture in enumerate(document.product.pictures, 1):
        name = picture.key
        own = Form(
            {
                "place": [form.value(f"place-{name}", number)],
                "alt": [form.value(f"alt-{name}", picture.alt_text)],
            }
        )
        typed, checked = filled(_Placed, own, visit.language)
        for field, wrong in checked.errors.items():
            form = form.refused(wrong, at=f"{field}-{name}")
        if typed is not None:
            changed = picture.model_copy(update={"alt_text": typed.alt})
            placed.append((typed.place, number, changed))
    return [picture for _, _, picture in sorted(placed, key=lambda one: one[:2])], form


def _path(visit: Visit) -> str:
    return path_of("products", id_of(visit))
