"""A small store whose books are audited: all services for real, and a few purchases behind it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from commands.audit.books import Books
from commands.audit.command import audit
from deployments.carts.contract import CreateCart
from deployments.carts.contract.contents import CartContents, WantedLine
from deployments.catalog import deployment as catalog
from deployments.catalog.contract import ImportProducts, Product
from deployments.catalog.service import CatalogService
from deployments.checkout.contract import CreateSession, ReplaceSession, Session
from deployments.foundation.audit.findings import Discrepancy, Report
from deployments.foundation.audit.inspection import Inspection
from deployments.foundation.rpc.detach import finish_detached
from deployments.inventory.contract import ReceiveStock, StockRow
from deployments.pricing.contract import DiscountCode, ImportRules
from deployments.shipping.domain.shipments import shipment_id
from tests.composing import service_of
from tests.unit.audit.followers import DELIVERY_SECONDS, DISPATCH_SECONDS, Followers
from tests.unit.checkout.services import BIKE, PLATFORM, SHIRT, Crash, Services
from tests.unit.checkout.shopping import completing, contents, ready

CHARGE = "{payments}:sandbox:charge:"
Finding = tuple[str, str, tuple[str, ...]]
"""The check, the rule that is broken, and the keys."""
SHIRTS = 1000
"""Enough for everybody."""


def findings(reports: list[Report]) -> set[Finding]:
    """What an audit found; of an event and a record that disagree, the record's key alone."""
    return {
        (
            report.check.name,
            found.rule,
            tuple(key for key in found.keys if not _is_told(key, found)),
        )
        for report in reports
        for found in report.findings.discrepancies
    }


def _is_told(key: str, found: Discrepancy) -> bool:
    return ":events:" in key and len(found.keys) > 1


@dataclass(frozen=True)
class Purchase:
    """A completed checkout, by the ids and keys of what it brought about."""

    session: Session
    saga: str

    @property
    def order_id(self) -> str:
        assert self.session.order is not None
        return self.session.order.order_id

    @property
    def order(self) -> str:
        return f"{{orders}}:order:{self.order_id}"

    @property
    def line(self) -> str:
        """The order's first line."""
        return f"{self.order} {self.session.lines[0].id}"

    @property
    def payment(self) -> str:
        return f"{{payments}}:payment:{self.saga}"

    @property
    def charge(self) -> str:
        return f"{CHARGE}{self.saga}:authorise"

    @property
    def shipment(self) -> str:
        """The one that leaves from location 1."""
        return f"{{shipping}}:shipment:{shipment_id(self.order_id, 1)}"

    @property
    def departure(self) -> str:
        return f"{self.reservation} at location 1"

    @property
    def reservation(self) -> str:
        return f"{{inventory}}:reservation:{self.saga}"

    @property
    def checkout(self) -> str:
        return f"{{checkout}}:session:{self.session.id}"

    @property
    def log(self) -> str:
        return f"{{checkout}}:saga:{self.saga}"


class AuditedStore:
    """The services of checkout's tests with a real catalogue, and everything that one may look
    up."""

    def __init__(self, redis_of: Callable[[str], Redis], admin: Redis) -> None:
        self.services, self.admin = Services(redis_of), admin
        self.catalog = service_of(
            self.services.composed("catalog", catalog.compose), CatalogService
        )
        self.followers = Followers(redis_of, self.services.clock)
        self.books = Books.of(redis_of, Inspection(0, self.services.clock))

    async def open(self) -> None:
        """Fill the shelves, and the catalogue; one code may be used as often as one likes."""
        await self.services.stock()
        row = StockRow(sku=SHIRT.sku, location_id=2, location_name="Barn", quantity=SHIRTS)
        await self.services.inventory.receive(ReceiveStock(batch="second", rows=(row,)))
        often = DiscountCode(
            code="Often",
            title="A tenth off",
            kind="percent",
            percent="10",
            starts=datetime(2026, 1, 1, tzinfo=UTC),
            ends=datetime(2027, 1, 1, tzinfo=UTC),
        )
        await self.services.pricing.import_rules(ImportRules(batch="second", codes=(often,)))
        products = tuple(
            Product(id=item.product_id, title=item.title, description="", variants=(item,))
            for item in (SHIRT, BIKE)
        )
        await self.catalog.import_products(ImportProducts(batch="first", products=products))

    async def trade(self) -> None:
        """Something of everything: bought from a cart, with a code, declined, abandoned."""
        await self.buy(codes=("ONCE",), quantity=2)
        await self.buy_cart()
        await self.decline()
        await ready(self.services.checkout)

    async def buy(self, **wanted: Any) -> Purchase:  # noqa: ANN401
        """Buy these contents."""
        return await self._pay(await ready(self.services.checkout, **wanted))

    async def buy_cart(self) -> Purchase:
        """Buy what is in a cart."""
        line = WantedLine(item_id=SHIRT.sku, quantity=3)
        cart = await self.services.carts.create(
            CreateCart(platform=PLATFORM, contents=CartContents(lines=(line,), codes=("often",)))
        )
        checkout = self.services.checkout
        created = await checkout.create(
            CreateSession(platform=PLATFORM, contents=contents(), cart_id=cart.id)
        )
        wanted = contents(quantity=3, codes=("often",))
        session = await checkout.replace(
            ReplaceSession(session_id=created.session.id, platform=PLATFORM, contents=wanted)
        )
        return await self._pay(session)

    async def _pay(self, session: Session) -> Purchase:
        done = await self.services.checkout.complete(completing(session))
        await finish_detached()
        assert done.status == "completed"
        return Purchase(done, await self.saga_of(session))

    async def saga_of(self, session: Session) -> str:
        """The last saga that tried to complete a session."""
        saga = await self.admin.hget(f"{{checkout}}:session:{session.id}", "saga")
        assert saga is not None
        return str(saga)

    async def decline(self) -> str:
        """A card that is declined; gives the saga that was undone."""
        session = await ready(self.services.checkout, codes=("often",))
        await self.services.checkout.complete(completing(session, token="fail_token"))
        return await self.saga_of(session)

    async def crash_declined(self, service: str, undo: str) -> Purchase:
        """A card that is declined, and a driver that dies before an undo."""
        session = await ready(self.services.checkout)
        getattr(self.services, service).before[undo] = Crash
        with contextlib.suppress(Crash):
            await self.services.checkout.complete(completing(session, token="fail_token"))
        await finish_detached()
        getattr(self.services, service).heal()
        return Purchase(session, await self.saga_of(session))

    async def crash(
        self,
        service: str,
        step: str,
        moment: str = "after",
        **wanted: Any,  # noqa: ANN401
    ) -> Purchase:
        """A purchase whose driver dies at a step; its saga is left where it was."""
        session = await ready(self.services.checkout, **wanted)
        getattr(getattr(self.services, service), moment)[step] = Crash
        with contextlib.suppress(Crash):
            await self.services.checkout.complete(completing(session))
        await finish_detached()
        getattr(self.services, service).heal()
        return Purchase(session, await self.saga_of(session))

    async def follow(self) -> None:
        """Let everybody consume what there is to consume."""
        await self.followers.follow()

    async def dispatch(self) -> None:
        """Let the carrier take what is waiting for it; nobody has consumed that yet."""
        self.services.clock.forward(seconds=DISPATCH_SECONDS)
        await self.followers.move_along()

    async def deliver(self) -> None:
        """Let everything arrive, and everybody consume it."""
        await self.follow()
        await self.dispatch()
        self.services.clock.forward(seconds=DELIVERY_SECONDS)
        await self.followers.move_along()
        await self.follow()

    async def audit(self) -> set[Finding]:
        """What an audit finds now."""
        return findings(await audit(self.books))

    async def rewrite(self, key: str, field: str, **changed: Any) -> None:  # noqa: ANN401
        """Change a JSON document in a hash; `a__b` is the field `b` of the field `a`."""
        document = json.loads(str(await self.admin.hget(key, field)))
        for path, value in changed.items():
            *outer, last = path.split("__")
            place = document
            for name in outer:
                place = place[int(name) if isinstance(place, list) else name]
            place[last] = value
        await self.admin.hset(key, field, json.dumps(document))
