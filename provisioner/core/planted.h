#pragma once

/// Faults planted on purpose, so that exploration can be shown to find them. Only a test build that defines
/// DRYDOCK_PLANTED has them, with one of them chosen at run time; in the product the answer is no before the compiler's
/// eyes.
namespace provisioner {

enum class Planted {
  none,
  no_intent,          // a volume is made without a durable intent
  delete_exported,    // a volume is deleted before it is unexported
  lost_reply_failed,  // a lost reply is taken as failure
};

#ifdef DRYDOCK_PLANTED
extern Planted planted;
inline bool is_planted(Planted which) { return planted == which; }
#else
constexpr bool is_planted(Planted) { return false; }
#endif

}  // namespace provisioner
