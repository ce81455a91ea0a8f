"""Prices take effect, now or from a moment on."""

from __future__ import annotations

from deployments.backoffice.formats.items import PriceItem
from deployments.backoffice.imports.effects import (
    TRIES,
    Comparison,
    Doing,
    Values,
    changed_meanwhile,
    compared,
    still,
)
from deployments.backoffice.imports.run import Outcome
from deployments.catalog.contract import CatalogApi, StaleRevision, UnknownItem
from deployments.catalog.contract.documents import (
    ChangePrice,
    GetDocument,
    ProductDocument,
    SchedulePrice,
    UnknownProduct,
)


class PriceEffect:
    """Implements `Effect`, upon the catalogue."""

    def __init__(self, catalog: CatalogApi) -> None:
        self._catalog = catalog

    async def compare(self, item: PriceItem) -> Comparison:
        """What would change of the SKU's price, or of what is planned for it."""
        return _comparison(await self._seen(item.sku), item)

    async def take(self, item: PriceItem, digest: str, doing: Doing) -> Outcome:
        """Change the price at the revision that is compared, or plan it."""
        for _ in range(TRIES):
            seen = await self._seen(item.sku)
            comparison = _comparison(seen, item)
            if comparison.outcome == "same":
                return "same"
            still(comparison, digest)
            await doing.attempts.attempt(item.sku, seen.revision)
            try:
                await self._send(item, seen.revision, doing)
            except StaleRevision:
                continue
            return comparison.outcome
        raise changed_meanwhile(item.sku)

    async def _send(self, item: PriceItem, revision: int, doing: Doing) -> None:
        if item.starts is not None:
            planned = SchedulePrice(
                author=doing.author,
                reason=doing.reason,
                sku=item.sku,
                price=item.price,
                starts=item.starts,
                revision=revision,
            )
            await self._catalog.schedule_price(planned)
            return
        sent = ChangePrice(
            author=doing.author,
            reason=doing.reason,
            sku=item.sku,
            price=item.price,
            revision=revision,
        )
        await self._catalog.change_price(sent)

    async def _seen(self, sku: str) -> ProductDocument:
        try:
            found = await self._catalog.document(GetDocument(id=sku))
        except UnknownProduct:
            raise _unknown(sku) from None
        if found.state != "published" or all(one.sku != sku for one in found.product.variants):
            raise _unknown(sku)
        return found


def _unknown(sku: str) -> UnknownItem:
    sentence = f"The catalogue shows no SKU {sku}. Check it, or publish its product first."
    return UnknownItem(sentence, sku=sku)


def _comparison(seen: ProductDocument, item: PriceItem) -> Comparison:
    if item.starts is None:
        price = next(one.price for one in seen.product.variants if one.sku == item.sku)
        return compared(item.sku, {"price": price}, {"price": item.price})
    planned = next((one for one in seen.scheduled if one.sku == item.sku), None)
    before: Values = {"price": None, "starts": None}
    if planned is not None:
        before = planned.model_dump(mode="json", include={"price", "starts"})
    return compared(item.sku, before, item.model_dump(mode="json", include={"price", "starts"}))
