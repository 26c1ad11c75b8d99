internal import Bytes

extension RowBlocks {
    /// Appends files and blocks, as ``init(stored:)`` reads them.
    ///
    /// The number of files, each with its path and its blocks, then the dead blocks. Lists begin with
    /// their length; all numbers are varints; a block that is missing in its file is zero, others are
    /// one more than their number.
    func store(to buffer: inout ByteBuffer) {
        buffer.appendVarint(UInt64(fileCount))
        for file in allFiles {
            buffer.appendVarint(UInt64(file.path.utf8.count))
            buffer.append(utf8: file.path)
            let numbers = blockNumbers(ofFile: file.ordinal)
            buffer.appendVarint(UInt64(numbers.count))
            for number in numbers { buffer.appendVarint(number.map { UInt64($0) + 1 } ?? 0) }
        }
        let dead = deadBlockNumbers
        buffer.appendVarint(UInt64(dead.count))
        for number in dead { buffer.appendVarint(UInt64(number)) }
    }

    /// - Throws: `WireFault`, for lengths that the bytes do not hold and for blocks that are not
    ///   each there once.
    init(stored reader: inout ByteReader) throws(WireFault) {
        self.init()
        for _ in 0..<(try IndexManifest.readCount(&reader)) {
            let path = try IndexManifest.readText(&reader)
            guard ordinal(of: path) == nil else { throw reader.malformed }
            let ordinal = addFile(path)
            for number in 0..<(try IndexManifest.readCount(&reader)) {
                let stored = try reader.readVarint()
                guard stored <= UInt64(Self.countMax) else { throw reader.malformed }
                appendStoredBlock(stored == 0 ? nil : Int(stored) - 1, number, toFile: ordinal)
            }
        }
        for _ in 0..<(try IndexManifest.readCount(&reader)) {
            let number = try reader.readVarint()
            guard number < UInt64(Self.countMax) else { throw reader.malformed }
            appendStoredBlock(Int(number), 0, toFile: nil)
        }
        guard finishStoredBlocks() else { throw reader.malformed }
    }

}
