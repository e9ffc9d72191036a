// SPDX-License-Identifier: Apache-2.0
extern const unsigned kTable[4];
namespace probe {
void run(const unsigned values[]);
}
