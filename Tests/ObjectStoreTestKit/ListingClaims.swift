internal import ObjectStore

extension ObjectStoreBehaviour {
    static let conditionClaims = [
        Claim(sentence: "a file is replaced only while it is the version that was seen") {
            subject in
            let (store, path) = (subject.store, subject.path("pointer"))
            let first = try await store.put(path, [1], when: .absent)
            try expectEqual(try await store.status(of: path).version, first, "first version")
            let second = try await store.put(path, [2, 2], when: .unchanged(first))
            try expectEqual(
                try await store.status(of: path),
                ObjectStatus(byteCount: 2, version: second),
                "status"
            )
            try await expectError(.changed, "a stale version") {
                try await store.put(path, [3], when: .unchanged(first))
            }
            try expectEqual(try await store.read(path, range: nil), [2, 2], "content")
            try await store.delete(path)
            try await expectError(.changed, "a file that is gone") {
                try await store.put(path, [4], when: .unchanged(second))
            }
        },
        Claim(sentence: "a file may be replaced without looking") { subject in
            let (store, path) = (subject.store, subject.path("hint"))
            try await store.put(path, [1], when: .always)
            try await store.put(path, [2], when: .always)
            try expectEqual(try await store.read(path, range: nil), [2], "content")
        },
        Claim(sentence: "of many who replace one version at once, one does") { subject in
            let (store, path) = (subject.store, subject.path("pointer"))
            let version = try await store.put(path, [0], when: .absent)
            let winners = try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 1...8 {
                    group.addTask {
                        do {
                            try await store.put(path, [UInt8(number)], when: .unchanged(version))
                            return number
                        } catch let error as StoreError where error.kind == .changed {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            try expectEqual(winners.count, 1, "winners")
            let content = try await store.read(path, range: nil)
            try expectEqual(content, winners.map { UInt8($0) }, "content")
        },
    ]

    static let listingClaims = [
        Claim(sentence: "a listing shows once what is below a folder, however deep") {
            subject in
            // A dash sorts before a slash, and a digit behind it.
            let names = ["a-b", "a/b/c", "a/b-c", "a", "a0", "b/x", "ab/y"]
            for name in names where name != "a" {
                try await subject.store.put(subject.path(name), [UInt8](name.utf8))
            }
            try expectEqual(
                try await subject.names(),
                ["a-b", "a/b-c", "a/b/c", "a0", "ab/y", "b/x"],
                "all"
            )
            for folder in ["a", "a/"] {
                let found = try await subject.sorted(
                    subject.store.list(below: subject.path(folder))
                )
                try expectEqual(
                    found.map(\.path),
                    [subject.path("a/b-c"), subject.path("a/b/c")],
                    "below \(folder)"
                )
                try expectEqual(found.map(\.byteCount), [5, 5], "byte counts")
                // Between 2020 and 2100, in milliseconds.
                let plausible: ClosedRange<Int64> = 1_577_836_800_000...4_102_444_800_000
                try expect(
                    found.allSatisfy { plausible.contains($0.modifiedAtMilliseconds) },
                    "times: \(found.map(\.modifiedAtMilliseconds))"
                )
            }
            let nothing = try await subject.store.list(below: subject.path("nobody"))
            try expectEqual(nothing, [], "a folder that is not there")
        },
        // The store is to be made with pages of this size.
        Claim(sentence: "a long listing comes in pages that join without a gap") { subject in
            let count = 2 * pageObjects + 5
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    if number >= 16 { try await group.next() }
                    let path = subject.path("page \(number)")
                    group.addTask { try await subject.store.put(path, []) }
                }
                try await group.waitForAll()
            }
            let names = try await subject.names()
            let expected = (0..<count).map { "page \($0)" }.sorted()
            try expectEqual(names.count, count, "files")
            try expect(names == expected, "the listing has other files")
            try await subject.store.delete(names.map { subject.path($0) })
            try expectEqual(try await subject.names(), [], "names after all were deleted")
        },
    ]
}
