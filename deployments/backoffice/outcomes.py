"""Which HTTP status a service's no becomes, on a page and in the API alike."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from deployments.catalog.contract import SkuTaken, UnknownItem, UnknownProduct
from deployments.catalog.contract.pictures import PictureMissing
from deployments.foundation.rpc.rejection import Rejection
from deployments.inventory.contract.changes import UnknownTransfer
from deployments.orders.contract.staff import OrderNotFound
from deployments.payments.contract import PaymentNotFound
from deployments.pricing.contract.codes import UnknownCode
from deployments.pricing.contract.groups import UnknownRule
from deployments.staff.contract.account import WrongCode
from deployments.staff.contract.credentials import NotPermitted, NotSignedIn
from deployments.staff.contract.people import PersonNotFound
from deployments.staff.contract.sign_in import (
    LinkInvalid,
    NotAnEmail,
    SignInsBusy,
    StaffSessionNotFound,
    TooManyAttempts,
    WeakPassword,
    WrongCredentials,
)
from deployments.staff.contract.tokens import ScopeRefused, TokenNotFound

_STATUS: Mapping[type[Rejection], HTTPStatus] = MappingProxyType(
    {
        NotSignedIn: HTTPStatus.UNAUTHORIZED,
        WrongCredentials: HTTPStatus.UNAUTHORIZED,
        NotPermitted: HTTPStatus.FORBIDDEN,
        LinkInvalid: HTTPStatus.NOT_FOUND,
        StaffSessionNotFound: HTTPStatus.NOT_FOUND,
        OrderNotFound: HTTPStatus.NOT_FOUND,
        PaymentNotFound: HTTPStatus.NOT_FOUND,
        UnknownProduct: HTTPStatus.NOT_FOUND,
        UnknownItem: HTTPStatus.NOT_FOUND,
        UnknownTransfer: HTTPStatus.NOT_FOUND,
        UnknownCode: HTTPStatus.NOT_FOUND,
        UnknownRule: HTTPStatus.NOT_FOUND,
        PersonNotFound: HTTPStatus.NOT_FOUND,
        TokenNotFound: HTTPStatus.NOT_FOUND,
        WrongCode: HTTPStatus.UNPROCESSABLE_ENTITY,
        ScopeRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
        SkuTaken: HTTPStatus.CONFLICT,
        PictureMissing: HTTPStatus.CONFLICT,
        NotAnEmail: HTTPStatus.UNPROCESSABLE_ENTITY,
        WeakPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
        TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
        SignInsBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    }
)


def status_of(no: Rejection) -> HTTPStatus:
    """The status of a rejection; 409 for one that is about the state of things."""
    return _STATUS.get(type(no), HTTPStatus.CONFLICT)
