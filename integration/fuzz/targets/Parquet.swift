import Codecs
import Columns
import Diagnostics
import Parquet
import TableModel

/// Parquet files, by all ways of reading them.
///
/// Input that begins with the format's magic is a file, read as it comes and with a tail that is
/// right. Other input lies over the bytes of a file of our own, whose footer then is right: it
/// chooses the file with its first byte and the place with the next two.
let target = FuzzTarget(
    seeds: {
        var seeds = Dictionary(uniqueKeysWithValues: ownFiles.enumerated().map { ("\($0)", $1) })
        for (index, file) in ownFiles.enumerated() {
            for place in stride(from: 4, to: file.count - 60, by: 211) {
                let head = [UInt8(index), UInt8(place & 0xFF), UInt8(place >> 8 & 0xFF)]
                seeds["\(index)-at-\(place)"] = head + file[place..<place + 60]
            }
        }
        return seeds
    },
    run: { bytes in
        guard bytes.starts(with: magic) else {
            if let file = overlaid(bytes) { try readAll(file) }
            return
        }
        do throws(FormatError) { try readAll(withTail(bytes)) } catch {}
        try readAll(bytes)
    },
    allows: { $0 is FormatError }
)

private let magic = Array("PAR1".utf8)
/// Rows of one file that are looked at; runs may announce a great many in few bytes.
private let rowsMax = 100_000

/// A file of our own with the input over it.
private func overlaid(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 3 else { return nil }
    var file = ownFiles[Int(bytes[0]) % ownFiles.count]
    let place = (Int(bytes[1]) | Int(bytes[2]) << 8) % file.count
    let count = min(bytes.count - 3, file.count - place)
    file.replaceSubrange(place..<place + count, with: bytes[3..<3 + count])
    return file
}

/// The same bytes with the magic at the end, and no more footer than there are bytes.
private func withTail(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 12 else { return bytes }
    var bytes = bytes
    bytes.replaceSubrange((bytes.count - 4)..., with: magic)
    let length = bytes.count - 8
    let footer = bytes[length..<length + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
    if footer > bytes.count - 12 {
        let most = UInt32(truncatingIfNeeded: bytes.count - 12)
        for byte in 0..<4 { bytes[length + byte] = UInt8(truncatingIfNeeded: most >> (8 * byte)) }
    }
    return bytes
}

/// Reads all columns: each alone, all together, and some rows by the page indexes.
private func readAll(_ bytes: [UInt8]) throws(FormatError) {
    let footer = try ParquetFooter(file: "f", bytes: bytes)
    let reader = ParquetReader(
        file: "f",
        fileByteCount: bytes.count,
        footer: footer,
        matching: .inferred
    )
    let fields = try footer.inferredFields(file: "f")
    let whole = [FileBytes(offset: 0, bytes: bytes)]
    for group in 0..<min(footer.rowGroupCount, 10) {
        for field in fields {
            do throws(FormatError) {
                let projection = try reader.projection(of: [field])
                try drain(
                    reader.open(try reader.plan(rowGroup: group, projection), bytes: whole)
                )
                try readSome(reader, group, field, projection, whole)
            } catch {}
        }
        let plan = try reader.plan(rowGroup: group, try reader.projection(of: fields))
        try drain(reader.open(plan, bytes: whole, limits: BatchLimits(rowsMax: 7)))
    }
}

private func readSome(
    _ reader: ParquetReader,
    _ group: Int,
    _ field: SchemaField,
    _ projection: ParquetProjection,
    _ whole: [FileBytes]
) throws(FormatError) {
    _ = try reader.bounds(ofField: field.id, rowGroup: group, projection)
    _ = try reader.pageIndexRanges(rowGroup: group, projection, boundsOf: [field.id])
    var rows = try reader.rows(
        rowGroup: group,
        projection,
        pageIndexes: whole,
        whereBoundsOfField: field.id
    ) { $0.mayHold(from: .integer(3), to: nil) }
    let rowCount = reader.footer.rowCount(ofRowGroup: group)
    if rowCount > 9 { rows = [2..<3, 5..<9] }
    let plan = try reader.plan(rowGroup: group, projection, rows: rows, pageIndexes: whole)
    try drain(reader.open(plan, bytes: whole, limits: BatchLimits(rowsMax: 3)))
}

private func drain(_ reader: RowGroupReader) throws(FormatError) {
    var count = 0
    while count < rowsMax, let batch = try reader.next() { count += batch.rowCount }
}

// MARK: Files of our own

private let ownFiles: [[UInt8]] = {
    do {
        let codecs: [CompressionCodec] = [.none, .snappy, .gzip, .zstd(level: 1), .lz4Raw]
        var files: [[UInt8]] = []
        for (index, codec) in codecs.enumerated() {
            for fields in ownFields() {
                files.append(try ownFile(fields, index, codec, .v1))
                files.append(try ownFile(fields, index, codec, .v2))
            }
        }
        return files
    } catch {
        fail("the files to begin with are not written: \(error)")
    }
}()

private let flatTypes: [IcebergType] = [
    .boolean, .int, .long, .float, .double, .decimal(precision: 9, scale: 2),
    .decimal(precision: 38, scale: 10), .date, .timestamptz, .string, .uuid,
    .fixed(lengthBytes: 5), .binary,
]

/// Few columns a file, so that one input is read quickly.
private func ownFields() -> [[SchemaField]] {
    var id: Int32 = 0
    func field(_ type: IcebergType, _ name: String? = nil, isRequired: Bool = false) -> SchemaField
    {
        id += 1
        return SchemaField(id: id, name: name ?? "c\(id)", type: type, isRequired: isRequired)
    }
    let element = IcebergType.structure([field(.long, "a"), field(.string, "b")])
    return [
        flatTypes.prefix(7).map { field($0) },
        flatTypes.suffix(6).map { field($0) },
        [field(.long, isRequired: true), field(.string, isRequired: true)],
        [field(.list(element: field(element, "element")))],
        [field(.list(element: field(.list(element: field(.int, "element")), "element")))],
        [
            field(
                .map(
                    key: field(.string, "key", isRequired: true),
                    value: field(.list(element: field(.double, "element")), "value")
                )
            )
        ],
        [
            field(
                .structure([field(.structure([field(.int, "x")]), "inner"), field(.variant, "v")])
            )
        ],
    ]
}

/// Forty rows of every type in pages of seven, each file with other encodings.
private func ownFile(
    _ fields: [SchemaField],
    _ round: Int,
    _ codec: CompressionCodec,
    _ pageVersion: ParquetPageVersion
) throws -> [UInt8] {
    var options = ParquetWriterOptions()
    options.codec = codec
    options.pageVersion = pageVersion
    options.pageRowsMax = 7
    // Checksums would keep the fuzzer out of the pages.
    options.pageChecksums = false
    for field in fields {
        switch (field.type.physicalType, round) {
        case (.boolean, 1): options.encodings[field.id] = .runLength
        case (.int32, 2), (.int64, 2): options.encodings[field.id] = .deltaBinaryPacked
        case (.bytes, 2) where field.type == .string || field.type == .binary:
            options.encodings[field.id] = .deltaLengthByteArray
        case (.int32, 3), (.double, 3), (.float, 3): options.encodings[field.id] = .byteStreamSplit
        case (_, 4) where !field.type.isNested && field.type != .boolean:
            options.encodings[field.id] = .dictionary
        default: options.encodings[field.id] = round == 0 ? .plain : .automatic
        }
    }
    let writer = try ParquetWriter(fields: fields.map(ParquetField.init), options: options)
    let builder = BatchBuilder(shapes: fields.map(\.type.columnShape), expectedRows: 40)
    for row in 0..<40 {
        for (index, field) in fields.enumerated() {
            appendValue(row, field, to: &builder.builders[index])
        }
    }
    try writer.append(builder.finishColumns())
    _ = try writer.finish()
    return writer.takeEncoded() ?? []
}

private func appendValue(_ row: Int, _ field: SchemaField, to builder: inout ColumnBuilder) {
    if !field.isRequired, row % 5 == Int(field.id) % 5 { return builder.appendNull() }
    switch field.type {
    case .boolean: builder.append(UInt8(row % 2))
    case .int, .date: builder.append(Int32(row * row))
    case .long, .timestamptz: builder.append(Int64(row) << 20)
    case .decimal(let precision, _):
        if precision > 18 { builder.append(Int128(-row)) } else { builder.append(Int64(row)) }
    case .float: builder.append(Float(row) / 3)
    case .double: builder.append(Double(row) / 7)
    case .uuid: builder.append(UInt128(row))
    case .fixed(let lengthBytes): builder.append(utf8: String("abcdef".prefix(lengthBytes)))
    case .structure(let children):
        for (index, child) in children.enumerated() {
            appendValue(row, child, to: &builder.children[index])
        }
        builder.closeStructure()
    case .variant:
        builder.children[0].append(utf8: "\u{11}\u{0}\u{0}")
        builder.children[1].append(utf8: "\u{4}")
        builder.closeStructure()
    case .list(let element):
        for index in 0..<row % 4 { appendValue(row + index, element, to: &builder.children[0]) }
        builder.closeElements()
    case .map(let key, let value):
        for index in 0..<row % 3 {
            appendValue(row + index, key, to: &builder.children[0])
            appendValue(row + index, value, to: &builder.children[1])
        }
        builder.closeElements()
    default: builder.append(utf8: "text \(row % 6)")
    }
}
