internal import TableModel

/// Points in time as ISO 8601 text in UTC: `2026-01-31T23:59:59.123Z`.
enum InstantText {
    static func text(milliseconds: Int64) -> String {
        let perDay: Int64 = 86_400_000
        var (days, rest) = milliseconds.quotientAndRemainder(dividingBy: perDay)
        if rest < 0 { (days, rest) = (days - 1, rest + perDay) }
        let time = TemporalText.time(units: rest * 1000, unitsPerSecond: 1_000_000)
        // Microseconds that are none: the format counts milliseconds.
        return "\(TemporalText.date(days: days))T\(time.dropLast(3))Z"
    }
}
