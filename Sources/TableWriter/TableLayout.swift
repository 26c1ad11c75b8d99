public import Iceberg
public import Parquet
public import TableModel

/// How the data files of a table are to be: where, of which columns, split and sorted how.
public struct TableLayout: Sendable {
    /// The folder of data and delete files, without a slash at its end.
    public var dataFolder: String
    /// The fields of the rows' columns, in that order.
    public var fields: [SchemaField]
    /// Its fields' sources are among `fields`.
    public var spec: PartitionSpec
    /// A spec without partitions: a delete of it by key applies to rows of all partitions.
    public var unpartitionedSpec = PartitionSpec.unpartitioned
    /// Rows are sorted by it within each file; see ``isSorted``.
    public var sortOrder: SortOrder
    public var options: ParquetWriterOptions
    /// Whether rows are deleted by deletion vectors instead of position delete files; so it is from
    /// format version 3 on.
    public var usesDeletionVectors = false
    /// A file that has grown to so many bytes is closed, and the next one begun.
    public var fileBytesMax = 128 << 20
    /// Files that are open at the same time, one a partition; the one used least recently is closed.
    public var openFilesMax = 64
    /// Rows that wait in open files for their row group; beyond it the largest row group is closed.
    public var bufferedBytesMax = 64 << 20

    public init(
        dataFolder: String,
        fields: [SchemaField],
        spec: PartitionSpec = .unpartitioned,
        sortOrder: SortOrder = .unsorted,
        options: ParquetWriterOptions
    ) {
        self.dataFolder = dataFolder
        self.fields = fields
        self.spec = spec
        self.sortOrder = sortOrder
        self.options = options
    }

    public var isSorted: Bool { !sortOrder.fields.isEmpty }

    /// Whether rows of these columns can be sorted so.
    public static func canSort(_ fields: [SchemaField], by order: SortOrder) -> Bool {
        (try? RowSorter(order, fields: fields)) != nil
    }
}
