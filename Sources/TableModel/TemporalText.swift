internal import Bytes

/// Dates and times as ISO 8601 text.
///
/// Source: Iceberg specification, appendix D, "JSON single-value serialization".
public enum TemporalText {
    /// `2017-11-16`; years beyond four digits carry their sign.
    public static func date(days: Int64) -> String {
        let (year, month, day) = civilFromDays(Int(days))
        return "\(yearText(year))-\(padded(month, 2))-\(padded(day, 2))"
    }

    static func yearText(_ year: Int) -> String {
        switch year {
        case 0...9999: padded(year, 4)
        case 10_000...: "+\(year)"
        default: "-\(padded(-year, 4))"
        }
    }

    /// `22:31:08.123456`, with as many digits of the fraction as units have.
    ///
    /// - `unitsPerSecond`: 1,000,000 or 1,000,000,000.
    public static func time(units: Int64, unitsPerSecond: Int64) -> String {
        let seconds = units / unitsPerSecond
        let fraction = padded(Int(units % unitsPerSecond), unitsPerSecond == 1_000_000 ? 6 : 9)
        return "\(padded(Int(seconds / 3600), 2)):\(padded(Int(seconds / 60 % 60), 2)):"
            + "\(padded(Int(seconds % 60), 2)).\(fraction)"
    }

    /// `2017-11-16T22:31:08.123456`, without a zone.
    public static func timestamp(units: Int64, unitsPerSecond: Int64) -> String {
        let (days, rest) = units.flooredDivision(by: unitsPerSecond * 86_400)
        return "\(date(days: days))T\(time(units: rest, unitsPerSecond: unitsPerSecond))"
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Days from 1970-01-01 of `[+-]YYYY-MM-DD`; `nil` for other text and days no calendar has.
    public static func days(of text: String) -> Int64? {
        var reader = DigitReader(text)
        guard let days = reader.readDate(), reader.isAtEnd else { return nil }
        return days
    }

    /// Units from midnight of `HH:MM[:SS[.fraction]]`; `nil` where units cannot hold the fraction.
    public static func timeUnits(of text: String, unitsPerSecond: Int64) -> Int64? {
        var reader = DigitReader(text)
        guard let units = reader.readTime(unitsPerSecond), reader.isAtEnd else { return nil }
        return units
    }

    /// Units from 1970-01-01 of a date, `T` and a time.
    ///
    /// - `hasZone`: Whether an offset must follow, which can only be UTC's: `+00:00` or `Z`.
    public static func timestampUnits(
        of text: String,
        unitsPerSecond: Int64,
        hasZone: Bool
    ) -> Int64? {
        var reader = DigitReader(text)
        guard let days = reader.readDate(), reader.take("T"),
            let time = reader.readTime(unitsPerSecond)
        else { return nil }
        if hasZone { guard reader.take("+00:00") || reader.take("Z") else { return nil } }
        guard reader.isAtEnd else { return nil }
        let (start, overflows) = days.multipliedReportingOverflow(by: unitsPerSecond * 86_400)
        let (units, addingOverflows) = start.addingReportingOverflow(time)
        return overflows || addingOverflows ? nil : units
    }
}

extension Int64 {
    /// The quotient rounded down and the remainder, which is never negative.
    @inline(__always)
    func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Walks ASCII text of fixed fields.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        let matches = text.withUTF8Buffer { rest.prefix(length).elementsEqual($0) }
        if matches { rest = rest.dropFirst(length) }
        return matches
    }

    /// Reads at least `minCount` and at most `maxCount` digits.
    mutating func readNumber(_ minCount: Int, _ maxCount: Int) -> Int64? {
        let digits = rest.prefix(maxCount).prefix { (0x30...0x39).contains($0) }
        guard digits.count >= minCount else { return nil }
        rest = rest.dropFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    mutating func readDate() -> Int64? {
        let isNegative = take("-")
        let yearDigitsMax = isNegative || take("+") ? 9 : 4
        guard let year = readNumber(4, yearDigitsMax), take("-"), let month = readNumber(2, 2),
            take("-"), let day = readNumber(2, 2)
        else { return nil }
        let signedYear = Int(isNegative ? -year : year)
        guard isCivilDate(year: signedYear, month: Int(month), day: Int(day)) else { return nil }
        return Int64(daysFromCivil(year: signedYear, month: Int(month), day: Int(day)))
    }

    mutating func readTime(_ unitsPerSecond: Int64) -> Int64? {
        guard let hour = readNumber(2, 2), hour < 24, take(":"), let minute = readNumber(2, 2),
            minute < 60
        else { return nil }
        var units = (hour * 3600 + minute * 60) * unitsPerSecond
        if take(":") {
            guard let second = readNumber(2, 2), second < 60 else { return nil }
            units += second * unitsPerSecond
            if take(".") {
                guard let fraction = readFraction(unitsPerSecond) else { return nil }
                units += fraction
            }
        }
        return units
    }

    /// Digits behind the point; those beyond the unit must be zeros.
    private mutating func readFraction(_ unitsPerSecond: Int64) -> Int64? {
        var unit = unitsPerSecond
        var fraction: Int64 = 0
        var count = 0
        while let digit = readNumber(1, 1) {
            unit /= 10
            if unit == 0, digit != 0 { return nil }
            fraction += digit * unit
            count += 1
        }
        return count > 0 ? fraction : nil
    }
}
