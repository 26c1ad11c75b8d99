import Testing

@Suite("The house")
struct HouseTests {
    static let files = swiftFiles(below: ["Sources", "connectors"])
    static let sources = files.filter { $0.module != nil }

    @Test("no import climbs, and every target has a floor")
    func imports() {
        #expect(Self.sources.count > 40, "found only \(Self.sources.count) files: a wrong folder?")
        for file in Self.sources {
            guard let module = file.module else { continue }
            for imported in file.imports {
                let step = ImportStep(module, imported)
                if let objection = objection(to: step) {
                    Issue.record("\(file.path): \(objection)")
                }
            }
        }
    }

    @Test("every module with a floor is there, and every step agreed on is taken")
    func planIsCurrent() {
        let modules = Set(Self.sources.compactMap(\.module))
        #expect(Set(floors.keys).subtracting(modules).sorted() == [])
        let steps = Set(
            Self.sources.flatMap { file in
                file.imports.map { ImportStep(file.module ?? "", $0) }
            }
        )
        for step in agreedSteps.keys where !steps.contains(step) {
            Issue.record("\(step.from) no longer imports \(step.to): remove the agreed step")
        }
    }

    @Test("a file holds one concept: at most 600 lines")
    func fileLengths() {
        for file in Self.files + swiftFiles(below: ["Tests"]) {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(lines <= 600, "\(file.path) has \(lines) lines: part it by concept")
        }
    }

    @Test("nothing in the sources traps on purpose where a value may be missing")
    func forcing() {
        for file in Self.sources {
            for (number, line) in file.text.split(
                separator: "\n",
                omittingEmptySubsequences: false
            ).enumerated() {
                let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
                // Nothing can be done about memory that is not there.
                guard !code.contains("fatalError(\"no memory") else { continue }
                for word in ["try!", "as!", "fatalError("] where code.contains(word) {
                    Issue.record("\(file.path):\(number + 1): \(word) traps: throw an error")
                }
            }
        }
    }
}

@Suite("The plan of the house")
struct HousePlanTests {
    @Test(
        "an import that climbs is refused with what to do",
        arguments: [
            (ImportStep("Bytes", "Columns"), "never climbs"),
            (ImportStep("Parquet", "Pipeline"), "never climbs"),
            (ImportStep("TableCommit", "ChangeMerge"), "neighbour"),
            (ImportStep("MySQLConnector", "TableWriter"), "hand the data over"),
            (ImportStep("MySQLConnector", "PostgresConnector"), "only the program may"),
            (ImportStep("Pipeline", "SQLiteCatalog"), "only the program may"),
            (ImportStep("Parquet", "Foundation"), "use Glibc"),
            (ImportStep("Iceberg", "FoundationEssentials"), "use Glibc"),
            (ImportStep("Pipeline", "CPQ"), "wrap it"),
            (ImportStep("Attic", "Bytes"), "no floor"),
            (ImportStep("Bytes", "Attic"), "does not know"),
        ]
    )
    func refused(_ step: ImportStep, _ words: String) throws {
        let sentence = try #require(objection(to: step))
        #expect(sentence.contains(words))
    }

    @Test(
        "an import that goes down is allowed",
        arguments: [
            ImportStep("Pipeline", "TableWriter"), ImportStep("frazil", "MySQLConnector"),
            ImportStep("Parquet", "Bytes"), ImportStep("MySQLConnector", "SourceInterface"),
            ImportStep("frazil", "Foundation"), ImportStep("Catalog", "Iceberg"),
        ]
    )
    func allowed(_ step: ImportStep) {
        #expect(objection(to: step) == nil)
    }

    @Test("imports are found in all their spellings")
    func spellings() {
        let file = SourceFile(
            path: "Sources/Bytes/A.swift",
            text: """
                public import Glibc
                @testable internal import A.B
                @preconcurrency import struct Foundation.Date
                // import Nothing
                let text = "import Nothing"
                """
        )
        #expect(file.imports == ["Glibc", "A", "Foundation"])
        #expect(file.module == "Bytes")
    }
}
