"""The back office over HTTP: one table of pages and what each needs."""

from __future__ import annotations

from typing import NamedTuple

from starlette.routing import Route

from deployments.backoffice.api.audit_log import AuditLogActions
from deployments.backoffice.api.codes import CodeActions
from deployments.backoffice.api.document import serving
from deployments.backoffice.api.exports import ExportActions
from deployments.backoffice.api.imports import ImportActions
from deployments.backoffice.api.orders import OrderActions
from deployments.backoffice.api.pictures import PictureActions
from deployments.backoffice.api.price_lists import PriceListActions
from deployments.backoffice.api.products import ProductActions
from deployments.backoffice.api.stock import StockActions
from deployments.backoffice.api.transfers import TransferActions
from deployments.backoffice.api.waiting import WaitingActions
from deployments.backoffice.exports.desk import ExportDesk
from deployments.backoffice.guard import Guard, PageRoute
from deployments.backoffice.imports.desk import ImportDesk
from deployments.backoffice.menu import MENU
from deployments.backoffice.pages.account import AccountPages
from deployments.backoffice.pages.api_tokens import ApiTokenPages
from deployments.backoffice.pages.audit_log import AuditLogPages
from deployments.backoffice.pages.codes import CodePages
from deployments.backoffice.pages.exports import ExportPages
from deployments.backoffice.pages.groups import GroupPages
from deployments.backoffice.pages.home import HomePages
from deployments.backoffice.pages.house import HousePages, asset, nothing
from deployments.backoffice.pages.imports import ImportPages
from deployments.backoffice.pages.links import LinkPages
from deployments.backoffice.pages.locations import LocationPages
from deployments.backoffice.pages.new_products import NewProductPages
from deployments.backoffice.pages.orders import OrderPages
from deployments.backoffice.pages.people import PeoplePages
from deployments.backoffice.pages.person_acts import PersonActPages
from deployments.backoffice.pages.pictures import PicturePages
from deployments.backoffice.pages.price_lists import PriceListPages
from deployments.backoffice.pages.price_preview import PricePreviewPages
from deployments.backoffice.pages.prices import PricePages
from deployments.backoffice.pages.products import ProductPages
from deployments.backoffice.pages.second_factor import SecondFactorPages
from deployments.backoffice.pages.sign_in import SignInPages
from deployments.backoffice.pages.stock import StockPages
from deployments.backoffice.pages.stock_changes import StockChangePages
from deployments.backoffice.pages.transfers import TransferPages
from deployments.backoffice.pages.variants import VariantPages
from deployments.backoffice.pages.waiting import WaitingPages
from deployments.backoffice.pictures.desk import PictureDesk
from deployments.backoffice.tokens import Action, TokenGuard
from deployments.backoffice.waiting_orders import WaitingOrders
from deployments.catalog.contract import CatalogApi
from deployments.foundation.http.rate_limits import RateLimits
from deployments.inventory.contract import InventoryApi
from deployments.orders.contract import OrdersApi
from deployments.payments.contract import PaymentsApi
from deployments.pricing.contract import PricingApi
from deployments.staff.contract import StaffApi

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Services(NamedTuple):
    """The services that the back office asks, each as its contract's protocol."""

    catalog: CatalogApi
    inventory: InventoryApi
    orders: OrdersApi
    payments: PaymentsApi
    pricing: PricingApi
    staff: StaffApi


class BackofficeRoutes:
    """All that is under `/admin`, upon the services that it asks."""

    def __init__(
        self,
        services: Services,
        limits: RateLimits,
        imports: ImportDesk,
        exports: ExportDesk,
        pictures: PictureDesk,
    ) -> None:
        staff = services.staff
        self._guard = Guard(staff, limits, MENU)
        self._tokens = TokenGuard(staff, limits)
        waiting = WaitingOrders(services.inventory, services.orders)
        self._programs = (
            ProductActions(services.catalog),
            PictureActions(pictures, services.catalog),
            StockActions(services.inventory),
            WaitingActions(waiting),
            TransferActions(services.inventory),
            OrderActions(services.orders, services.payments),
            CodeActions(services.pricing),
            PriceListActions(services.pricing),
            ImportActions(imports),
            ExportActions(exports),
            AuditLogActions(staff),
        )
        self._house = HousePages()
        products = ProductPages(services.catalog)
        stock = StockPages(services.inventory, services.catalog)
        account, people = AccountPages(staff), PeoplePages(staff)
        self._subjects = (
            SignInPages(staff),
            LinkPages(staff),
            self._house,
            HomePages(services.inventory, services.orders, services.catalog),
            account,
            SecondFactorPages(staff, account),
            ApiTokenPages(staff, account),
            people,
            OrderPages(services.orders, services.payments),
            NewProductPages(services.catalog, products),
            VariantPages(services.catalog, products),
            products,
            PicturePages(pictures, services.catalog, products),
            PricePages(services.catalog, products),
            CodePages(services.pricing),
            PricePreviewPages(services.pricing, services.catalog),
            GroupPages(services.pricing),
            PriceListPages(services.pricing),
            stock,
            StockChangePages(services.inventory, stock),
            WaitingPages(waiting),
            TransferPages(services.inventory),
            LocationPages(services.inventory),
            ImportPages(imports),
            ExportPages(exports),
            PersonActPages(staff, people),
            AuditLogPages(staff),
        )

    def pages(self) -> list[PageRoute]:
        """Every page, the one that answers everywhere else last."""
        return [page for one in self._subjects for page in one.pages()] + self._house.last()

    def actions(self) -> list[Action]:
        """Every action of the API."""
        return [action for one in self._programs for action in one.actions()]

    def all(self) -> list[Route]:
        """Everything, guarded; the pages' files and the API's document need no guard."""
        return [
            Route("/static/{name}", asset, methods=["GET"]),
            Route("/api/openapi.json", serving(self.actions()), methods=["GET"]),
            *(self._tokens.operation(action) for action in self.actions()),
            Route("/api/{path:path}", nothing, methods=_METHODS),
            *(self._guard.route(page) for page in self.pages()),
        ]
