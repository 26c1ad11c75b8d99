import Bytes
import Codecs
import Columns
public import Iceberg
public import ObjectStore
import Parquet
public import Puffin
import TableModel

/// Writes the positions of deleted rows of one data file: a file-scoped position delete file.
///
/// Bounds of `file_path` are written whole: readers take a file whose two bounds are equal as
/// scoped to that data file, and a cut path would send the deletes elsewhere.
///
/// Source: Iceberg specification, "Position Delete Files".
public func writePositionDeletes(
    of dataFile: DataFile,
    rows deleted: RoaringBitmap,
    to path: String,
    store: any ObjectStore
) async throws -> DataFile {
    let count = deleted.count
    var paths = ColumnBuilder(.bytes, expectedRows: count)
    var rows = ColumnBuilder(.int64, expectedRows: count)
    deleted.forEach { position in
        paths.append(utf8: dataFile.path)
        rows.append(Int64(position))
    }
    let options = ParquetWriterOptions(
        codec: .zstd(level: 1),
        keyValueMetadata: [("delete-type", "position")],
        fullBoundsFieldIDs: [DataFile.deleteFilePathFieldID, DataFile.deletePositionFieldID]
    )
    let writer = try await DataFileWriter(
        store: store,
        path: path,
        fields: positionDeleteFields,
        options: options
    )
    do {
        try await writer.append([paths.finish(), rows.finish()])
        var file = try await writer.finish(
            content: .positionDeletes,
            referencedDataFile: dataFile.path
        )
        // Readers look for a data file's deletes in its own partition.
        file.specID = dataFile.specID
        file.partition = dataFile.partition
        return file
    } catch {
        await writer.abandon()
        throw error
    }
}

private let positionDeleteFields = [
    ParquetField(
        fieldID: DataFile.deleteFilePathFieldID,
        name: "file_path",
        type: .string,
        isRequired: true
    ),
    ParquetField(
        fieldID: DataFile.deletePositionFieldID,
        name: "pos",
        type: .long,
        isRequired: true
    ),
]
