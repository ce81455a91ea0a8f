"""Spans on their way to an OpenTelemetry collector, over OTLP and HTTP.

Loaded only where a collector is configured: nobody else pays for it. A thread sends them in
batches; where it cannot keep up they are dropped, and the store goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from deployments.foundation.values.settings import settings
from deployments.foundation.values.spans import Kind, Span

_SCOPE = InstrumentationScope("fieldhouse")
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_KINDS: Mapping[Kind, SpanKind] = MappingProxyType(
    {
        "internal": SpanKind.INTERNAL,
        "server": SpanKind.SERVER,
        "client": SpanKind.CLIENT,
        "consumer": SpanKind.CONSUMER,
    }
)


class OtlpRecorder:
    """Sends spans to the collector at `endpoint`; the replica that sends is `instance`."""

    def __init__(self, endpoint: str, instance: str) -> None:
        self._instance = instance
        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        self._processor = BatchSpanProcessor(exporter)

    def record(self, spans: list[Span]) -> None:
        """Put them on their way."""
        for span in spans:
            self._processor.on_end(_readable(span, self._instance))

    def close(self) -> None:
        """Send what waits. Blocks until it is sent."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]


@lru_cache
def _resource(service: str, instance: str) -> Resource:
    return Resource(
        {
            "service.name": service,
            "service.namespace": "fieldhouse",
            "service.instance.id": instance,
            "service.version": settings().release,
        }
    )


def _readable(span: Span, instance: str) -> ReadableSpan:
    failed = span.failure is not None
    return ReadableSpan(
        span.name,
        context=_context(span.trace_id, span.span_id),
        parent=None if span.parent_id is None else _context(span.trace_id, span.parent_id),
        resource=_resource(span.service, instance),
        attributes=span.attributes,
        kind=_KINDS[span.kind],
        status=Status(StatusCode.ERROR, span.failure) if failed else Status(StatusCode.UNSET),
        start_time=span.began,
        end_time=span.ended,
        instrumentation_scope=_SCOPE,
    )


def _context(trace_id: str, span_id: str) -> SpanContext:
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=False, trace_flags=_SAMPLED)
