import Avro
import Bytes

/// Bytes of hexadecimal digits; white space is skipped.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap { $0.hexDigitValue.map { UInt8($0) } }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// A container file with blocks that say they hold so many records.
func avroFile(
    schema: String,
    codec: String = "null",
    blocks: [(count: Int64, content: [UInt8])],
    sizesHeader: Bool = false
) -> [UInt8] {
    let sync = [UInt8](repeating: 7, count: 16)
    var entries = ByteBuffer()
    entries.appendAvroString("avro.schema")
    entries.appendAvroString(schema)
    entries.appendAvroString("avro.codec")
    entries.appendAvroString(codec)
    var file = ByteBuffer()
    file.append(contentsOf: [0x4F, 0x62, 0x6A, 1])
    file.appendAvroLong(sizesHeader ? -2 : 2)
    if sizesHeader { file.appendAvroLong(Int64(entries.count)) }
    file.append(contentsOf: entries.toArray())
    file.appendAvroLong(0)
    file.append(contentsOf: sync)
    for block in blocks {
        file.appendAvroLong(block.count)
        file.appendAvroLong(Int64(block.content.count))
        file.append(contentsOf: block.content)
        file.append(contentsOf: sync)
    }
    return file.toArray()
}
