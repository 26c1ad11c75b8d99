import Foundation
import Testing

/// Files that other projects test themselves with; they are no part of this one.
///
/// They lie in `shared/corpora` beside the project, or where `FRAZIL_CORPORA` says.
enum Corpora {
    static let isPresent = FileManager.default.fileExists(atPath: folder + "/parquet-testing")

    /// What a test says that is not run.
    static let absence: Comment = "no corpora: set FRAZIL_CORPORA to their folder"

    private static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["FRAZIL_CORPORA"] { return folder }
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return root.deletingLastPathComponent().appendingPathComponent("shared/corpora").path
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(path)")))
    }
}
