import Catalog
import Iceberg
import Parquet
import PipelineConfig
import SourceInterface
import TableModel
import TableWriter

extension LakeTable {
    /// How new data files of the table are to be, by its metadata and the pipeline file.
    func layout(_ configuration: PipelineConfiguration) -> TableLayout {
        let metadata = loaded.metadata
        let order = metadata.sortOrder(id: metadata.defaultSortOrderID) ?? .unsorted
        let schema = try? metadata.currentSchema()
        var options = ParquetWriterOptions()
        let wishes = WriteProperties(metadata.properties, fields: schema?.fields ?? fields)
        wishes.applyLayout(to: &options)
        wishes.applyMetrics(
            searchedFieldIDs: Set(schema?.identifierFieldIDs ?? [])
                .union(order.fields.flatMap(\.sourceIDs)),
            to: &options
        )
        options.rowGroupBytesMax = Limits.rowGroupBytes
        for field in bloomFilterFields(configuration) {
            options.bloomFilters[field.id] = options.bloomFilters[field.id] ?? ParquetBloomFilter()
        }
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

    /// The columns that the pipeline file wants filters for; names that the table does not have are
    /// passed over, as one pattern may match many tables.
    private func bloomFilterFields(_ configuration: PipelineConfiguration) -> [SchemaField] {
        (configuration.options(of: name).bloomFilters ?? []).flatMap { name in
            name == "primary-key"
                ? source.keyColumns.map { fields[$0] } : fields.filter { $0.name == name }
        }
        .filter { $0.type != .boolean }
    }
}
