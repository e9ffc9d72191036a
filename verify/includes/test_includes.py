# SPDX-License-Identifier: Apache-2.0
"""No include against the layers, no import of the generator in the image checker."""

from pathlib import Path

import pytest

from verify.includes import layers


@pytest.mark.verifies("LLR-712")
def test_the_kernel_includes_downwards_only(root: Path):
    assert list((root / "kernel").rglob("*.hpp")), "no kernel to look at"
    assert layers.kernel_errors(root) == []


@pytest.mark.verifies("LLR-714")
def test_the_image_checker_imports_nothing_of_the_generator(root: Path):
    assert layers.image_errors(root) == []


@pytest.mark.verifies("LLR-712")
@pytest.mark.parametrize("name, text, message", [
    ("base/types.hpp", '#include "arch/aarch64/cpu.hpp"', "reverse include"),
    ("arch/aarch64/cpu.hpp", '#include "config/config.hpp"', "reverse include"),
    ("vdev/vgic.hpp", '#include "features.hpp"', "through config/config.hpp alone"),
    ("vdev/vgic.hpp", "#include <vector>", "not a freestanding header"),
    ("odd.hpp", "", "belongs to no layer"),
    ("vdev/vgic.hpp", '#include "../../verify/a.hpp"', "belongs to no layer"),
])
def test_a_wrong_include_is_named(name: str, text: str, message: str):
    assert message in "\n".join(layers.include_errors(name, text))


@pytest.mark.verifies("LLR-712")
@pytest.mark.parametrize("name, text", [
    ("main/main.cpp", '#include "config/config.hpp"\n#include "vdev/vgic.hpp"'),
    ("config/config.hpp", '#include "features.hpp"'),
    ("vdev/vgic.hpp", '#include "base/types.hpp"\n#include <cstdint>'),
])
def test_a_right_include_is_quiet(name: str, text: str):
    assert layers.include_errors(name, text) == []


@pytest.mark.verifies("LLR-714")
@pytest.mark.parametrize("text", ["import generator", "from generator.model import System", "import generator.load as g",
                                  "import importlib\nimportlib.import_module('generator')"])
def test_an_import_of_the_generator_is_named(text: str):
    assert layers.import_errors("verify/image/a.py", text)
