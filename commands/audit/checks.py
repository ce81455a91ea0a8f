"""All checks by name: what of each is a service's own, and what compares several services."""

from __future__ import annotations

from commands.audit.books import Books
from commands.audit.departures import DeparturesAndShipments
from commands.audit.orders_and_checkouts import OrdersAndCheckouts
from commands.audit.orders_and_events import OrdersAndEvents
from commands.audit.orders_and_payments import OrdersAndPayments
from commands.audit.orders_and_prices import OrdersAndPrices
from commands.audit.orders_and_stock import OrdersAndStock
from commands.audit.redemptions import RedemptionsAndCheckouts
from commands.audit.shipments import ShipmentsAndOrders
from commands.audit.subscriptions import Subscriptions
from deployments.carts.audit import CartsAudit
from deployments.catalog.audit import CatalogAudit
from deployments.checkout.audit import CheckoutAudit
from deployments.foundation.audit.findings import Check, Part
from deployments.foundation.audit.published import PublishedEvents
from deployments.inventory.audit import InventoryAudit
from deployments.notifications.audit import NotificationsAudit
from deployments.orders.audit import OrdersAudit
from deployments.payments.audit import PaymentsAudit
from deployments.pricing.audit import PricingAudit
from deployments.shipping.audit import ShippingAudit
from deployments.staff.audit import StaffAudit
from deployments.topology import TOPOLOGY
from deployments.webhooks.audit import WebhooksAudit

_WITHOUT_EVENTS = tuple(one.name for one in TOPOLOGY if one.keeps_state and not one.publishes)
"""Services that publish nothing; whatever is on their streams is wrong."""


def checks_of(books: Books) -> tuple[Check, ...]:
    """Every check, over one set of books."""
    redis_of, inspection = books.redis_of, books.inspection
    carts = CartsAudit(redis_of("carts"), inspection)
    catalog = CatalogAudit(redis_of("catalog"))
    checkout = CheckoutAudit(redis_of("checkout"), inspection)
    inventory = InventoryAudit(redis_of("inventory"), inspection)
    orders = OrdersAudit(redis_of("orders"), inspection)
    payments = PaymentsAudit(redis_of("payments"), inspection)
    pricing = PricingAudit(redis_of("pricing"), inspection)
    shipping = ShippingAudit(redis_of("shipping"), inspection)
    staff = StaffAudit(redis_of("staff"), inspection)
    webhooks = WebhooksAudit(redis_of("webhooks"), inspection)
    stock, checkouts = OrdersAndStock(books), OrdersAndCheckouts(books)
    events = (
        one.events
        for one in (catalog, carts, checkout, orders, inventory, payments, pricing, shipping)
    )
    return (
        Check("stock", "stock and reservations with the ledger", (inventory.stock,)),
        Check("sold", "units sold with orders, by SKU", (stock.sold,)),
        Check(
            "reservations",
            "reservations with sagas and orders",
            (inventory.holds, stock.reservations),
        ),
        Check(
            "payments",
            "payments with orders",
            (OrdersAndPayments(books).check, payments.sums),
        ),
        Check("provider", "payments with the sandbox's books", (payments.provider,)),
        Check(
            "totals",
            "orders with themselves and their checkouts",
            (orders.totals, checkouts.totals),
        ),
        Check(
            "prices",
            "orders with prices that the catalogue had",
            (OrdersAndPrices(books).check,),
        ),
        Check("sagas", "sagas with the time and their sessions", (checkout.sagas,)),
        Check(
            "redemptions",
            "redeemed codes with limits and checkouts",
            (pricing.redemptions, RedemptionsAndCheckouts(books).check),
        ),
        Check("progress", "orders with what they follow", (OrdersAndEvents(books).check,)),
        Check(
            "shipments",
            "shipments with orders, reservations",
            (shipping.shipments, ShipmentsAndOrders(books).check),
        ),
        Check(
            "departures",
            "units that left with shipments",
            (DeparturesAndShipments(books).check,),
        ),
        Check(
            "overdue",
            "what is due with the time",
            (
                inventory.lapsing,
                shipping.tracking,
                carts.abandonment,
                NotificationsAudit(redis_of("notifications"), inspection).sending,
                webhooks.dispatching,
            ),
        ),
        Check(
            "subscribers",
            "events with who consumes them",
            (Subscriptions(books).check, webhooks.dead_letters),
        ),
        Check(
            "events",
            "events with each other and with what is so",
            (*events, *(_nothing_published(books, name) for name in _WITHOUT_EVENTS)),
        ),
        Check(
            "audit-log",
            "the audit log with its chain, owners with people",
            (staff.log, staff.owners),
        ),
        Check(
            "links",
            "what names each other",
            (orders.lists, checkouts.links, checkout.links),
        ),
    )


def _nothing_published(books: Books, service: str) -> Part:
    return PublishedEvents[object](service, books.redis_of(service), books.inspection).check
