#!/usr/bin/env bash
# The mistakes that "make torture-power" builds in (tests/torture/bugs.py) still find their place in the tree.
cd "$(dirname "$0")/../.."
exec /usr/bin/python3 tests/torture/power.py --check
