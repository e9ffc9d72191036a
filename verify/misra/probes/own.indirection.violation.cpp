// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned read(const unsigned* const* const* value);
}  // namespace probe
