"""Pictures of products, for programs."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from deployments.backoffice.api.bodies import Body
from deployments.backoffice.pictures.desk import PictureDesk
from deployments.backoffice.pictures.limits import PICTURE_TYPES, PictureRefusedError
from deployments.backoffice.tokens import Action, TokenRequest, body_of, query_of, shown
from deployments.catalog.contract import CatalogApi
from deployments.catalog.contract.documents import GetDocument, ProductDocument, Revision
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.contract.products import MAX_PICTURES, AltText, PictureKey
from deployments.foundation.http.answers import ProtocolError


class _HandedIn(BaseModel):
    """What is to be seen, for whoever does not see it, and why it is handed in."""

    model_config = ConfigDict(extra="forbid")
    alt_text: AltText = ""
    reason: Annotated[str, StringConstraints(max_length=500)] = ""


class NamedPicture(BaseModel):
    """A picture that the product has, and its words."""

    model_config = ConfigDict(extra="forbid")
    key: PictureKey
    alt_text: AltText = ""


class PicturesBody(Body):
    """A product's pictures in their order; those that it does not name are removed."""

    pictures: tuple[NamedPicture, ...] = Field(max_length=MAX_PICTURES)
    revision: Revision


class PictureActions:
    """The actions, upon pictures."""

    def __init__(self, desk: PictureDesk, catalog: CatalogApi) -> None:
        self._desk, self._catalog = desk, catalog

    def actions(self) -> list[Action]:
        """All of them, with what each needs."""
        path = "/api/products/{id}/pictures"
        return [
            Action(
                "POST",
                path,
                self.add,
                "catalogue.change",
                summary="Add a picture to a product, behind those that it has",
                answer=ProductDocument,
                query=_HandedIn,
                takes=PICTURE_TYPES,
            ),
            Action(
                "PUT",
                path,
                self.arrange,
                "catalogue.change",
                summary="Order, describe and remove a product's pictures",
                answer=ProductDocument,
                body=PicturesBody,
            ),
        ]

    async def add(self, caller: TokenRequest) -> Response:
        """A picture, which is the whole body."""
        said = query_of(_HandedIn, caller)
        id_ = await self._id(caller)
        try:
            picture = await self._desk.take(caller.request.stream(), said.alt_text)
            document = await self._desk.add(caller.author, said.reason, id_, [picture])
        except PictureRefusedError as no:
            raise ProtocolError(422, "picture_refused", str(no)) from no
        return shown(document)

    async def arrange(self, caller: TokenRequest) -> Response:
        """Pictures as they shall be."""
        body = await body_of(PicturesBody, caller)
        id_ = caller.request.path_params["id"]
        document = await self._catalog.document(GetDocument(id=id_))
        known = {picture.key: picture for picture in document.product.pictures}
        if any(one.key not in known for one in body.pictures):
            sentence = "The product has no such picture. Add it first, and name it by its key."
            raise ProtocolError(422, "picture_refused", sentence)
        named = (
            known[one.key].model_copy(update={"alt_text": one.alt_text}) for one in body.pictures
        )
        sent = ChangePictures(
            author=caller.author,
            reason=body.reason,
            product_id=document.product.id,
            pictures=tuple(named),
            revision=body.revision,
        )
        return shown(await self._catalog.change_pictures(sent))

    async def _id(self, caller: TokenRequest) -> str:
        """The product in the address, before anything of its picture is read."""
        sent = GetDocument(id=caller.request.path_params["id"])
        return (await self._catalog.document(sent)).product.id
