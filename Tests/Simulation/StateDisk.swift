import Glibc
import PipelineTestKit

/// The folder of one history's key indexes, on a disk that is not always kind.
///
/// It is deleted when it goes out of use.
final class StateDisk {
    let path: String
    private var saved: [String: [UInt8]] = [:]
    private(set) var mishaps = 0

    /// - `folder`: Where to make it; other simulations may use the same.
    init(folder: String = "/tmp") {
        path = "\(folder)/frazil-simulation-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        mkdir(path, 0o700)
    }

    deinit {
        for name in names() { unlink(path + "/" + name) }
        rmdir(path)
    }

    /// Between two processes: a bit flips, a file is cut or goes, or yesterday's files are back.
    func mishap(using random: inout SeededGenerator) {
        let files = names().filter { $0 != "lock" }
        let choice = Int.random(in: 0..<8, using: &random)
        let place = Double.random(in: 0..<1, using: &random)
        guard !files.isEmpty, choice < 6 else { return }
        let name = files[Int(Double.random(in: 0..<1, using: &random) * Double(files.count))]
        var bytes = read(name)
        let offset = Int(place * Double(bytes.count))
        switch choice {
        case 0 where !bytes.isEmpty:
            bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            write(bytes, name)
        case 1: write([UInt8](bytes[..<offset]), name)
        case 2: unlink(path + "/" + name)
        case 3:
            saved = [:]
            for name in files { saved[name] = read(name) }
            return
        case 4 where !saved.isEmpty:
            for name in files { unlink(path + "/" + name) }
            for (name, bytes) in saved { write(bytes, name) }
        default: return
        }
        mishaps += 1
    }

    private func names() -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func read(_ name: String) -> [UInt8] {
        guard let file = fopen(path + "/" + name, "r") else { return [] }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: max(0, ftell(file)))
        rewind(file)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return bytes
    }

    private func write(_ bytes: [UInt8], _ name: String) {
        guard let file = fopen(path + "/" + name, "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }
}
