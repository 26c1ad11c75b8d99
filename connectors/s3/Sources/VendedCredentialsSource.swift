internal import AWSSigning
internal import Synchronization

/// Credentials from a catalog, which are renewed there before they end.
///
/// Many requests at once ask for new ones once.
final class VendedCredentialsSource: AWSCredentialsSource {
    /// Credentials are renewed so long before they end; a request under way may take that long.
    static let marginSeconds = 120

    private struct State {
        var current: AWSCredentials
        /// Whether a service said that it does not take them.
        var isRefused = false
        var renew: @Sendable () async throws -> Void
        var renewal: Task<Void, any Error>?
    }

    private let state: Mutex<State>
    private let clockSeconds: @Sendable () -> Int

    init(
        _ credentials: AWSCredentials,
        clockSeconds: @escaping @Sendable () -> Int,
        renew: @escaping @Sendable () async throws -> Void
    ) {
        state = Mutex(State(current: credentials, renew: renew))
        self.clockSeconds = clockSeconds
    }

    /// Takes new ones, whoever asked the catalog for them.
    func update(_ credentials: AWSCredentials, renew: @escaping @Sendable () async throws -> Void) {
        state.withLock { state in
            if state.current != credentials { state.isRefused = false }
            state.current = credentials
            state.renew = renew
        }
    }

    func credentials() async throws -> AWSCredentials? {
        let now = clockSeconds()
        let (current, renewal) = state.withLock { state in
            (
                state.current,
                Self.lasts(state, until: now + Self.marginSeconds) ? nil : start(&state)
            )
        }
        guard let renewal else { return current }
        do {
            try await renewal.value
        } catch {
            // Until their end the ones at hand are still good.
            let usable = state.withLock { Self.lasts($0, until: now) ? $0.current : nil }
            if let usable { return usable }
            throw AWSCredentialsError(
                "could not renew the credentials that the catalog handed out: \(error)",
                isRetryable: true
            )
        }
        return try state.withLock { state in
            // Who does not take what was just handed out says best why.
            state.isRefused = false
            guard Self.lasts(state, until: now) else {
                throw AWSCredentialsError(
                    "the catalog handed out credentials that are no longer good",
                    remedy: "Compare the clocks of this machine and the catalog",
                    isRetryable: true
                )
            }
            return state.current
        }
    }

    func discard(_ credentials: AWSCredentials) async {
        state.withLock { if $0.current == credentials { $0.isRefused = true } }
    }

    private static func lasts(_ state: State, until seconds: Int) -> Bool {
        !state.isRefused && state.current.expiresAtSeconds.map { $0 > seconds } ?? true
    }

    /// The renewal that is under way, or a new one.
    private func start(_ state: inout State) -> Task<Void, any Error> {
        if let renewal = state.renewal { return renewal }
        let renewal = Task { [renew = state.renew] in
            defer { self.state.withLock { $0.renewal = nil } }
            try await renew()
        }
        state.renewal = renewal
        return renewal
    }
}
