# SPDX-License-Identifier: Apache-2.0
"""Fourth stage: every address, id and default that the YAML leaves open."""

from generator.allocate.memory import OutOfMemory
from generator.allocate.resolved import Resolved
from generator.allocate.system import allocate

__all__ = ["OutOfMemory", "Resolved", "allocate"]
