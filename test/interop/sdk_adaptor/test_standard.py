"""The standard tests of the Meltano SDK, all of them, for every stream and every column."""

from executable_tap import CONFIG, ExecutableTap
from singer_sdk.testing import get_tap_test_class

TestStandard = get_tap_test_class(ExecutableTap, config=CONFIG)
