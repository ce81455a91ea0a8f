"""The variables that an operator may set, by what they are about; see `settings`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deployments.foundation.values.setting_types import (
    ADDRESS,
    REDIS,
    KeyPairs,
    Mailbox,
    ObjectPlace,
    Partitioned,
    WebAddress,
)

OrderDurability = Literal["server", "disk", "replica"]
_OWN_REDIS = re.compile(r"([A-Z]+)_REDIS_URL")


class Section(BaseSettings):
    """What every section has in common."""

    model_config = SettingsConfigDict(
        env_prefix="FIELDHOUSE_",
        env_ignore_empty=True,
        extra="ignore",
        allow_inf_nan=False,
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )


class ServerSettings(Section):
    """Server: where the store listens, and where it keeps its files."""

    host: str = Field("127.0.0.1", description="The address that the API listens on.")
    port: int = Field(8000, ge=1, le=65535, description="The port that the API listens on.")
    public_url: WebAddress = Field(
        "http://127.0.0.1:8000",
        description="The address under which clients reach the store. `fieldhouse run` sets it to "
        "host and port unless it is given; mail can be unsubscribed from by one click only "
        "if it is `https`.",
    )
    data: Path = Field(
        Path(".data"),
        description="The directory for the embedded Redis, mail and logs. A relative path "
        "counts from the project, because Ray gives its workers other working directories.",
    )
    pictures: ObjectPlace | None = Field(
        None,
        description="Where pictures of products are: `pictures` in the data directory unless this "
        "names another directory, or a bucket that speaks S3, which more than one machine needs. "
        "Its credentials and region are AWS's own variables, such as `AWS_ACCESS_KEY_ID`, "
        "`AWS_SECRET_ACCESS_KEY` and `AWS_REGION`.",
        json_schema_extra={"takes": "a directory, or `s3://bucket/path`"},
    )
    picture_days: float = Field(
        365,
        ge=7,
        le=36_500,
        description="How long a picture's file stays after the last product that showed it. What "
        "lies there and no product of this store shows is deleted: no other store may share it.",
        json_schema_extra={"unit": "days"},
    )
    s3_endpoint: WebAddress | None = Field(
        None,
        validation_alias="AWS_ENDPOINT_URL",
        description="AWS's own setting: where S3 is spoken, if not at AWS.",
        json_schema_extra={"takes": ADDRESS},
    )
    release: str = Field(
        "",
        max_length=200,
        description="The name of the code that a service runs. `fieldhouse run` and `fieldhouse "
        "deploy` set it.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="The port of `/metrics` of a store in one process, at the API's address. On "
        "Ray every node has its own, which Ray chooses.",
        json_schema_extra={"takes": "a port"},
    )
    otlp_endpoint: WebAddress | None = Field(
        None,
        validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="OpenTelemetry's own setting: the collector that takes traces, over HTTP. "
        "Without one nothing is recorded.",
        json_schema_extra={"takes": ADDRESS},
    )
    trace_ratio: float = Field(
        1,
        ge=0,
        le=1,
        description="Which part of the traces that begin here is recorded. What fails is recorded "
        "anyway, in the process where it does.",
    )
    ready_seconds: float = Field(
        600,
        gt=0,
        le=86400,
        description="How long the services may take to come up before `fieldhouse run` gives up.",
        json_schema_extra={"unit": "seconds"},
    )


class RedisSettings(Section):
    """Redis: where state is kept. Without a URL the store runs an embedded server."""

    redis_url: SecretStr | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="The Redis of every service without one of its own, with credentials.",
        json_schema_extra={"takes": REDIS},
    )
    own_redis_urls: Mapping[str, SecretStr] = Field(
        default_factory=dict,
        validation_alias="<SERVICE>_REDIS_URL",
        description="The Redis of one service alone: `ORDERS_REDIS_URL`, say.",
        json_schema_extra={"takes": REDIS},
    )
    redis_secret: SecretStr | None = Field(
        None,
        description="From this each service's Redis password derives. Without it, services enter "
        "an external Redis with the credentials in its URL; an embedded server draws one.",
    )
    appendfsync: Literal["everysec", "always"] = Field(
        "everysec",
        description="When the embedded server's writes reach the disk: `everysec` survives every "
        "killed process, `always` a power cut too.",
    )

    order_durability: OrderDurability = Field(
        "server",
        description="Where what acknowledges an order must be before it is answered: `server` as "
        "safe as the server is set, `disk` on its disk (`WAITAOF 1 0`, with `appendfsync always`), "
        "`replica` on a replica too (`WAIT 1`). For a Redis of the operator's own.",
    )

    partitioned: Partitioned | None = Field(
        None,
        description="The service whose keys are grouped by partition, so that they can be on "
        "several nodes of a cluster. It says how the stored keys are laid out, and does not start "
        "upon others: `fieldhouse partition` groups those of a store that is stopped.",
        json_schema_extra={"takes": "orders"},
    )

    @model_validator(mode="before")
    @classmethod
    def _of_services(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Which services have a Redis of their own stands in the names of variables."""
        found = {
            match[1].lower(): url
            for name, url in os.environ.items()
            if url and (match := _OWN_REDIS.fullmatch(name))
        }
        return {**({"<SERVICE>_REDIS_URL": found} if found else {}), **given}

    redis_memory: int | None = Field(
        None,
        ge=64,
        le=1_048_576,
        description="What the embedded server may hold, in MiB; an eighth of the machine's memory "
        "unless it is given. A full server refuses writes, the store answers 503, and goes on when "
        "there is room.",
        json_schema_extra={"takes": "a whole number of MiB from 64 to 1048576"},
    )
    event_days: float = Field(
        7,
        gt=0,
        le=365,
        description="How long events stay readable after every subscriber has read them.",
        json_schema_extra={"unit": "days"},
    )
    audit_days: float = Field(
        730,
        ge=1,
        le=36_500,
        description="How long the audit log keeps what staff changed.",
        json_schema_extra={"unit": "days"},
    )


class EdgeSettings(Section):
    """Edge: who may ask, how often, and what the store sends and says of itself."""

    platform_keys: KeyPairs = Field(
        "",
        description="The platforms that may use the API, as `platform=sha256` pairs with commas "
        "between them. Without any there is one platform, whose key is public.",
    )
    development_key: Literal["refuse", "allow"] = Field(
        "refuse",
        description="Whether a store that others can reach takes the public key for development. "
        "One that listens on this machine alone, on the embedded Redis, takes it anyway.",
    )
    rate_limits: str = Field(
        "",
        description="Changes to the limits of one client. `off` lifts all of them.",
        json_schema_extra={
            "takes": "rates such as write=600/minute,complete_checkout=60/minute, or off"
        },
    )
    carts_per_platform: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="How many open carts one platform may have. A cart is open until it is bought, "
        "cancelled, or thirty days old.",
    )
    sessions_per_platform: int = Field(
        20_000,
        ge=1,
        le=10_000_000,
        description="How many checkout sessions that are not completed one platform may have. One "
        "counts until a day after it has expired.",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=16,
        description="How many proxies in front of the store append to `X-Forwarded-For`. Clients "
        "without a key are limited by that address; the store's own proxy appends nothing.",
    )
    signing_keys: SecretStr | None = Field(
        None,
        description="The keys of webhooks: the first signs, all are published. An embedded store "
        "draws one; any other signs nothing without.",
        json_schema_extra={"takes": "private keys on the curve P-256, as PEM or JWK"},
    )
    webhooks_loopback: Literal["refuse", "allow"] = Field(
        "refuse",
        description="Whether webhooks may go to this machine, without TLS, for development.",
    )
    privacy_url: WebAddress | None = Field(
        None,
        description="The privacy policy that every checkout links to.",
        json_schema_extra={"takes": ADDRESS},
    )
    terms_url: WebAddress | None = Field(
        None,
        description="The terms of service that every checkout links to.",
        json_schema_extra={"takes": ADDRESS},
    )


class MailSettings(Section):
    """Outside parties: who takes mail, money and parcels."""

    smtp_url: SecretStr | None = Field(
        None,
        validation_alias="SMTP_URL",
        description="The server that takes mail. Without one, mail is written to files.",
        json_schema_extra={"takes": "smtp://[user:password@]host[:port], or smtps://…"},
    )
    mail_from: Mailbox = Field(
        "Fieldhouse <store@fieldhouse.example>", description="Whom mail is from."
    )
    payments: Literal["sandbox"] | None = Field(
        None,
        description="Who takes the money. A store that others can reach must name the sandbox, "
        "which takes test tokens as money; any other store has it anyway.",
        json_schema_extra={"takes": "sandbox"},
    )
    sandbox_dispatch_seconds: float = Field(
        5,
        ge=0,
        le=31_536_000,
        description="How long the sandbox carrier waits before it takes a parcel.",
        json_schema_extra={"unit": "seconds"},
    )
    sandbox_delivery_seconds: float = Field(
        15,
        ge=0,
        le=31_536_000,
        description="How long the sandbox carrier then takes to deliver it.",
        json_schema_extra={"unit": "seconds"},
    )


class ClientSettings(Section):
    """Commands: which store they talk to, and as whom."""

    url: WebAddress | None = Field(
        None,
        description="The address of the store; unless it is given, the one where a store that is "
        "started with the same settings answers.",
        json_schema_extra={"takes": ADDRESS},
    )
    api_key: SecretStr | None = Field(
        None,
        description="The key of the platform that asks; without one, the key for development.",
    )
    staff_token: SecretStr | None = Field(
        None,
        description="The API token of staff with which `fieldhouse import` and `export` ask. It is "
        "made in one's account in the back office.",
        json_schema_extra={"takes": "a token"},
    )
    ray_dashboard_address: WebAddress | None = Field(
        None,
        validation_alias="RAY_DASHBOARD_ADDRESS",
        description="Ray's own setting: the dashboard over which a store is deployed. Without it, "
        "that of the store that runs on the data directory.",
        json_schema_extra={"takes": ADDRESS},
    )
    ray_auth_token: SecretStr | None = Field(
        None,
        validation_alias="RAY_AUTH_TOKEN",
        description="Ray's own setting: the token that guards its ports.",
    )
    ray_auth_token_path: Path = Field(
        Path("~/.ray/auth_token"),
        validation_alias="RAY_AUTH_TOKEN_PATH",
        description="Ray's own setting: the file with that token.",
    )
