// SPDX-License-Identifier: Apache-2.0
extern const unsigned kTable[];
