import CMalloc

/// Lets large pieces of freed memory go back to the system at once.
///
/// Column buffers and row groups of some megabytes come and go with every epoch. glibc learns from the
/// first ones that are freed to keep such pieces on its heaps, where small ones that live longer hold
/// them apart: a drain then holds 100 MB more than it uses. With thresholds that are set it does not
/// learn.
///
/// Source: mallopt(3), `M_MMAP_THRESHOLD`.
func returnFreedMemory() {
    _ = mallopt(M_MMAP_THRESHOLD, 256 << 10)
    _ = mallopt(M_TRIM_THRESHOLD, 4 << 20)
}
