internal import Glibc
internal import Synchronization

/// Threads that share out numbered jobs, for as long as one call takes.
///
/// `@unchecked Sendable`: the body is called by one thread a job, and the call that made the team
/// outlives all of them.
final class ThreadTeam: @unchecked Sendable {
    private let jobCount: Int
    private let body: (_ job: Int, _ thread: Int) -> Void
    private let nextJob = Mutex(0)

    private init(jobCount: Int, body: @escaping (_ job: Int, _ thread: Int) -> Void) {
        self.jobCount = jobCount
        self.body = body
    }

    /// Calls `body` once for each job of `0..<jobCount`, on up to `threadCount` threads at a time.
    ///
    /// Jobs begin in ascending order. The calling thread is one of the threads, number zero; one
    /// that cannot be started is done without. Returns when all jobs are done. What the body does on
    /// two threads at the same time must not touch the same memory.
    static func run(
        jobCount: Int,
        threadCount: Int,
        _ body: (_ job: Int, _ thread: Int) -> Void
    ) {
        withoutActuallyEscaping(body) { body in
            let team = ThreadTeam(jobCount: jobCount, body: body)
            let others = (1..<max(min(threadCount, jobCount), 1)).compactMap { team.start($0) }
            team.work(thread: 0)
            for thread in others { pthread_join(thread, nil) }
        }
    }

    private func work(thread: Int) {
        while let job = takeJob() { body(job, thread) }
    }

    private func takeJob() -> Int? {
        nextJob.withLock { next in
            guard next < jobCount else { return nil }
            defer { next += 1 }
            return next
        }
    }

    /// What a new thread is handed.
    private final class Member {
        let team: ThreadTeam
        let thread: Int

        init(team: ThreadTeam, thread: Int) {
            self.team = team
            self.thread = thread
        }
    }

    private func start(_ thread: Int) -> pthread_t? {
        var handle = pthread_t()
        let member = Unmanaged.passRetained(Member(team: self, thread: thread))
        let status = pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument else { return nil }
                let member = Unmanaged<Member>.fromOpaque(argument).takeRetainedValue()
                member.team.work(thread: member.thread)
                return nil
            },
            member.toOpaque()
        )
        guard status == 0 else {
            member.release()
            return nil
        }
        return handle
    }
}
