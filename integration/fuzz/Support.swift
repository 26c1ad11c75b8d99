import Glibc

/// What a fuzz target consists of; every file in `targets` declares one named `target`.
struct FuzzTarget: Sendable {
    /// Valid inputs to begin with, by name.
    var seeds: @Sendable () throws -> [String: [UInt8]]
    /// Reads an input and throws the module's own error where it is not valid.
    ///
    /// What must not happen ends the process: a trap, memory that is not ours, or ``fail(_:)``.
    var run: @Sendable ([UInt8]) throws -> Void
    /// Whether an error is one that the module may throw.
    var allows: @Sendable (any Error) -> Bool
}

/// Ends the process as a crash, for what is wrong without trapping.
func fail(_ message: String) -> Never { fatalError(message) }

/// Writes the seeds into the folder that `FUZZ_SEEDS` names, before the fuzzer reads its corpus.
@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(
    _ argumentCount: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> Int32 {
    guard let folder = getenv("FUZZ_SEEDS").map({ String(cString: $0) }) else { return 0 }
    do {
        for (name, bytes) in try target.seeds() {
            guard let file = fopen("\(folder)/seed-\(name)", "w") else {
                fail("could not write the seed \(name)")
            }
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
    } catch {
        fail("could not make the seeds: \(error)")
    }
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    // A copy of exactly this length: the sanitizer sees a read beyond it.
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    do {
        try target.run(bytes)
    } catch {
        guard target.allows(error) else { fail("\(type(of: error)): \(error)") }
    }
    return 0
}
