internal import ChangeModel
internal import SourceInterface

/// Puts events into the sink, waiting while it is full.
struct EventSender {
    /// The sink wants no more events; not a failure.
    struct Closed: Error {}

    static let offerTimeoutMilliseconds = 1_000

    let sink: any SourceEventSink

    /// The server waits for us meanwhile: its write timeout was set for that.
    func send(_ event: SourceEvent) throws(Closed) {
        while true {
            switch sink.offer(event, timeoutMilliseconds: Self.offerTimeoutMilliseconds) {
            case .taken: return
            case .full: continue
            case .closed: throw Closed()
            }
        }
    }
}

/// What ends a stream: the sink, or a failure.
enum StreamEnd: Error {
    case closed
    case failed(SourceError)
}
