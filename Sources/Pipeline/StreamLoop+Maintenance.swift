import SourceInterface

/// Work for those who read the tables: beside the stream, for one table at a time, and never while the
/// stream is behind.
extension StreamLoop {
    /// Takes what was done, and begins what is next.
    func maintain() async throws {
        if let (name, work) = maintenance {
            guard let outcome = work.outcome else { return }
            maintenance = nil
            if let stream = streams[name] {
                await stream.take(outcome)
                if stream.hasMaintenance { beginEpoch() }
            }
        }
        guard !isLarge, !isCatchingUp else { return }
        for stream in streams.values.filter(\.mayNeedMaintenance).sorted(by: { $0.name < $1.name })
        {
            if let work = try await stream.nextMaintenance(epoch: ledger.epoch + 1) {
                maintenance = (stream.name, BackgroundWork(work))
                return
            }
        }
    }

    /// Works before the stream begins, for a run that may end before anything is done beside it.
    func maintainAtOnce() async throws {
        for stream in streams.values.sorted(by: { $0.name < $1.name }) {
            let work = try await stream.nextMaintenance(
                epoch: ledger.epoch + 1,
                reading: stream.hasManyDeadRows
            )
            guard let work else { continue }
            do { await stream.take(.success(try await work())) } catch {
                await stream.take(.failure(error))
            }
        }
    }

    /// Ends the work, and leaves nothing of it behind.
    func endMaintenance() async {
        guard let (name, work) = maintenance else { return }
        maintenance = nil
        await work.cancel()
        guard let stream = streams[name], let outcome = work.outcome else { return }
        if case .success = outcome {
            await stream.take(outcome)
            await stream.dropRewritten()
        }
    }
}
