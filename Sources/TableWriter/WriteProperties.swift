internal import Codecs
public import Parquet
public import TableModel

/// What a table's own properties say about its data files, as all writers of Iceberg read them.
///
/// A property that makes no sense is left out: it may be meant for another writer.
///
/// Source: Iceberg documentation, "Configuration", write properties.
public struct WriteProperties {
    let properties: [String: String]
    /// Fields that hold values, in their order, by their names from the top.
    let leaves: [(path: String, field: SchemaField)]

    /// - Parameters:
    ///   - properties: Those of the table.
    ///   - fields: The table's columns.
    public init(_ properties: [String: String], fields: [SchemaField]) {
        self.properties = properties
        self.leaves = Self.leaves(fields, below: "")
    }

    /// Changes what the properties name of codec, pages and Bloom filters, and leaves everything else.
    public func applyLayout(to options: inout ParquetWriterOptions) {
        if let codec { options.codec = codec }
        if let bytes = positive("write.parquet.page-size-bytes") { options.pageBytesMax = bytes }
        if let rows = positive("write.parquet.page-row-limit") { options.pageRowsMax = rows }
        let filterBytesMax = positive("write.parquet.bloom-filter-max-bytes") ?? 1 << 20
        for (path, field) in leaves {
            let isFiltered = properties["write.parquet.bloom-filter-enabled.column.\(path)"]
            guard isFiltered?.lowercased() == "true", field.type != .boolean else { continue }
            let rate = properties["write.parquet.bloom-filter-fpp.column.\(path)"].flatMap(
                Double.init
            )
            options.bloomFilters[field.id] = ParquetBloomFilter(
                falsePositiveRate: rate.map { $0 > 0 && $0 < 1 ? $0 : 0.01 } ?? 0.01,
                bytesMax: filterBytesMax
            )
        }
    }

    private var codec: CompressionCodec? {
        switch properties["write.parquet.compression-codec"]?.lowercased() {
        case "uncompressed", "none": return CompressionCodec.none
        case "snappy": return .snappy
        case "gzip": return .gzip
        case "lz4_raw", "lz4raw": return .lz4Raw
        case "zstd", nil:
            let level = properties["write.parquet.compression-level"].flatMap { Int32($0) }
            return level.flatMap { (1...22).contains($0) ? .zstd(level: $0) : nil }
        default: return nil
        }
    }

    private func positive(_ name: String) -> Int? {
        properties[name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// By their paths: `a.b` in a structure, `a.element`, `a.key` and `a.value` in lists and maps.
    private static func leaves(
        _ fields: [SchemaField],
        below path: String
    ) -> [(path: String, field: SchemaField)] {
        fields.flatMap { field -> [(path: String, field: SchemaField)] in
            let own = path.isEmpty ? field.name : "\(path).\(field.name)"
            let children = field.type.children
            return children.isEmpty ? [(own, field)] : leaves(children, below: own)
        }
    }
}
