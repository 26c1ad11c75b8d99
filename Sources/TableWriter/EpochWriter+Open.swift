/// What an epoch holds open between two pieces of it, so that many tables share one bound.
extension EpochWriter {
    /// Data files that are being written.
    public var openFileCount: Int { dataWriter?.openFileCount ?? 0 }

    /// Bytes of rows that wait for their row groups.
    public var bufferedBytes: Int { dataWriter?.bufferedBytes ?? 0 }

    /// Bytes of open files that wait in memory to be uploaded.
    public var waitingBytes: Int { dataWriter?.waitingBytes ?? 0 }

    /// Makes all files whole; rows that follow go into new ones.
    public func closeOpenFiles() async throws { try await dataWriter?.closeAll() }

    /// Ends all row groups, however small they are.
    public func closeRowGroups() async throws { try await dataWriter?.closeRowGroups() }
}
