/// The floors of the house, from the ground up, and what may stand on which.
///
/// `Package.swift` says what each target needs; this says what it is allowed to.
enum Floor: Int, Comparable {
    case ground = 0
    case vocabulary
    case formats
    case tableFormat
    case connectors
    case stages
    case assembly
    case program

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Which floor every module of ours stands on; C modules stand below the ground.
let floors: [String: Floor] = [
    "Bytes": .ground,
    "Diagnostics": .ground,
    "Codecs": .vocabulary,
    "Columns": .vocabulary,
    "TableModel": .vocabulary,
    "ChangeModel": .formats,
    "Parquet": .formats,
    "RowText": .formats,
    "Avro": .formats,
    "Puffin": .formats,
    "ObjectStore": .formats,
    "KeyIndex": .formats,
    "HTTPClient": .formats,
    "AWSSigning": .formats,
    "Iceberg": .tableFormat,
    "Catalog": .tableFormat,
    "SourceInterface": .tableFormat,
    "MySQLConnector": .connectors,
    "PostgresConnector": .connectors,
    "S3ObjectStore": .connectors,
    "SQLiteCatalog": .connectors,
    "RESTCatalog": .connectors,
    "ChangeMerge": .stages,
    "TableWriter": .stages,
    "TableScan": .stages,
    "TableCommit": .stages,
    "PipelineConfig": .assembly,
    "Pipeline": .assembly,
    "Inspection": .assembly,
    "frazil": .program,
]

/// Steps within one floor, or past one, that were decided on; each says why.
let agreedSteps: [ImportStep: String] = [
    ImportStep("TableModel", "Columns"): "a type of a table says how its values lie in memory",
    ImportStep("AWSSigning", "HTTPClient"):
        "what is signed is a request, and credentials of instances come over HTTP",
    ImportStep("Catalog", "Iceberg"): "a catalog hands out and swaps table metadata",
    ImportStep("Pipeline", "PipelineConfig"): "a pipeline is assembled from its configuration",
]

/// One module importing another.
struct ImportStep: Hashable {
    var from: String
    var to: String

    init(_ from: String, _ to: String) {
        self.from = from
        self.to = to
    }
}

/// Modules that belong to whoever has them; what is none of ours and not here is unknown.
let outsideModules: [String: ClosedRange<Floor>] = [
    "Glibc": .ground ... .program,
    "Synchronization": .ground ... .program,
    "Logging": .ground ... .program,
    "CMalloc": .program ... .program,
    "CPrefetch": .ground ... .formats,
    "CZlib": .ground ... .connectors,
    "CZstd": .vocabulary ... .connectors,
    "CSnappy": .vocabulary ... .vocabulary,
    "CLZ4": .vocabulary ... .vocabulary,
    "CCurl": .formats ... .formats,
    "CCrypto": .formats ... .formats,
    "CMariaDB": .connectors ... .connectors,
    "CMySQLClient": .connectors ... .connectors,
    "CPQ": .connectors ... .connectors,
    "CSQLite": .connectors ... .connectors,
    "Yams": .assembly ... .assembly,
    "ArgumentParser": .program ... .program,
    "Dispatch": .stages ... .program,
    "FoundationEssentials": .connectors ... .program,
    "Foundation": .connectors ... .program,
]

/// What is wrong with an import, as a sentence that says what to do; nil when it is allowed.
func objection(to step: ImportStep) -> String? {
    guard let from = floors[step.from] else {
        return "\(step.from) stands on no floor: give it one in Tests/HouseTests/HousePlan.swift"
    }
    guard let to = floors[step.to] else { return outsideObjection(to: step, on: from) }
    if to < from, !(to == .connectors && from < .program) { return nil }
    if agreedSteps[step] != nil { return nil }
    if to == .connectors {
        return "\(step.from) imports the connector \(step.to): only the program may, in "
            + "Registry.swift; speak to the protocol in SourceInterface or Catalog instead"
    }
    if from == .connectors {
        return "the connector \(step.from) imports \(step.to), which stands above it: hand the "
            + "data over as a type of SourceInterface, Catalog or lower"
    }
    if from == to {
        return "\(step.from) imports its neighbour \(step.to) on the floor \(from): move the type "
            + "that both need to a lower floor, and let Pipeline join the two"
    }
    return "\(step.from) on the floor \(from) imports \(step.to) on the floor \(to): an import "
        + "never climbs; move what is needed down, or the user of it up"
}

private func outsideObjection(to step: ImportStep, on floor: Floor) -> String? {
    guard let range = outsideModules[step.to] else {
        return "\(step.from) imports \(step.to), which the house does not know: add it to "
            + "Tests/HouseTests/HousePlan.swift with the floors that may use it"
    }
    guard range.contains(floor) else {
        let hint = step.to.hasPrefix("Foundation") ? "use Glibc there" : "wrap it on its own floor"
        return "\(step.from) on the floor \(floor) imports \(step.to), which belongs to "
            + "\(range.lowerBound) to \(range.upperBound): \(hint)"
    }
    return nil
}
