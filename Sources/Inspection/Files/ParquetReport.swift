internal import Bytes
internal import Diagnostics
internal import Parquet
internal import TableModel

/// What a Parquet file is made of: schema, row groups, column chunks, pages.
struct ParquetReport {
    let parquet: ParquetFile

    func report() async throws -> Report {
        let footer = parquet.footer
        var report = Report(
            title: "Parquet file \(parquet.file.path)",
            [
                .init("kind", .text("parquet"), for: .machines),
                .init("path", .text(parquet.file.path), for: .machines),
                .init("bytes", .count(Int64(parquet.file.byteCount))),
                .init("created_by", .text(footer.createdBy)),
                .init("rows", .count(Int64(footer.rowCount))),
                .init("row_group_count", .count(Int64(footer.rowGroupCount)), for: .people),
                .init("footer_bytes", .count(Int64(parquet.footerBytes))),
            ]
        )
        report.add("metadata", .object(metadata))
        report.add(
            "parquet_schema",
            .objects(footer.schema.map(ParquetSchemaReport.tree)),
            for: .machines
        )
        report.add("schema", .objects(ParquetSchemaReport.rows(footer.schema)), for: .people)
        // Of a file with a foreign leaf nothing can be read, but its layout can be shown.
        if let fields = try? footer.inferredFields(file: parquet.file.path) {
            SchemaReport.addTree(fields, to: &report)
        }
        var groups: [Report] = []
        for index in 0..<footer.rowGroupCount { groups.append(try await rowGroup(index)) }
        report.add("row_groups", .objects(groups))
        return report
    }

    /// Characters of a value that people see; whole schemas are among them.
    private static let shownLengthMax = 80

    private var metadata: Report {
        Report(
            parquet.footer.keyValueMetadata.map { name, value in
                let isLong = value.count > Self.shownLengthMax
                let shown = isLong ? value.prefix(Self.shownLengthMax) + "…" : value[...]
                return .given(name, .value(.string(value), text: String(shown)))
            }
        )
    }

    private func rowGroup(_ index: Int) async throws -> Report {
        let rowCount = parquet.footer.rowCount(ofRowGroup: index)
        let chunks = parquet.footer.layout(ofRowGroup: index)
        var columns: [Report] = []
        for chunk in chunks { columns.append(try await column(chunk)) }
        func sum(_ bytes: (ParquetChunkLayout) -> Int) -> Int64 {
            chunks.reduce(0) { $0 &+ Int64(bytes($1)) }
        }
        return Report(
            title: "row group \(index)",
            [
                .init("rows", .count(Int64(rowCount))),
                .init("compressed_bytes", .count(sum(\.compressedBytes))),
                .init("uncompressed_bytes", .count(sum(\.uncompressedBytes))),
                .init("columns", .objects(columns)),
            ]
        )
    }

    private func column(_ chunk: ParquetChunkLayout) async throws -> Report {
        var pages: [ParquetPageLayout] = []
        try await parquet.forEachPage(of: chunk) { pages.append($0) }
        return Report([
            .init("column", .text(chunk.name)),
            .init("field_id", .integer(orNull: chunk.fieldID), for: .machines),
            .init("codec", .text(chunk.codec)),
            .init("encrypted", .boolean(chunk.isEncrypted), for: .machines),
            .init("encrypted", chunk.isEncrypted ? .text("encrypted") : .null, for: .people),
            .init("encodings", .texts(chunk.encodings), for: .machines),
            .init("values", .count(Int64(chunk.valueCount))),
            .init("nulls", .count(orNull: chunk.nullCount)),
            .init("compressed_bytes", .count(Int64(chunk.compressedBytes))),
            .init("uncompressed_bytes", .count(Int64(chunk.uncompressedBytes))),
            .init("offset", .integer(orNull: chunk.byteRange?.lowerBound), for: .machines),
            .init("lower", bound(chunk.lower)),
            .init("upper", bound(chunk.upper)),
            .init("bounds_are_legacy", .boolean(chunk.areBoundsLegacy), for: .machines),
            .init("indexes", .text(indexes(chunk)), for: .people),
            .init("column_index", range(chunk.columnIndex), for: .machines),
            .init("offset_index", range(chunk.offsetIndex), for: .machines),
            .init("bloom_filter", bloomFilter(chunk), for: .machines),
            .init("pages", .text(PageSummary.text(pages)), for: .people),
            .init("pages", .objects(pages.map(page)), for: .machines),
        ])
    }

    private func bound(_ bound: ParquetChunkLayout.Bound?) -> ReportValue {
        switch bound {
        case nil: .null
        case .raw(let bytes): BoundValue.value(bytes, as: nil)
        case .value(let value, let type): BoundValue.value(value, as: type)
        }
    }

    private func indexes(_ chunk: ParquetChunkLayout) -> String {
        var names: [String] = []
        if chunk.columnIndex != nil { names.append("column") }
        if chunk.offsetIndex != nil { names.append("offset") }
        if chunk.bloomFilterOffset != nil { names.append("bloom") }
        if chunk.areBoundsLegacy { names.append("(old bounds)") }
        return names.joined(separator: " ")
    }

    private func range(_ range: Range<Int>?) -> ReportValue {
        guard let range else { return .null }
        return .object(
            Report([
                .init("offset", .integer(Int64(range.lowerBound))),
                .init("bytes", .count(Int64(range.count))),
            ])
        )
    }

    private func bloomFilter(_ chunk: ParquetChunkLayout) -> ReportValue {
        guard let offset = chunk.bloomFilterOffset else { return .null }
        return .object(
            Report([
                .init("offset", .integer(Int64(offset))),
                .init("bytes", .count(orNull: chunk.bloomFilterBytes)),
            ])
        )
    }

    private func page(_ page: ParquetPageLayout) -> Report {
        Report([
            .init("kind", .text(page.kind.name)),
            .init("offset", .integer(Int64(page.offset))),
            .init("encoding", .text(orNull: page.encoding)),
            .init("values", .count(orNull: page.valueCount)),
            .init("rows", .count(orNull: page.rowCount)),
            .init("header_bytes", .count(Int64(page.headerBytes))),
            .init("compressed_bytes", .count(Int64(page.compressedBytes))),
            .init("uncompressed_bytes", .count(Int64(page.uncompressedBytes))),
            .init("checksum", .integer(orNull: page.checksum)),
        ])
    }
}

extension ParquetPageLayout.Kind {
    var name: String {
        switch self {
        case .dictionary: "dictionary"
        case .data: "data"
        case .dataV2: "data_v2"
        case .index: "index"
        case .other(let number): "type_\(number)"
        }
    }
}

/// The pages of a chunk in few words: `1 dictionary PLAIN 34, 12 data RLE_DICTIONARY 5,678`.
enum PageSummary {
    private struct Group {
        var kind: ParquetPageLayout.Kind
        var encoding: String?
        var count: Int64 = 0
        var byteCount: Int64 = 0
    }

    /// Pages of one kind and encoding together, with the bytes that they are compressed to.
    static func text(_ pages: [ParquetPageLayout]) -> String {
        var groups: [Group] = []
        for page in pages {
            let known = groups.firstIndex { $0.kind == page.kind && $0.encoding == page.encoding }
            let index = known ?? groups.count
            if known == nil { groups.append(Group(kind: page.kind, encoding: page.encoding)) }
            groups[index].count += 1
            groups[index].byteCount += Int64(page.compressedBytes)
        }
        return groups.map { group in
            let words = ["\(group.count)", group.kind.name, group.encoding]
            return words.compactMap { $0 }.joined(separator: " ")
                + " \(GroupedDigits.text(group.byteCount))"
        }.joined(separator: "; ")
    }
}
