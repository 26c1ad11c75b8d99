import Diagnostics
import Puffin

/// Whole Puffin files: the footer and what its blobs hold.
let target = FuzzTarget(
    seeds: {
        var vectors = DeletionVectorFileWriter(createdBy: "seed", file: "seed")
        _ = try vectors.add(RoaringBitmap([1, 2, 3]), referencedDataFile: "s3://b/1.parquet")
        _ = try vectors.add(RoaringBitmap(Array(0..<999)), referencedDataFile: "s3://b/2.parquet")
        var codecs = PuffinWriter(properties: [.init("created-by", "seed")], file: "seed")
        for codec in [PuffinWriter.Codec.none, .zstd(level: 3)] {
            try codecs.add(
                Array("a blob, a blob, a blob".utf8),
                type: "apache-datasketches-theta-v1",
                fields: [1, 2],
                snapshotID: 7,
                sequenceNumber: 8,
                codec: codec,
                properties: [.init("ndv", "3")]
            )
        }
        return [
            "empty": try PuffinWriter(file: "seed").finish(),
            "vectors": try vectors.finish(),
            "codecs": try codecs.finish(),
            "compressed-footer": compressedFooter,
        ]
    },
    run: { bytes in
        let footer = try PuffinFooter(file: "f", bytes: bytes)
        for blob in footer.blobs {
            let range = blob.byteRange
            if range.upperBound > bytes.count { fail("a blob lies outside of the file") }
            let content = try blob.content(Array(bytes[range]), file: "f")
            if blob.type == DeletionVector.blobType {
                _ = try DeletionVector.read(content, file: "f", offset: blob.offset)
            }
        }
    },
    allows: { $0 is FormatError }
)

/// A file whose footer is one LZ4 frame: `{"blobs":[]}` in a block that is not compressed.
private let compressedFooter: [UInt8] =
    [0x50, 0x46, 0x41, 0x31, 0x50, 0x46, 0x41, 0x31]
    + [0x04, 0x22, 0x4D, 0x18, 0x68, 0x40, 12, 0, 0, 0, 0, 0, 0, 0, 0x00, 12, 0, 0, 0x80]
    + Array("{\"blobs\":[]}".utf8) + [0, 0, 0, 0]
    + [35, 0, 0, 0, 1, 0, 0, 0, 0x50, 0x46, 0x41, 0x31]
