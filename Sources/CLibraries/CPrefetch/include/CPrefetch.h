#pragma once

/// Asks for a cache line that is to be read soon; unlike a load, nothing waits for it to come.
static inline void prefetch_line(const void *address) { __builtin_prefetch(address, 0, 3); }
