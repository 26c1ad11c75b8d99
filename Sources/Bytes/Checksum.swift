internal import CZlib

/// CRC-32 with zlib's polynomial over a run of bytes.
///
/// Binlog events, Parquet pages and deletion vectors all use this one.
public func crc32Checksum(_ bytes: UnsafeRawBufferPointer, startingWith seed: UInt32 = 0) -> UInt32
{
    guard let start = bytes.baseAddress, bytes.count > 0 else { return seed }
    return UInt32(
        truncatingIfNeeded: crc32_z(
            UInt(seed),
            start.assumingMemoryBound(to: UInt8.self),
            bytes.count
        )
    )
}
