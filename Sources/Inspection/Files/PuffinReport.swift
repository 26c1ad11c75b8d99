internal import Diagnostics
internal import ObjectStore
internal import Puffin

/// What a Puffin file says in its footer; no blob is read.
enum PuffinReport {
    static func report(_ file: StoredFile) async throws -> Report {
        let tail = try await file.read(last: PuffinFooter.tailByteCount)
        let range = try PuffinFooter.byteRange(
            tail: tail,
            fileByteCount: file.byteCount,
            file: file.path
        )
        let footer = try PuffinFooter(
            parsing: try await file.read(range),
            file: file.path,
            fileByteCount: file.byteCount
        )
        return Report(
            title: "Puffin file \(file.path)",
            [
                .init("kind", .text("puffin"), for: .machines),
                .init("path", .text(file.path), for: .machines),
                .init("bytes", .count(Int64(file.byteCount))),
                .init("footer_bytes", .count(Int64(range.count))),
                .init("properties", properties(footer.properties)),
                .init("blobs", .objects(footer.blobs.map(blob))),
            ]
        )
    }

    private static func blob(_ blob: PuffinBlob) -> Report {
        let cardinality = blob.property(DeletionVector.cardinalityProperty)
        return Report([
            .init("type", .text(blob.type)),
            .init("field_ids", .integers(blob.fields)),
            .init("snapshot_id", .integer(blob.snapshotID)),
            .init("sequence_number", .integer(blob.sequenceNumber)),
            .init("offset", .integer(Int64(blob.offset))),
            .init("bytes", .count(Int64(blob.lengthBytes))),
            .init("codec", .text(orNull: blob.compressionCodec)),
            .init("cardinality", .count(orNull: cardinality.flatMap { Int64($0) })),
            .init(
                "referenced_data_file",
                .text(orNull: blob.property(DeletionVector.referencedDataFileProperty))
            ),
            .init("properties", properties(blob.properties), for: .machines),
        ])
    }

    private static func properties(_ properties: [PuffinBlob.Property]) -> ReportValue {
        .object(Report(properties.map { .given($0.name, .text($0.value)) }))
    }
}
