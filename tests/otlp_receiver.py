"""A collector: takes traces over OTLP and HTTP, as protobuf, and keeps them."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class Received:
    """A span as it arrived; `error` is none where it says of no failure."""

    service: str
    release: str
    name: str
    kind: int
    trace: str
    id: str
    parent: str
    attributes: str
    error: str | None


class Collector:
    """What has arrived at an address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.spans: list[Received] = []

    def of(self, trace: str) -> list[Received]:
        """The spans of one trace."""
        return [span for span in list(self.spans) if span.trace == trace]

    def wait_for(self, is_there: Callable[[], bool]) -> None:
        """Until what is waited for has arrived."""
        last = time.monotonic() + _WITHIN_SECONDS
        while not is_there():
            assert time.monotonic() < last, [(span.service, span.name) for span in self.spans]
            time.sleep(0.1)


@contextmanager
def otlp_collector() -> Iterator[Collector]:
    """A collector on this machine; it ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.spans += _spans(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Received]:
    for of_resource in request.resource_spans:
        resource = {one.key: one.value.string_value for one in of_resource.resource.attributes}
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                yield Received(
                    service=resource["service.name"],
                    release=resource["service.version"],
                    name=span.name,
                    kind=span.kind,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    attributes=str(span.attributes),
                    error=span.status.message if span.status.code == 2 else None,
                )
