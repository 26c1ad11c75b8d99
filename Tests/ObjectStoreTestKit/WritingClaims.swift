internal import ObjectStore

extension ObjectStoreBehaviour {
    static let readingClaims = [
        Claim(sentence: "what is put can be read, whole and in parts") { subject in
            let path = subject.path("deep/er/file.bin")
            let bytes = pattern(1_000_000)
            try await subject.store.put(path, bytes)
            let store = subject.store
            try expectBytes(try await store.read(path, range: nil), bytes, "whole")
            for range in [0..<1, 5..<9, 9..<9, 0..<0, 999_999..<1_000_000, 17..<800_000] {
                let part = try await store.read(path, range: range)
                try expectBytes(part, Array(bytes[range]), "\(range)")
            }
            try expectEqual(try await store.byteCount(of: path), bytes.count, "byte count")
        },
        Claim(sentence: "a range beyond the end is an error, not a shorter answer") { subject in
            let path = subject.path("file")
            try await subject.store.put(path, [1, 2, 3])
            for range in [0..<4, 2..<5, 3..<4, 7..<9] {
                try await expectError(.notFound, "\(range)") {
                    _ = try await subject.store.read(path, range: range)
                }
            }
        },
        Claim(sentence: "an empty file is a file") { subject in
            let path = subject.path("empty")
            try await subject.store.put(path, [])
            try expectBytes(try await subject.store.read(path, range: nil), [], "whole")
            try expectBytes(try await subject.store.read(path, range: 0..<0), [], "no bytes")
            try expectEqual(try await subject.store.byteCount(of: path), 0, "byte count")
            try await expectError(.notFound, "first byte") {
                _ = try await subject.store.read(path, range: 0..<1)
            }
        },
        Claim(sentence: "a file that is not there is said to be missing") { subject in
            let path = subject.path("absent")
            try await expectError(.notFound, "whole") {
                _ = try await subject.store.read(path, range: nil)
            }
            for range in [0..<0, 0..<1] {
                try await expectError(.notFound, "\(range)") {
                    _ = try await subject.store.read(path, range: range)
                }
            }
            try await expectError(.notFound, "status") {
                _ = try await subject.store.status(of: path)
            }
        },
        Claim(sentence: "names keep every byte, and those that look alike are different files") {
            subject in
            let names = [
                "a b", "a+b", "a%20b", "a%2Bb", "k=v/day=2026-01-31/x", "a&b?c#d", "käse",
                "ka\u{308}se",
                "😀", "it's \"quoted\"", "semi;colon,comma", "~tilde!*(1)@$", "a:b",
                "%", "%zz", "[x]{y}|^`<z>", ".hidden", "a..b",
            ]
            for (number, name) in names.enumerated() {
                try await subject.store.put(subject.path(name), [UInt8(number)])
            }
            for (number, name) in names.enumerated() {
                let bytes = try await subject.store.read(subject.path(name), range: nil)
                try expectEqual(bytes, [UInt8(number)], name)
            }
            // Swift's own order and equality would take two spellings of one letter for one.
            let sorted = names.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
            let found = try await subject.names().map { Array($0.utf8) }
            try expectEqual(found, sorted, "listed names")
            try await subject.store.delete(names.map { subject.path($0) })
            try expectEqual(try await subject.names(), [], "names after all were deleted")
        },
        Claim(sentence: "a backslash in a name is no slash") { subject in
            try await subject.store.put(subject.path("back\\slash"), [1])
            try await subject.store.put(subject.path("back/slash"), [2])
            try expectEqual(try await subject.names(), ["back/slash", "back\\slash"], "names")
            let bytes = try await subject.store.read(subject.path("back\\slash"), range: nil)
            try expectEqual(bytes, [1], "bytes")
        },
    ]

    static let writingClaims = [
        Claim(sentence: "writes of all sizes come out in order, and nothing shows before the end") {
            subject in
            let path = subject.path("file")
            let upload = try await subject.store.create(path)
            var expected: [UInt8] = []
            for (number, count) in [0, 1, 300_000, 7, 262_144, 262_143, 2].enumerated() {
                let piece = pattern(count, seed: number * 1_000_000)
                try await upload.writeAll(piece)
                expected += piece
            }
            try await expectError(.notFound, "before the end") {
                _ = try await subject.store.status(of: path)
            }
            try expectEqual(try await subject.names(), [], "names before the end")
            try await upload.complete()
            try expectBytes(try await subject.store.read(path, range: nil), expected, "whole")
        },
        Claim(sentence: "a large file comes out in order, and two at once do not mix") { subject in
            let store = subject.store
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...2 {
                    group.addTask {
                        let path = subject.path("large-\(number)")
                        let bytes = pattern(17_000_001, seed: number * 50_000_000)
                        let upload = try await store.create(path)
                        var written = 0
                        while written < bytes.count {
                            let count = min(1_234_567 * number, bytes.count - written)
                            try await upload.writeAll(Array(bytes[written..<written + count]))
                            written += count
                        }
                        try await expectError(.notFound, "before the end") {
                            _ = try await store.status(of: path)
                        }
                        try await upload.complete()
                        try expectBytes(try await store.read(path, range: nil), bytes, path)
                        let part = 8_388_000..<8_390_000
                        let read = try await store.read(path, range: part)
                        try expectBytes(read, Array(bytes[part]), "\(part)")
                    }
                }
                try await group.waitForAll()
            }
        },
        Claim(sentence: "a name that is taken is never overwritten", check: neverOverwritten),
        Claim(sentence: "a large file does not overwrite a name that is taken") { subject in
            let path = subject.path("file")
            let late = try await subject.store.create(path)
            try await late.writeAll(pattern(11_000_000))
            try await subject.store.put(path, [1])
            try await expectError(.alreadyExists, "complete") { try await late.complete() }
            await late.abort()
            try expectEqual(try await subject.store.read(path, range: nil), [1], "content")
        },
        Claim(sentence: "of many who create one name at once, one does") { subject in
            let path = subject.path("race")
            let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 1...8 {
                    group.addTask {
                        do {
                            try await subject.store.put(path, [UInt8(number)])
                            return number
                        } catch let error as StoreError where error.kind == .alreadyExists {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            try expectEqual(winners.count, 1, "winners")
            let content = try await subject.store.read(path, range: nil)
            try expectEqual(content, winners.map { UInt8($0) }, "content")
        },
        Claim(sentence: "a file that was given up leaves nothing, however large it was") {
            subject in
            let path = subject.path("file")
            for byteCount in [3, 11_000_000] {
                let upload = try await subject.store.create(path)
                try await upload.writeAll(pattern(byteCount))
                await upload.abort()
                try await expectError(.notFound, "\(byteCount) bytes") {
                    _ = try await subject.store.read(path, range: nil)
                }
            }
            try await subject.store.put(path, [4])
            try expectEqual(try await subject.store.read(path, range: nil), [4], "content")
        },
        Claim(sentence: "deleting works, also where nothing is, one by one and many at once") {
            subject in
            let paths = (0..<5).map { subject.path("file \($0)") }
            for path in paths { try await subject.store.put(path, [1]) }
            try await subject.store.delete(paths[0])
            try await subject.store.delete(paths[0])
            try await subject.store.delete([paths[1], paths[0], paths[3]])
            try await subject.store.delete([])
            try expectEqual(try await subject.names(), ["file 2", "file 4"], "names")
            try await expectError(.notFound, "after deleting") {
                _ = try await subject.store.read(paths[1], range: nil)
            }
        },
    ]

    private static let neverOverwritten: @Sendable (Subject) async throws -> Void = { subject in
        let path = subject.path("file")
        let late = try await subject.store.create(path)
        try await late.writeAll([9])
        try await subject.store.put(path, [1])
        try await expectError(.alreadyExists, "complete") { try await late.complete() }
        try await expectError(.alreadyExists, "put") { try await subject.store.put(path, [2]) }
        try await expectError(.alreadyExists, "put when absent") {
            try await subject.store.put(path, [3], when: .absent)
        }
        try expectEqual(try await subject.store.read(path, range: nil), [1], "content")
    }
}
