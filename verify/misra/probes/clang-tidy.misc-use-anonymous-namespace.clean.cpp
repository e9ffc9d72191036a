// SPDX-License-Identifier: Apache-2.0
namespace probe {
namespace {
unsigned count(unsigned value) { return value; }
}  // namespace
unsigned run() { return count(1U); }
}  // namespace probe
