# SPDX-License-Identifier: Apache-2.0
"""`python3 -m verify.fuzz NUMBER`: prints the system of a number."""

import sys

from verify.fuzz.systems import make

sys.stdout.write(make(int(sys.argv[1])).text)
