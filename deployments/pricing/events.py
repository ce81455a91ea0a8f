"""What pricing publishes, each in the script that made it true."""

from __future__ import annotations

from typing import ClassVar

from deployments.foundation.events.publishing import Event
from deployments.foundation.values.authorship import Change


class CodeChanged(Event):
    """A discount code is new, or is another now. The subject is the code in lower case."""

    type: ClassVar[str] = "org.fieldhouse.pricing.code_changed.v1"
    subject: ClassVar[str] = "code"
    code: str
    enabled: bool
    change: Change


class RuleChanged(Event):
    """A customer group or a price list is new, is another now, or is gone.

    The subject is what it is and its id, such as `group:resellers`.
    """

    type: ClassVar[str] = "org.fieldhouse.pricing.rule_changed.v1"
    subject: ClassVar[str] = "rule"
    rule: str
    change: Change
