"""The tests of the template are run where it is copied to."""

from __future__ import annotations

collect_ignore = ["waitlist_tests"]
