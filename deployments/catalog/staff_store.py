"""What staff see and change of the catalogue, in Redis: `store.py` says under which keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from redis.asyncio import Redis

from deployments.catalog.contract.documents import (
    ChangePrice,
    ProductDocument,
    SaveProduct,
    ScheduledPrice,
    SchedulePrice,
)
from deployments.catalog.contract.pictures import ChangePictures
from deployments.catalog.events import (
    PicturesChanged,
    PriceChanged,
    ProductChanged,
    ProductHidden,
)
from deployments.catalog.readings import products_of
from deployments.catalog.store import (
    DELETIONS,
    GOING,
    HAD,
    HIDDEN,
    LUA,
    PICTURES,
    PRICES,
    PRICES_APART,
    PRODUCTS,
    REVISIONS,
    SEQUENCES,
    SERVICE,
    SKUS,
    STREAMS,
    UNSHOWN,
    HiddenProduct,
    Pictured,
    files_of,
    hidden_with,
)
from deployments.foundation.events.publishing import occasion
from deployments.foundation.redis.connection import script
from deployments.foundation.values.authorship import authored
from deployments.foundation.values.money import STORE_CURRENCY

_PLANNED, _DUE = "{catalog}:planned", "{catalog}:due"
_OF_PRICES = [PRODUCTS, PRICES, SKUS, SEQUENCES, HAD, REVISIONS]

Saved = Literal["saved", "stale", "unknown", "taken"]


class StaffCatalogStore:
    """Documents and prices of one Redis, as staff change them."""

    def __init__(self, redis: Redis) -> None:
        def lua(name: str, *preludes: str | Path) -> Any:  # noqa: ANN401 - scripts answer anything.
            return script(redis, LUA / f"{name}.lua", *preludes)

        prices = ("publish", "changes", LUA / "prices")
        self._read, self._save = lua("read_document"), lua("save_product", "publish")
        self._change = lua("change_price", *prices)
        self._picture = lua("change_pictures", "publish")
        self._plan, self._apply = lua("plan_price", *prices), lua("apply_planned", *prices)

    async def document(self, id_: str) -> ProductDocument | None:
        """The product that an id or a SKU names, as it is now."""
        keys = [PRODUCTS, PRICES, SKUS, HIDDEN, REVISIONS, _PLANNED, PICTURES]
        revision, shown, hidden, prices, plans, pictures = await self._read(keys=keys, args=[id_])
        if hidden and not shown:
            kept = hidden_with(HiddenProduct.model_validate_json(hidden), pictures)
            return ProductDocument(product=kept.product, state=kept.state, revision=int(revision))
        return _shown(revision, shown, prices, plans, pictures) if shown else None

    async def save(
        self, request: SaveProduct, event: ProductChanged | ProductHidden, now: datetime
    ) -> tuple[Saved, str]:
        """Write a document; the outcome, and the new revision or the SKU that is taken."""
        product, shown = request.product, request.state == "published"
        document = product.model_dump_json(exclude=PRICES_APART) if shown else ""
        hidden = "" if request.state == "published" else _hidden(request)
        prices = json.dumps([[variant.sku, variant.price] for variant in product.variants])
        words = [
            product.id,
            _seen(request.revision),
            document,
            hidden,
            prices,
            event.type,
            event.model_dump_json(),
        ]
        outcome, *more = await self._save(
            keys=[*_OF_PRICES, HIDDEN, *STREAMS], args=[*words, occasion(SERVICE, now)]
        )
        return cast(Saved, outcome), str(more[0]) if more else ""

    async def change_pictures(
        self, request: ChangePictures, event: PicturesChanged, now: datetime, deletions: str
    ) -> tuple[str, str]:
        """Write a product's pictures, whose files were there after so many deletions: `saved`,
        `unknown`, `stale`, `again`, or `going` and the file that is being deleted."""
        pictures = Pictured.dump_json(request.pictures).decode()
        words = [request.product_id, request.revision, pictures, event.type]
        words += [event.model_dump_json(), json.dumps(files_of(request.pictures)), deletions]
        of_files = [UNSHOWN, GOING, DELETIONS]
        outcome, *more = await self._picture(
            keys=[PRODUCTS, HIDDEN, REVISIONS, PICTURES, SEQUENCES, *of_files, *STREAMS],
            args=[*words, occasion(SERVICE, now)],
        )
        return cast(str, outcome), str(more[0]) if more else ""

    async def change_price(self, request: ChangePrice, now: datetime) -> str:
        """Set a price: `changed`, `unknown` or `stale`."""
        event = PriceChanged(sku=request.sku, price=request.price, currency=STORE_CURRENCY)
        by = authored(request.author, request.reason, now)
        told = event.model_dump_json(exclude={"change"})
        words = [request.sku, request.price, told, by, _seen(request.revision)]
        answer = await self._change(
            keys=[*_OF_PRICES, *STREAMS], args=[*words, occasion(SERVICE, now)]
        )
        return cast(str, answer)

    async def plan(self, request: SchedulePrice, plan: ScheduledPrice | None, now: datetime) -> str:
        """Plan a price, or none: `planned`, `unknown` if shoppers see no such SKU, or `stale`."""
        event = request.model_dump_json(include={"sku", "price", "starts"})
        by = authored(request.author, request.reason, now)
        written = plan.model_dump_json() if plan else ""
        words = [request.sku, written, _ms(request.starts), event, by, _seen(request.revision)]
        answer = await self._plan(
            keys=[*_OF_PRICES, _PLANNED, _DUE, *STREAMS], args=[*words, occasion(SERVICE, now)]
        )
        return cast(str, answer)

    async def apply(self, limit: int, now: datetime) -> int:
        """Let planned prices that are due take effect; how many were."""
        args = [_ms(now), now.isoformat(), limit, STORE_CURRENCY, occasion(SERVICE, now)]
        return cast(int, await self._apply(keys=[*_OF_PRICES, _PLANNED, _DUE, *STREAMS], args=args))


def _shown(
    revision: str, shown: str, prices: Sequence[str], plans: Sequence[str], pictures: str
) -> ProductDocument:
    (product,) = products_of([shown], prices)
    if pictures:
        product = product.model_copy(update={"pictures": Pictured.validate_json(pictures)})
    scheduled = tuple(ScheduledPrice.model_validate_json(plan) for plan in plans)
    return ProductDocument(
        product=product, state="published", revision=int(revision), scheduled=scheduled
    )


def _hidden(request: SaveProduct) -> str:
    kept = {"state": request.state, "product": request.product}
    return HiddenProduct.model_validate(kept).model_dump_json(exclude={"product": {"pictures"}})


def _seen(revision: int | None) -> int | str:
    return "" if revision is None else revision


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
