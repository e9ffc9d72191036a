// SPDX-License-Identifier: Apache-2.0
#ifdef PROBE
#elseif OTHER
#endif
