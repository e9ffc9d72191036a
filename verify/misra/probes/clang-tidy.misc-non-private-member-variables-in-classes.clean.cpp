// SPDX-License-Identifier: Apache-2.0
class A { public: int g() const { return b; } private: int b{}; };
