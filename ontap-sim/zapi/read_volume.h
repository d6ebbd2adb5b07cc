#pragma once

#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/call.h"

/// The inputs that volume-create and volume-create-async have in common.
namespace ontap_sim::zapi {
model::Result<model::NewVolume> read_new_volume(Call& call);
}
