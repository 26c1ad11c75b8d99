import Catalog
import Iceberg
import Parquet
import PipelineConfig
import TableWriter

extension LakeTable {
    /// How new data files of the table are to be, by its metadata and the pipeline file.
    func layout(_ configuration: PipelineConfiguration) -> TableLayout {
        let metadata = loaded.metadata
        var options = ParquetWriterOptions()
        options.rowGroupBytesMax = Limits.rowGroupBytes
        var layout = TableLayout(
            dataFolder: metadata.dataFolder,
            fields: fields,
            spec: metadata.defaultPartitionSpec ?? .unpartitioned,
            options: options
        )
        layout.fileBytesMax = Limits.dataFileBytes
        layout.bufferedBytesMax = Limits.openRowGroupsBytes
        layout.openFilesMax = Limits.openDataFilesMax
        return layout
    }
}
