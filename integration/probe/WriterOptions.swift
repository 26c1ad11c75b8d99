import ArgumentParser
import Codecs
import Iceberg
import Parquet
import TableModel

/// What every subcommand takes about the layout of its files.
struct WriterOptions: ParsableArguments {
    @Option(help: "none, snappy, gzip, zstd or lz4.")
    var codec = "zstd"

    @Option(help: "The form of data pages: 1 or 2.")
    var pageVersion = 1

    @Option(help: "How a field's values lie in pages: ID=NAME.")
    var encoding: [String] = []

    @Flag(help: "Write no dictionary where no encoding asks for one.")
    var noDictionary = false

    @Option var rowGroupBytes: Int?
    @Option var rowGroupRows: Int?
    @Option var pageBytes: Int?
    @Option var pageRows: Int?

    @Option(help: "Units that bounds in metrics are cut to; 0 keeps them whole.")
    var metricsUnits: Int?

    func parquetOptions() throws -> ParquetWriterOptions {
        var options = ParquetWriterOptions()
        options.codec = try codec(named: codec)
        switch pageVersion {
        case 1: options.pageVersion = .v1
        case 2: options.pageVersion = .v2
        default: throw ProbeError("pages have version 1 or 2, not \(pageVersion)")
        }
        options.dictionary = !noDictionary
        for assignment in encoding {
            let parts = assignment.split(separator: "=")
            guard parts.count == 2, let id = Int32(parts[0]) else {
                throw ProbeError("--encoding is ID=NAME, not \(assignment)")
            }
            options.encodings[id] = try columnEncoding(named: String(parts[1]))
        }
        if let rowGroupBytes { options.rowGroupBytesMax = rowGroupBytes }
        if let rowGroupRows { options.rowGroupRowsMax = rowGroupRows }
        if let pageBytes { options.pageBytesMax = pageBytes }
        if let pageRows { options.pageRowsMax = pageRows }
        if let metricsUnits {
            options.defaultMetricsMode = metricsUnits == 0 ? .full : .truncate(units: metricsUnits)
        }
        return options
    }

    private func codec(named name: String) throws -> CompressionCodec {
        switch name {
        case "none": .none
        case "snappy": .snappy
        case "gzip": .gzip
        case "zstd": .zstd(level: 1)
        case "lz4": .lz4Raw
        default: throw ProbeError("no codec is called \(name)")
        }
    }

    private func columnEncoding(named name: String) throws -> ParquetColumnEncoding {
        switch name {
        case "automatic": .automatic
        case "plain": .plain
        case "dictionary": .dictionary
        case "rle": .runLength
        case "delta": .deltaBinaryPacked
        case "delta-length": .deltaLengthByteArray
        case "split": .byteStreamSplit
        default: throw ProbeError("no encoding is called \(name)")
        }
    }
}
