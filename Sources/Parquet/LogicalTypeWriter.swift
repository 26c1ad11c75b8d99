internal import TableModel

extension ThriftWriter {
    /// Writes what a node's values mean, where its physical type does not say it all.
    ///
    /// Sources: apache/parquet-format, parquet.thrift "LogicalType"; Iceberg specification,
    /// Appendix A "Parquet".
    mutating func logicalType(_ id: Int16, _ type: IcebergType) {
        switch type {
        case .string: structure(id) { $0.structure(1) { _ in } }
        case .map: structure(id) { $0.structure(2) { _ in } }
        case .list: structure(id) { $0.structure(3) { _ in } }
        case .decimal(let precision, let scale):
            structure(id) { logical in
                logical.structure(5) { decimal in
                    decimal.int32(1, scale)
                    decimal.int32(2, precision)
                }
            }
        case .date: structure(id) { $0.structure(6) { _ in } }
        case .time: time(id, kind: 7, unit: .microseconds, isAdjustedToUTC: false)
        case .timestamp: time(id, kind: 8, unit: .microseconds, isAdjustedToUTC: false)
        case .timestamptz: time(id, kind: 8, unit: .microseconds, isAdjustedToUTC: true)
        case .timestampNanos: time(id, kind: 8, unit: .nanoseconds, isAdjustedToUTC: false)
        case .timestamptzNanos: time(id, kind: 8, unit: .nanoseconds, isAdjustedToUTC: true)
        case .uuid: structure(id) { $0.structure(14) { _ in } }
        case .variant:
            structure(id) { logical in
                logical.structure(16) { $0.int8(1, VariantGroup.specificationVersion) }
            }
        case .geometry(let crs): structure(id) { $0.structure(17) { $0.crs(1, crs) } }
        case .geography(let crs, let algorithm):
            structure(id) { logical in
                logical.structure(18) { geography in
                    geography.crs(1, crs)
                    if let edges = EdgeAlgorithm(named: algorithm), edges != .spherical {
                        geography.int32(2, edges.rawValue)
                    }
                }
            }
        case .unknown, .structure, .boolean, .int, .long, .float, .double, .fixed, .binary: break
        }
    }

    /// A coordinate reference system, which readers assume when it is the default.
    private mutating func crs(_ id: Int16, _ crs: String) {
        if crs != IcebergType.defaultCRS { text(id, crs) }
    }

    /// The numbers of the `TimeUnit` union.
    private enum TimeUnit: Int16 {
        case microseconds = 2
        case nanoseconds = 3
    }

    /// A TIME or TIMESTAMP logical type.
    private mutating func time(
        _ id: Int16,
        kind: Int16,
        unit: TimeUnit,
        isAdjustedToUTC: Bool
    ) {
        structure(id) { logical in
            logical.structure(kind) { time in
                time.boolean(1, isAdjustedToUTC)
                time.structure(2) { $0.structure(unit.rawValue) { _ in } }
            }
        }
    }
}

/// How edges of geographies run between their points.
///
/// Source: apache/parquet-format, parquet.thrift "EdgeInterpolationAlgorithm".
enum EdgeAlgorithm: Int, CaseIterable {
    case spherical = 0
    case vincenty = 1
    case thomas = 2
    case andoyer = 3
    case karney = 4

    init?(named name: String) {
        guard let found = Self.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = found
    }
}
