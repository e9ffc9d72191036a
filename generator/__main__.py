# SPDX-License-Identifier: Apache-2.0
"""`python3 -m generator VERB ...`; the launcher `bulkhead` calls this."""

import sys

from generator.cli import main

if __name__ == "__main__":
    sys.exit(main())
