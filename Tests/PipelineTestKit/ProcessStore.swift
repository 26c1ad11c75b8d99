package import ObjectStore

/// A store as one process of the simulation sees it, with the faults that were planned for it.
package final class ProcessStore: ObjectStore {
    package enum Fault: Sendable {
        /// Nothing happens, and an error comes back.
        case refused
        /// The file is there, and an error comes back all the same.
        case answerLost
    }

    private let store: any ObjectStore
    private let lifeline: Lifeline
    private let faults: FaultPlan<Fault>

    package init(
        _ store: any ObjectStore,
        lifeline: Lifeline,
        faults: FaultPlan<Fault>
    ) {
        self.store = store
        self.lifeline = lifeline
        self.faults = faults
    }

    package func create(_ path: String) async throws -> any ObjectUpload {
        let upload = try await lifeline.step { try await store.create(path) }
        return ProcessUpload(upload, lifeline: lifeline, faults: faults)
    }

    package func read(_ path: String, range: Range<Int>?) async throws -> [UInt8] {
        try await lifeline.step {
            if faults.next() == .refused { throw Self.failure }
            return try await store.read(path, range: range)
        }
    }

    package func put(
        _ path: String,
        _ bytes: [UInt8],
        when condition: PutCondition
    ) async throws -> ObjectVersion {
        try await lifeline.step { try await store.put(path, bytes, when: condition) }
    }

    package func status(of path: String) async throws -> ObjectStatus {
        try await lifeline.step { try await store.status(of: path) }
    }

    package func list(
        below folder: String,
        _ page: ([ListedObject]) async throws -> Void
    ) async throws {
        try await lifeline.step { try await store.list(below: folder, page) }
    }

    package func delete(_ path: String) async throws {
        try await lifeline.step { try await store.delete(path) }
    }

    static var failure: StoreError { StoreError(.unavailable, "the store is planned to fail here") }
}

private final class ProcessUpload: ObjectUpload {
    private let upload: any ObjectUpload
    private let lifeline: Lifeline
    private let faults: FaultPlan<ProcessStore.Fault>

    init(
        _ upload: any ObjectUpload,
        lifeline: Lifeline,
        faults: FaultPlan<ProcessStore.Fault>
    ) {
        self.upload = upload
        self.lifeline = lifeline
        self.faults = faults
    }

    func write(_ bytes: UnsafeRawBufferPointer) async throws { try await upload.write(bytes) }

    func complete() async throws {
        try await lifeline.step {
            switch faults.next() {
            case .refused: throw ProcessStore.failure
            case .answerLost:
                try await upload.complete()
                throw ProcessStore.failure
            case nil: try await upload.complete()
            }
        }
    }

    func abort() async { await upload.abort() }
}
