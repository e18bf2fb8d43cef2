"""The transactions by dlt's REST API source, into files of JSON lines, as its guide would have one written."""

import dlt
from dlt.sources.rest_api import rest_api_source

source = rest_api_source(
    {
        "client": {
            "base_url": dlt.config["api_url"],
            "auth": {"type": "bearer", "token": dlt.secrets["secret_key"]},
            "paginator": {"type": "page_number", "base_page": 1, "total_path": "meta.pageCount"},
        },
        "resources": [
            {
                "name": "transactions",
                "primary_key": "id",
                "endpoint": {"path": "transaction", "params": {"perPage": 200}, "data_selector": "data"},
            },
        ],
    }
)

destination = dlt.destinations.filesystem(bucket_url="loaded")
pipeline = dlt.pipeline(pipeline_name="paystack", destination=destination, dataset_name="paystack")
pipeline.run(source, loader_file_format="jsonl")
