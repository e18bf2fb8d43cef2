"""The executable as a Tap class of the Meltano SDK, so that the SDK's own tests can judge catalog and messages."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from singer_sdk import Stream, Tap
from singer_sdk import typing as th

COMMAND = json.loads(os.environ["TAP_COMMAND"])
CONFIG = json.loads(os.environ["TAP_CONFIG"])


def printed_by(*args: str) -> str:
    return subprocess.run([*COMMAND, *args], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


@functools.cache
def discovered() -> list[dict]:
    return json.loads(printed_by("--discover"))["streams"]


@functools.cache
def synced(catalog: str) -> list[str]:
    """The lines of one sync of all streams."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"--config": json.dumps(CONFIG), "--catalog": catalog}
        args = []
        for flag, content in files.items():
            path = Path(folder, flag.strip("-")).with_suffix(".json")
            path.write_text(content, encoding="utf-8")
            args += [flag, str(path)]
        return printed_by(*args).splitlines()


class ExecutableStream(Stream):
    def __init__(self, tap: Tap, entry: dict) -> None:
        super().__init__(tap, schema=entry["schema"], name=entry["tap_stream_id"])
        self.primary_keys = entry["key_properties"]
        self.replication_key = entry.get("replication_key")

    def get_records(self, context):
        raise NotImplementedError("the executable writes the messages, see sync()")

    def sync(self, context=None) -> None:
        """What the executable wrote of this stream, as it stands, and its states."""
        for line in synced(self._tap.catalog_json_text):
            if json.loads(line).get("stream", self.name) == self.name:
                sys.stdout.write(f"{line}\n")


class ExecutableTap(Tap):
    name = "tap-paystack"
    config_jsonschema = th.PropertiesList(
        th.Property("secret_key", th.StringType, required=True, secret=True),
        th.Property("api_url", th.StringType),
    ).to_dict()

    def discover_streams(self) -> list[Stream]:
        return [ExecutableStream(self, entry) for entry in discovered()]
