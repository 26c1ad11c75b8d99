import Bytes
import Codecs
import Columns
public import Iceberg
public import ObjectStore
import Parquet
import TableModel

/// Writes the positions of deleted rows of one data file: a file-scoped position delete file.
///
/// Bounds of `file_path` are written whole: readers take a file whose two bounds are equal as
/// scoped to that data file, and a cut path would send the deletes elsewhere.
///
/// Source: Iceberg specification, "Position Delete Files".
public func writePositionDeletes(
    of dataFilePath: String,
    positions: [Int],
    to path: String,
    store: any ObjectStore
) async throws -> DataFile {
    var paths = ColumnBuilder(.bytes, expectedRows: positions.count)
    var rows = ColumnBuilder(.int64, expectedRows: positions.count)
    for position in positions.sorted() {
        paths.append(utf8: dataFilePath)
        rows.append(Int64(position))
    }
    let options = ParquetWriterOptions(
        codec: .zstd(level: 1),
        keyValueMetadata: [("delete-type", "position")],
        fullBoundsFieldIDs: [deleteFilePathFieldID, deletePositionFieldID]
    )
    let writer = try await DataFileWriter(
        store: store,
        path: path,
        fields: positionDeleteFields,
        options: options
    )
    do {
        try await writer.append([paths.finish(), rows.finish()])
        return try await writer.finish(
            content: .positionDeletes,
            referencedDataFile: dataFilePath
        )
    } catch {
        await writer.abandon()
        throw error
    }
}

/// Reserved field ids of position delete files.
let deleteFilePathFieldID: Int32 = 2_147_483_546
let deletePositionFieldID: Int32 = 2_147_483_545

private let positionDeleteFields = [
    ParquetField(
        fieldID: deleteFilePathFieldID,
        name: "file_path",
        type: .string,
        isRequired: true
    ),
    ParquetField(fieldID: deletePositionFieldID, name: "pos", type: .long, isRequired: true),
]
