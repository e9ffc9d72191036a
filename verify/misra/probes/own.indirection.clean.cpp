// SPDX-License-Identifier: Apache-2.0
namespace probe {
unsigned read(const unsigned* const* value);
}  // namespace probe
