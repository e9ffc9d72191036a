// SPDX-License-Identifier: Apache-2.0
#ifdef PROBE
#include "other.hpp"
