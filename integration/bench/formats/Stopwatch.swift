import Glibc

/// The time that one piece of work took.
struct Lap {
    /// Processor time of the thread alone.
    var cpuSeconds: Double
    var wallSeconds: Double

    /// Runs `body` once.
    static func measure(_ body: () throws -> Void) rethrows -> Lap {
        let (cpu, wall) = (seconds(CLOCK_THREAD_CPUTIME_ID), seconds(CLOCK_MONOTONIC))
        try body()
        return Lap(
            cpuSeconds: seconds(CLOCK_THREAD_CPUTIME_ID) - cpu,
            wallSeconds: seconds(CLOCK_MONOTONIC) - wall
        )
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

extension [Lap] {
    /// One line of `key=value` for the program that compares, the best lap counting.
    func report(rowCount: Int, byteCount: Int) -> String {
        let cpu = self.map(\.cpuSeconds).min() ?? .infinity
        let wall = self.map(\.wallSeconds).min() ?? .infinity
        return "rows=\(rowCount) bytes=\(byteCount) cpu_seconds=\(cpu) wall_seconds=\(wall) "
            + "rows_per_cpu_second=\(Int(Double(rowCount) / cpu)) "
            + "rows_per_wall_second=\(Int(Double(rowCount) / wall))"
    }
}
