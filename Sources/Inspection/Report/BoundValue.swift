internal import Bytes
internal import TableModel

/// Bounds and other single values as machines read them in rows, and cut short for people.
enum BoundValue {
    /// Characters of a text that people see; machines get all of it.
    private static let shownLengthMax = 32

    /// - `bytes`: In Iceberg's binary form. Bytes that are no value of `type`, or whose type is not
    ///   known, are shown as they are.
    static func value(_ bytes: [UInt8], as type: IcebergType?) -> ReportValue {
        guard let type, let value = SingleValue(binary: bytes, type: type) else {
            return raw(bytes)
        }
        return self.value(value, as: type)
    }

    static func value(_ value: SingleValue, as type: IcebergType) -> ReportValue {
        switch (value, type) {
        case (.boolean(let isTrue), _): .boolean(isTrue)
        case (.integer(let number), .int): .integer(number)
        case (.integer(let number), .long): .value(.string(String(number)), text: String(number))
        case (.floating(let bits), .float): floating(Float(Double(bitPattern: bits)))
        case (.floating(let bits), _): floating(Double(bitPattern: bits))
        case (.text(let bytes), _): text(String(decoding: bytes, as: UTF8.self))
        case (.binary(let bytes), _): binary(bytes)
        default: plain(value, as: type)
        }
    }

    /// Dates, times, decimals and UUIDs, which are text for both.
    private static func plain(_ value: SingleValue, as type: IcebergType) -> ReportValue {
        guard let json = value.json(as: type) else { return .null }
        guard case .string(let text) = json else { return .value(json, text: json.text) }
        return .text(text)
    }

    private static func floating<T: BinaryFloatingPoint & CustomStringConvertible>(
        _ value: T
    ) -> ReportValue {
        if value.isNaN { return .text("NaN") }
        if value.isInfinite { return .text(value < 0 ? "-Infinity" : "Infinity") }
        return .value(.number(value.description), text: value.description)
    }

    private static func text(_ text: String) -> ReportValue {
        let isLong = text.count > shownLengthMax
        let shown = isLong ? text.prefix(shownLengthMax) + "…" : text[...]
        return .value(.string(text), text: JSONValue.string(String(shown)).text)
    }

    private static func binary(_ bytes: [UInt8]) -> ReportValue {
        .value(.string(Base64Text.text(bytes)), text: shortHex(bytes))
    }

    private static func raw(_ bytes: [UInt8]) -> ReportValue {
        let json: JSONValue = ["base64": .string(Base64Text.text(bytes))]
        return .value(json, text: shortHex(bytes))
    }

    private static func shortHex(_ bytes: [UInt8]) -> String {
        let shown = HexText.text(Array(bytes.prefix(shownLengthMax / 2)))
        return "0x\(shown)\(bytes.count > shownLengthMax / 2 ? "…" : "")"
    }
}
