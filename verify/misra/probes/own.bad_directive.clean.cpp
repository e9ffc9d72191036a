// SPDX-License-Identifier: Apache-2.0
#ifdef PROBE
#else
#endif
