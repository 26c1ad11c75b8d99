internal import TableModel

/// Paths of the REST interface.
///
/// Source: Iceberg REST specification, "paths"; RFC 3986 section 2.3.
enum RESTPath {
    /// What stands between the levels of a namespace.
    static let levelSeparator = "\u{1F}"

    /// Percent-encodes everything but unreserved characters.
    static func encoded(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                encoded.append(UInt8(ascii: "%"))
                encoded.append(digits[Int(byte >> 4)])
                encoded.append(digits[Int(byte & 0xF)])
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    static func namespace(_ levels: [String]) -> String {
        "namespaces/" + encoded(levels.joined(separator: levelSeparator))
    }

    static func tables(_ namespace: [String]) -> String { self.namespace(namespace) + "/tables" }

    static func table(_ identifier: TableIdentifier) -> String {
        tables(identifier.namespace) + "/" + encoded(identifier.name)
    }

    /// `?name=value&…`, or nothing.
    static func query(_ parameters: [(String, String)]) -> String {
        let pairs = parameters.map { "\(encoded($0.0))=\(encoded($0.1))" }
        return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
    }
}
