internal import Bytes

/// What stands before a page's bytes.
///
/// Source: apache/parquet-format, parquet.thrift "PageHeader".
struct PageHeader {
    var typeNumber = -1
    var uncompressedBytes = -1
    var compressedBytes = -1
    var checksum: UInt32?
    var valueCount = -1
    var encodingNumber = -1
    /// In data pages of version 1.
    var definitionEncodingNumber = ParquetEncoding.rle.rawValue
    var repetitionEncodingNumber = ParquetEncoding.rle.rawValue
    /// In data pages of version 2.
    var rowCount: Int?
    var definitionLevelBytes = 0
    var repetitionLevelBytes = 0
    var isCompressed = true

    init(_ reader: inout ThriftReader) throws(WireFault) {
        var header = PageHeader()
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int32): header.typeNumber = try reader.readInteger()
            case (2, .int32): header.uncompressedBytes = try reader.readInteger()
            case (3, .int32): header.compressedBytes = try reader.readInteger()
            case (4, .int32):
                header.checksum = UInt32(truncatingIfNeeded: try reader.readInteger())
            case (5, .structure), (7, .structure): try header.readDetails(&reader)
            case (8, .structure): try header.readDetailsV2(&reader)
            default: try reader.skip(type)
            }
        }
        self = header
    }

    private init() {}

    /// Data pages of version 1 and dictionary pages begin alike.
    private mutating func readDetails(_ reader: inout ThriftReader) throws(WireFault) {
        var details = self
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int32): details.valueCount = try reader.readInteger()
            case (2, .int32): details.encodingNumber = try reader.readInteger()
            case (3, .int32): details.definitionEncodingNumber = try reader.readInteger()
            case (4, .int32): details.repetitionEncodingNumber = try reader.readInteger()
            default: try reader.skip(type)
            }
        }
        self = details
    }

    private mutating func readDetailsV2(_ reader: inout ThriftReader) throws(WireFault) {
        var details = self
        try reader.readStruct { (reader, id, type) throws(WireFault) in
            switch (id, type) {
            case (1, .int32): details.valueCount = try reader.readInteger()
            case (3, .int32): details.rowCount = try reader.readInteger()
            case (4, .int32): details.encodingNumber = try reader.readInteger()
            case (5, .int32): details.definitionLevelBytes = try reader.readInteger()
            case (6, .int32): details.repetitionLevelBytes = try reader.readInteger()
            case (7, .booleanTrue): details.isCompressed = true
            case (7, .booleanFalse): details.isCompressed = false
            default: try reader.skip(type)
            }
        }
        self = details
    }
}
