"""What pricing says no to when staff save one of its rules, beside what they typed."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import NamedTuple

from deployments.backoffice.forms import Form
from deployments.backoffice.visit import Visit
from deployments.pricing.contract.groups import StaleRule, TooManyRules


class RefusedRule(NamedTuple):
    """The form with what is wrong; it is `stale` if somebody changed the rule meanwhile."""

    form: Form
    stale: bool = False


async def refusal_of(
    visit: Visit, form: Form, saving: Awaitable[object], *, known: bool
) -> RefusedRule | None:
    """Save a rule, a new one unless it is `known`; none if it was saved."""
    try:
        await saving
    except StaleRule as stale:
        if known:
            return RefusedRule(form, stale=True)
        return RefusedRule(form.refused(visit.language.rejection(stale), at="id"))
    except TooManyRules as no:
        return RefusedRule(form.refused(visit.language.rejection(no)))
    return None
