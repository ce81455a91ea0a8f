"""The catalogue over HTTP: UCP's REST binding of catalog search and lookup, version 2026-04-08.

Open to everyone; a `UCP-Agent` header, where there is one, must name a profile.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from deployments.catalog.bodies import MAX_IDS, LookupBody, ProductBody, SearchBody
from deployments.catalog.contract.pictures import MEDIA_TYPES
from deployments.catalog.contract.products import PICTURE_KEY
from deployments.catalog.domain.paging import ForeignCursorError
from deployments.catalog.pictures_sent import PicturesSent
from deployments.catalog.product_json import ProductJson
from deployments.catalog.service import CatalogService
from deployments.catalog.wire import (
    detail_json,
    found_json,
    looked_up_json,
    no_product_json,
    price_filter_ignored,
)
from deployments.foundation.http.answers import ProtocolError, answer, written
from deployments.foundation.http.bodies import parse, read_body
from deployments.foundation.http.callers import check_agent
from deployments.foundation.http.operations import Operation, Schema
from deployments.foundation.http.ucp import ERROR, Notice, ucp_schema

PICTURE: Schema = {"type": "string", "contentMediaType": "image/*"}
_KEY = re.compile(PICTURE_KEY)
_FOR_EVER = {
    "Cache-Control": "public, max-age=31536000, immutable",
    # Other sites may show it: that is what a picture of a product is for.
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PRODUCT = ucp_schema("catalog_lookup.json#/$defs/get_product_response")


class CatalogRoutes:
    """The handlers, upon the service."""

    def __init__(self, service: CatalogService, public_url: str) -> None:
        self._service, self._write = service, ProductJson(public_url)
        self._sent = PicturesSent()

    def routes(self) -> list[Operation]:
        """All operations under `/catalog`."""
        return [
            Operation(
                "POST",
                "/search",
                self.search,
                id="search_catalog",
                summary="Search the catalogue",
                bodies=(SearchBody,),
                answers={200: ucp_schema("catalog_search.json#/$defs/search_response")},
                keyed=False,
            ),
            Operation(
                "POST",
                "/lookup",
                self.look_up,
                id="lookup_catalog",
                summary="Look up products and variants by id",
                bodies=(LookupBody,),
                answers={200: ucp_schema("catalog_lookup.json#/$defs/lookup_response")},
                keyed=False,
            ),
            Operation(
                "POST",
                "/product",
                self.get_product,
                id="get_product",
                summary="Show one product, narrowed by selected options",
                bodies=(ProductBody,),
                answers={200: {"anyOf": [_PRODUCT, ERROR]}},
                keyed=False,
            ),
            Operation(
                "GET",
                "/pictures/{key}",
                self.picture,
                id="get_picture",
                summary="A picture of a product",
                answers={200: PICTURE},
                errors={404: "There is no such picture."},
                keyed=False,
                # A page of products asks for dozens; what bounds them is how many are sent at once.
                limited=False,
            ),
        ]

    async def search(self, request: Request) -> Response:
        """Search Catalog."""
        check_agent(request)
        body = parse(SearchBody, await read_body(request))
        if body.asks_nothing:
            raise ProtocolError(400, "invalid_request", "Send a query, or a filter, or both.")
        try:
            found = await self._service.search(
                body.words, body.narrowed(), limit=body.limit, cursor=body.pagination.cursor
            )
        except ForeignCursorError as foreign:
            sentence = "The cursor is not one of this search's. Begin again without it."
            raise ProtocolError(400, "invalid_cursor", sentence) from foreign
        return written(found_json(found, _notices(body), self._write))

    async def look_up(self, request: Request) -> Response:
        """Lookup Catalog."""
        check_agent(request)
        body = parse(LookupBody, await read_body(request))
        if len(body.ids) > MAX_IDS:
            raise ProtocolError(400, "request_too_large", f"Send {MAX_IDS} ids at most.")
        looked_up = await self._service.look_up(body.ids, body.narrowed())
        return written(looked_up_json(looked_up, _notices(body), self._write))

    async def get_product(self, request: Request) -> Response:
        """Get Product: one that is not there is a business outcome, told in a 200."""
        check_agent(request)
        body = parse(ProductBody, await read_body(request))
        detail = await self._service.get_product(
            body.id, body.selection(), body.preferences, body.narrowed()
        )
        if detail is None:
            return answer(no_product_json(body.id))
        return written(detail_json(detail, _notices(body), self._write))

    async def picture(self, request: Request) -> Response:
        """A picture, which never changes under its key; 404 if there is none."""
        key: str = request.path_params["key"]
        if _KEY.fullmatch(key) is None:
            raise _no_picture()
        headers = {**_FOR_EVER, "ETag": f'"{key}"'}
        if _is_held(request, key):
            return Response(status_code=304, headers=headers)
        self._sent.check()
        content = await self._service.picture(key)
        if content is None:
            raise _no_picture()
        return self._sent.answer(content, headers, MEDIA_TYPES[key.rpartition(".")[2]])


def _is_held(request: Request, key: str) -> bool:
    """Whether whoever asks has it already. What a key names is what it always was."""
    held = request.headers.get("if-none-match", "")
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in held.split(",")}
    return key in tags


def _no_picture() -> ProtocolError:
    return ProtocolError(404, "not_found", "There is no such picture. Take its address anew.")


def _notices(body: SearchBody | LookupBody | ProductBody) -> list[Notice]:
    return [price_filter_ignored(body.currency)] if body.ignores_price else []
