internal import CZstd
internal import Synchronization

/// The library's states for one call each, kept for the next one.
///
/// A new state asks the processor what it can do. Virtual machines trap that question, so that it
/// takes longer than a small page.
enum ZstdContexts {
    /// States of each kind that are kept; as many may be out as there are callers.
    private static let keptMax = 16
    /// Larger states than this are freed: what needed them was unusual.
    private static let keptBytesMax = 4 << 20

    /// `@unchecked Sendable`: whoever takes a state has it alone until it is given back.
    private struct Handle: @unchecked Sendable {
        let pointer: OpaquePointer
    }

    private static let decompressing = Mutex<[Handle]>([])
    private static let compressing = Mutex<[Handle]>([])

    /// A state for decompression; nil when there is no memory.
    static func takeForDecompression() -> OpaquePointer? {
        decompressing.withLock { $0.popLast() }?.pointer ?? ZSTD_createDCtx()
    }

    /// A state for compression with the library's own parameters; nil when there is no memory.
    static func takeForCompression() -> OpaquePointer? {
        compressing.withLock { $0.popLast() }?.pointer ?? ZSTD_createCCtx()
    }

    static func giveBack(decompression pointer: OpaquePointer) {
        let isReset = ZSTD_isError(ZSTD_DCtx_reset(pointer, ZSTD_reset_session_and_parameters)) == 0
        let isKept =
            isReset && ZSTD_sizeof_DCtx(pointer) <= keptBytesMax && keep(pointer, in: decompressing)
        if !isKept { ZSTD_freeDCtx(pointer) }
    }

    static func giveBack(compression pointer: OpaquePointer) {
        let isReset = ZSTD_isError(ZSTD_CCtx_reset(pointer, ZSTD_reset_session_and_parameters)) == 0
        let isKept =
            isReset && ZSTD_sizeof_CCtx(pointer) <= keptBytesMax && keep(pointer, in: compressing)
        if !isKept { ZSTD_freeCCtx(pointer) }
    }

    private static func keep(_ pointer: OpaquePointer, in pool: borrowing Mutex<[Handle]>) -> Bool {
        let handle = Handle(pointer: pointer)
        return pool.withLock { kept in
            guard kept.count < keptMax else { return false }
            kept.append(handle)
            return true
        }
    }
}
