public import TableModel

/// Where a row lies in a table: a data file and the row's place in it, counted from zero.
public struct RowLocation: Hashable, Sendable {
    /// The file's ordinal in the index that gave the location.
    public var file: Int
    public var position: Int

    public init(file: Int, position: Int) {
        self.file = file
        self.position = position
    }

    static let positionBits = 40
    /// The most data files that one index can name.
    public static let fileCountMax = 1 << 23

    var packed: UInt64 { UInt64(file) << UInt64(Self.positionBits) | UInt64(position) }

    init(packed: UInt64) {
        file = Int(packed >> UInt64(Self.positionBits))
        position = Int(packed & (1 << UInt64(Self.positionBits) - 1))
    }
}

/// Key to row of one table: what makes deletes by position possible.
///
/// It is a cache of the table at one snapshot and never state: it can always be rebuilt from the
/// key columns of the live rows. Owned by one task.
public final class KeyIndex {
    private let map: FingerprintMap
    /// Paths of the data files, by ordinal.
    public private(set) var filePaths: [String] = []

    public init(isExact64: Bool, expectedCount: Int = 0) {
        map = FingerprintMap(isExact64: isExact64, expectedCount: expectedCount)
    }

    public var count: Int { map.count }
    public var memoryBytes: Int { map.memoryBytes }

    /// Registers a data file.
    ///
    /// - Returns: Its ordinal.
    public func addFile(_ path: String) -> Int {
        precondition(filePaths.count < RowLocation.fileCountMax, "too many files in one index")
        filePaths.append(path)
        return filePaths.count - 1
    }

    public func location(of key: KeyFingerprint) -> RowLocation? {
        map.payload(of: key).map(RowLocation.init(packed:))
    }

    /// Where each key's row lies, nil for keys that the index does not hold; faster than one by one.
    public func locations(of keys: [KeyFingerprint]) -> [RowLocation?] {
        map.payloads(of: keys).map { $0 == .max ? nil : RowLocation(packed: $0) }
    }

    /// Makes room for keys that are to come.
    public func reserve(_ additionalCount: Int) { map.reserve(additionalCount) }

    /// Remembers where a key's row lies now.
    ///
    /// - Returns: Where it lay before.
    @discardableResult
    public func set(_ location: RowLocation, for key: KeyFingerprint) -> RowLocation? {
        map.set(location.packed, for: key).map(RowLocation.init(packed:))
    }

    /// Remembers where the rows of many keys lie now; faster than one by one.
    ///
    /// - Returns: How many of the keys had a row before, repeats among `keys` included.
    @discardableResult
    public func setAll(_ keys: [KeyFingerprint], location: (_ row: Int) -> RowLocation) -> Int {
        map.setAll(keys) { location($0).packed }
    }

    @discardableResult
    public func remove(_ key: KeyFingerprint) -> RowLocation? {
        map.remove(key).map(RowLocation.init(packed:))
    }

    /// Forgets all keys and files.
    public func removeAll() {
        map.removeAll()
        filePaths.removeAll()
    }
}
