import Catalog
import Iceberg
import Parquet
import PipelineConfig
import TableModel
import TableWriter

extension LakeTable {
    /// How new data files of the table are to be, by its metadata and the pipeline file.
    func layout(_ configuration: PipelineConfiguration) -> TableLayout {
        let metadata = loaded.metadata
        var options = ParquetWriterOptions()
        options.rowGroupBytesMax = Limits.rowGroupBytes
        let order = metadata.sortOrder(id: metadata.defaultSortOrderID) ?? .unsorted
        let schema = try? metadata.currentSchema()
        options.setMetrics(
            of: schema?.fields ?? fields,
            searchedFieldIDs: Set(schema?.identifierFieldIDs ?? [])
                .union(order.fields.flatMap(\.sourceIDs)),
            properties: metadata.properties
        )
        var layout = TableLayout(
            dataFolder: metadata.dataFolder,
            fields: fields,
            spec: metadata.defaultPartitionSpec ?? .unpartitioned,
            // Sorting is a favour to readers; an order of others that we do not know is left out.
            sortOrder: TableLayout.canSort(fields, by: order) ? order : .unsorted,
            options: options
        )
        layout.usesDeletionVectors = metadata.hasRowLineage
        layout.unpartitionedSpec =
            metadata.partitionSpecs.first(where: \.isUnpartitioned) ?? .unpartitioned
        layout.fileBytesMax =
            configuration.options(of: name).fileBytesMax ?? configuration.lake.fileBytesMax
        layout.bufferedBytesMax = Limits.openRowGroupsBytes
        layout.openFilesMax = Limits.openDataFilesMax
        return layout
    }
}
