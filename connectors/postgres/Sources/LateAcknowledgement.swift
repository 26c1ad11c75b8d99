import Glibc

/// Moves a slot forward that no stream is reading: the last acknowledgement of a pipeline comes
/// when its stream has ended.
struct LateAcknowledgement {
    let configuration: PostgresSourceConfiguration
    private static let attempts = 10
    private static let pauseMicroseconds: UInt32 = 50_000

    init(configuration: PostgresSourceConfiguration) { self.configuration = configuration }

    /// Does its best: what is not confirmed now is confirmed by the next stream.
    func send(_ position: LogSequenceNumber) {
        guard let connection = try? PostgresConnection(configuration) else { return }
        let limit = Limits.lateAcknowledgementTimeoutMilliseconds
        _ = try? connection.rows(of: "SET statement_timeout = '\(limit)ms'")
        for _ in 0..<Self.attempts {
            do {
                _ = try connection.rows(
                    of: """
                        SELECT pg_catalog.pg_replication_slot_advance(slot_name, $2::pg_lsn)
                        FROM pg_catalog.pg_replication_slots
                        WHERE slot_name = $1 AND confirmed_flush_lsn < $2::pg_lsn
                        """,
                    [configuration.slotName, "\(position)"]
                )
                return
            } catch let failure as ServerFailure where failure.state == "55006" {
                // The stream's server process has not ended yet.
                usleep(Self.pauseMicroseconds)
            } catch {
                return
            }
        }
    }
}
