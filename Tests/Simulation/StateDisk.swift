import TestKit

/// The folder of one history's key indexes, on a disk that is not always kind.
///
/// It is deleted when it goes out of use.
final class StateDisk {
    private let folder: TemporaryFolder
    private var saved: [String: [UInt8]] = [:]
    private(set) var mishaps = 0

    /// - `folder`: Where to make it; other simulations may use the same.
    init(folder: String = "/tmp") {
        self.folder = TemporaryFolder(in: folder)
    }

    var path: String { folder.path }

    /// Between two processes: a bit flips, a file is cut or goes, or yesterday's files are back.
    func mishap(using random: inout SeededGenerator) {
        let files = folder.names().filter { $0 != "lock" }
        let choice = Int.random(in: 0..<8, using: &random)
        let place = Double.random(in: 0..<1, using: &random)
        guard !files.isEmpty, choice < 6 else { return }
        let name = files[Int(Double.random(in: 0..<1, using: &random) * Double(files.count))]
        var bytes = folder.read(name)
        let offset = Int(place * Double(bytes.count))
        switch choice {
        case 0 where !bytes.isEmpty:
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            folder.write(bytes, name)
        case 1: folder.write([UInt8](bytes[..<offset]), name)
        case 2: folder.remove(name)
        case 3:
            saved = [:]
            for name in files { saved[name] = folder.read(name) }
            return
        case 4 where !saved.isEmpty:
            for name in files { folder.remove(name) }
            for (name, bytes) in saved { folder.write(bytes, name) }
        default: return
        }
        mishaps += 1
    }
}
