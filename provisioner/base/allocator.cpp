#include "provisioner/base/allocator.h"

#include <malloc.h>

namespace base {

void keep_freed_memory() {
  constexpr int kMiB = 1024 * 1024;
  mallopt(M_TRIM_THRESHOLD, 128 * kMiB);
  mallopt(M_TOP_PAD, 1 * kMiB);
  // The largest there is. Setting any of these ends glibc's own adjustment, and a listing of 10,000 objects (5 MiB)
  // would be mapped and faulted in anew for every request: eight times slower, measured.
  mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
}

}  // namespace base
