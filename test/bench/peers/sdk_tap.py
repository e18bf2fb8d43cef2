"""The transactions by a tap on the Meltano SDK, as its guide would have one written."""

from pathlib import Path

from singer_sdk import RESTStream, SchemaDirectory, StreamSchema, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.pagination import PageNumberPaginator

CATALOGS = SchemaDirectory(Path(__file__).parents[3] / "catalogs")


class Transactions(RESTStream):
    name = "transactions"
    path = "/transaction"
    primary_keys = ["id"]
    records_jsonpath = "$.data[*]"
    schema = StreamSchema(CATALOGS)
    # Deeper than that, it cannot do arrays whose items are of any type.
    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.ROOT_ONLY

    @property
    def url_base(self):
        return self.config["api_url"]

    @property
    def authenticator(self):
        return BearerTokenAuthenticator(token=self.config["secret_key"])

    def get_new_paginator(self):
        return PageNumberPaginator(1)

    def get_url_params(self, context, next_page_token):
        return {"perPage": 200, "page": next_page_token}


class TapPaystack(Tap):
    name = "tap-paystack"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("secret_key", th.StringType, required=True, secret=True),
    ).to_dict()

    def discover_streams(self):
        return [Transactions(self)]


TapPaystack.cli()
