"""Whether a process records spans: only if the operator names a collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from deployments.foundation.values.settings import settings
from deployments.foundation.values.spans import record_with
from deployments.foundation.values.trace import sample


@contextmanager
def recording(instance: str) -> Iterator[None]:
    """Record spans meanwhile, as this process; send what is left at the end."""
    endpoint = settings().otlp_endpoint
    if endpoint is None:
        yield
        return
    from deployments.foundation.placement.otlp import OtlpRecorder  # noqa: PLC0415 - see there.

    recorder = OtlpRecorder(endpoint, instance)
    sample(settings().trace_ratio)
    record_with(recorder)
    try:
        yield
    finally:
        record_with(None)
        recorder.close()
