import Bytes
import KeyIndex

/// An index that is read from its table, or brought forward, while the stream goes on without it.
final class IndexBuild: Sendable {
    let tableUUID: String
    let hasher: SipHash128
    private let work: BackgroundWork<HandedOver<KeptIndex>?>

    /// `make` returns nil where it has to be begun anew.
    init(
        tableUUID: String,
        hasher: SipHash128,
        make: @escaping @Sendable () async throws -> HandedOver<KeptIndex>?
    ) {
        self.tableUUID = tableUUID
        self.hasher = hasher
        work = BackgroundWork(make)
    }

    /// What came of it; nil while it goes on.
    var outcome: Result<HandedOver<KeptIndex>?, any Error>? { work.outcome }

    /// Ends it and waits until nothing is written any more.
    func cancel() async {
        await work.cancel()
        if case .success(let handed?) = outcome { handed.value.keeper?.abandon() }
    }
}
