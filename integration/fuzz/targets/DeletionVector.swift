import Bytes
import Diagnostics
import Puffin

/// The blob `deletion-vector-v1`, as it comes, and with length, magic and checksum put right.
let target = FuzzTarget(
    seeds: {
        var seeds: [String: [UInt8]] = [:]
        for (name, positions) in [
            "empty": [], "small": [1, 3, 5, 7, 9], "runs": Array(0..<5000),
            "both-halves": [0, 65_535, 65_536, 1 << 32],
        ] {
            var buffer = ByteBuffer()
            try DeletionVector.append(RoaringBitmap(positions), to: &buffer, file: "seed")
            seeds[name] = buffer.toArray()
        }
        return seeds
    },
    run: { bytes in
        if let framed = framed(bytes) {
            do throws(FormatError) {
                let bitmap = try DeletionVector.read(framed, file: "f", offset: 0)
                if bitmap.serialized().count > framed.count { fail("it holds more than its bytes") }
            } catch {
                if error.message.contains("checksum") { fail("a right checksum is refused") }
            }
        }
        _ = try DeletionVector.read(bytes, file: "f", offset: 0)
    },
    allows: { $0 is FormatError }
)

/// The input's bitmap in a frame that is right.
private func framed(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 12 else { return nil }
    let content = [0xD1, 0xD3, 0x39, 0x64] + bytes[8..<(bytes.count - 4)]
    var buffer = ByteBuffer()
    buffer.appendBigEndian(UInt32(truncatingIfNeeded: content.count))
    buffer.append(contentsOf: content)
    buffer.appendBigEndian(content.withUnsafeBytes { crc32Checksum($0) })
    return buffer.toArray()
}
