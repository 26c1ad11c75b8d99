/// Reads a duration such as `500ms`, `10s`, `1.5m` or `1h`.
///
/// - Returns: Milliseconds, or nil when the text is none.
func parseDurationMilliseconds(_ text: String) -> Int? {
    parseQuantity(text, units: ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000])
}

/// Reads a size such as `64MB` (a million bytes each) or `1GiB` (powers of 1024).
///
/// - Returns: Bytes, or nil when the text is none.
func parseSizeBytes(_ text: String) -> Int? {
    parseQuantity(
        text,
        units: [
            "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
            "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
        ]
    )
}

/// Digits, at most three decimals, and a unit; whole numbers only in the result.
private func parseQuantity(_ text: String, units: [String: Int]) -> Int? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text[number.endIndex...].drop { $0 == " " }
    guard let scale = units[String(unit)], let thousandths = parseThousandths(number) else {
        return nil
    }
    let (product, overflow) = thousandths.multipliedReportingOverflow(by: scale)
    guard !overflow, product % 1000 == 0 else { return nil }
    return product / 1000
}

private func parseThousandths(_ text: Substring) -> Int? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.count <= 2, let value = Int(whole) else { return nil }
    let decimals = parts.count == 2 ? parts[1] : "0"
    guard !decimals.isEmpty, decimals.count <= 3 else { return nil }
    let padded = decimals + String(repeating: "0", count: 3 - decimals.count)
    let (thousands, overflow) = value.multipliedReportingOverflow(by: 1000)
    guard !overflow, let fraction = Int(padded) else { return nil }
    let (sum, sumOverflow) = thousands.addingReportingOverflow(fraction)
    return sumOverflow ? nil : sum
}

/// A duration as a user would write it.
func describeMilliseconds(_ milliseconds: Int) -> String {
    for (unit, scale) in [("h", 3_600_000), ("m", 60_000), ("s", 1000)]
    where milliseconds % scale == 0 && milliseconds > 0 {
        return "\(milliseconds / scale)\(unit)"
    }
    return "\(milliseconds)ms"
}

/// A size as a user would write it.
func describeBytes(_ bytes: Int) -> String {
    for (unit, scale) in [
        ("GiB", 1 << 30), ("GB", 1_000_000_000), ("MiB", 1 << 20), ("MB", 1_000_000),
        ("kB", 1000),
    ] where bytes % scale == 0 && bytes > 0 {
        return "\(bytes / scale)\(unit)"
    }
    return "\(bytes)B"
}
