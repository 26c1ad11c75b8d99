/// The numbers of the portable format.
///
/// Source: Roaring bitmap format specification, "Cookie header" to "Container storage".
enum RoaringFormat {
    /// Begins a 32-bit bitmap without runs; the count of containers follows.
    static let plainCookie: UInt32 = 12_346
    /// Low half of what begins a 32-bit bitmap with runs; the high half is the count less one.
    static let runCookie: UInt32 = 12_347
    /// A bitmap with runs and fewer containers than this has no offset header.
    static let offsetHeaderCountMin = 4
    /// Containers a 32-bit bitmap has at most.
    static let containerCountMax = 65_536
    /// Bytes of a key, a cookie and a count: the least that a 32-bit bitmap takes.
    static let bitmapByteCountMin = 12
    /// The greatest key whose positions fit into a signed long.
    static let keyMax = 0x7FFF_FFFF
}
