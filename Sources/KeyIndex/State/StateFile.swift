internal import Glibc

/// A file or folder of the state folder could not be worked with.
public struct IndexStateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was tried, such as `open` or `write`.
    public var operation: String
    public var path: String
    /// The system's error number.
    public var code: Int32

    public init(_ operation: String, _ path: String, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// With the error number that the last call left.
    init(_ operation: String, _ path: String) { self.init(operation, path, code: errno) }

    public var description: String {
        "could not \(operation) \(path): \(String(cString: strerror(code)))"
    }
}

/// An open file of the state folder; closed when it goes out of use.
struct StateFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    enum Mode {
        case reading
        /// Made if it is not there; only the owner may read it, for it holds a secret.
        case writing
        /// As `writing`, with what was there gone.
        case anew
    }

    init(_ path: String, _ mode: Mode) throws(IndexStateError) {
        self.path = path
        let flags =
            switch mode {
            case .reading: O_RDONLY
            case .writing: O_RDWR | O_CREAT
            case .anew: O_RDWR | O_CREAT | O_TRUNC
            }
        descriptor = open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw IndexStateError("open", path) }
    }

    deinit { close(descriptor) }

    /// Opens a file for reading.
    ///
    /// - Throws: Why what it should hold is of no use.
    static func opened(_ path: String) throws(IndexStateReason) -> StateFile {
        do throws(IndexStateError) { return try StateFile(path, .reading) } catch {
            throw error.code == ENOENT ? .absent : .unreadable(error)
        }
    }

    func byteCount() throws(IndexStateError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw IndexStateError("stat", path) }
        return Int(status.st_size)
    }

    /// Fills the buffer from `offset` on.
    ///
    /// - Returns: Bytes read; fewer than asked for at the file's end.
    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int
    ) throws(IndexStateError)
        -> Int
    {
        guard let start = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, start + done, buffer.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw IndexStateError("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(IndexStateError) {
        guard let start = bytes.baseAddress else { return }
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw IndexStateError("write", path) }
            done += count
        }
    }

    func truncate(to byteCount: Int) throws(IndexStateError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
            throw IndexStateError("truncate", path)
        }
    }

    /// Waits until what was written is on the disk.
    func synchronize() throws(IndexStateError) {
        guard fsync(descriptor) == 0 else { throw IndexStateError("sync", path) }
    }

    /// Takes the file for this process alone, until it is closed.
    ///
    /// - Returns: Whether no other process has it.
    func lock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
}
