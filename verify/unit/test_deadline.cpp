// SPDX-License-Identifier: Apache-2.0
// The timer of a core shared by its users.
#include <catch2/catch.hpp>

#include "features.hpp"
#include "partition/deadline.hpp"
#include "system.hpp"

using namespace fake;
using Deadlines = bulkhead::Deadlines<bulkhead::FeatureSet::Io, bulkhead::FeatureSet::Gic>;
using bulkhead::Core;
using bulkhead::DeadlineUser;

TEST_CASE("a core's timer stands at the earliest deadline of its users", "[LLR-1101]") {
  power_on_state();
  machine.core = 1;
  Core core{};
  core.index = 1;
  Deadlines::initialise(core);
  CHECK(register_of<bulkhead::CnthpCtlEl2>() == 0);
  CHECK((machine.banked_enabled[1] & (u32{1} << Deadlines::kIrq)) != 0);
  Deadlines::set(core, DeadlineUser::kSupervisor, 700);
  CHECK(register_of<bulkhead::CnthpCvalEl2>() == 700);
  CHECK(register_of<bulkhead::CnthpCtlEl2>() == 1);
  Deadlines::set(core, DeadlineUser::kScheduler, 900);
  CHECK(register_of<bulkhead::CnthpCvalEl2>() == 700);
  CHECK(Deadlines::due(core, DeadlineUser::kSupervisor, 700));
  CHECK_FALSE(Deadlines::due(core, DeadlineUser::kSupervisor, 699));
  CHECK_FALSE(Deadlines::due(core, DeadlineUser::kScheduler, 700));
  Deadlines::set(core, DeadlineUser::kSupervisor, Deadlines::kNever);
  CHECK(register_of<bulkhead::CnthpCvalEl2>() == 900);
  Deadlines::set(core, DeadlineUser::kScheduler, Deadlines::kNever);
  CHECK(register_of<bulkhead::CnthpCtlEl2>() == 0);
}
