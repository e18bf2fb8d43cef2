"""Paystack integrations under Dagster: each is an asset, which runs the tap piped into a target.

A folder `integrations/<name>` holds what is one integration's own: the settings of the tap (tap.json), those of the
target (target.json), and, from its first run on, where the next one resumes (state.json). A new integration is a new
folder. Paystack's quotas are each integration's own too, so that all of them may run at the same time.
"""

import os
import subprocess
from pathlib import Path

from dagster import (
    AssetsDefinition,
    Backoff,
    Definitions,
    Failure,
    RetryPolicy,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

INTEGRATIONS = Path(os.environ.get("PAYSTACK_INTEGRATIONS", "integrations")).resolve()

# The tap has asked again for about two minutes before it gives up.
RETRIES = RetryPolicy(
    max_retries=2,
    delay=float(os.environ.get("PAYSTACK_RETRY_SECONDS", "300")),
    backoff=Backoff.EXPONENTIAL,
)


def load(folder: Path) -> None:
    """Runs `tap-paystack | target-jsonl` once. Raises Failure if either of them fails."""
    state = folder / "state.json"
    tap = ["tap-paystack", "--config", folder / "tap.json"]
    if state.exists():
        tap += ["--state", state]
    with subprocess.Popen(tap, cwd=folder, stdout=subprocess.PIPE) as source:
        target = subprocess.run(
            ["target-jsonl", "--config", folder / "target.json"],
            cwd=folder,
            stdin=source.stdout,
            stdout=subprocess.PIPE,
            text=True,
        )
        # A tap whose target is gone must learn of it, instead of waiting to be read.
        source.stdout.close()
    # A state claims no more than the target has taken: that part is done, even of a run that failed.
    states = target.stdout.splitlines()
    if states:
        draft = folder / "state.json.draft"
        draft.write_text(states[-1])
        draft.replace(state)
    if source.returncode != 0 or target.returncode != 0:
        raise Failure(f"tap-paystack ended with {source.returncode}, target-jsonl with {target.returncode}")


def integration(folder: Path) -> AssetsDefinition:
    @asset(name=folder.name, group_name="paystack", retry_policy=RETRIES)
    def loaded() -> None:
        load(folder)

    return loaded


definitions = Definitions(
    assets=[integration(settings.parent) for settings in sorted(INTEGRATIONS.glob("*/tap.json"))],
    schedules=[ScheduleDefinition(job=define_asset_job("paystack", "*"), cron_schedule="0 * * * *")],
)
