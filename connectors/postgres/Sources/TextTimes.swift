import Bytes

/// Strict readers of the server's ISO dates and times.
///
/// Source: PostgreSQL manual, "Date/Time Output" with `datestyle` ISO.
enum TextTimes {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    private static let yearDigitsMax = 7

    /// Days from 1970-01-01 of `2024-02-29`, `0044-03-15 BC` or `12024-01-01`.
    @inline(__always)
    static func date(_ text: UnsafePointer<UInt8>, _ count: Int) -> ParsedText<Int32> {
        var end = count
        let isBeforeChrist = dropEraSuffix(text, &end)
        var index = 0
        guard let days = day(text, end, &index, isBeforeChrist: isBeforeChrist), index == end,
            let value = Int32(exactly: days)
        else { return isInfinity(text, count) ? .special : .malformed }
        return .value(value)
    }

    /// Microseconds from 1970-01-01 of `2024-02-29 12:34:56.789+00`.
    ///
    /// An offset must be there exactly when `hasOffset`. Instants beyond 64 bits of microseconds are special.
    @inline(__always)
    static func timestamp(
        _ text: UnsafePointer<UInt8>,
        _ count: Int,
        hasOffset: Bool
    ) -> ParsedText<Int64> {
        var end = count
        let isBeforeChrist = dropEraSuffix(text, &end)
        var index = 0
        guard let days = day(text, end, &index, isBeforeChrist: isBeforeChrist), index < end,
            text[index] == UInt8(ascii: " ")
        else { return isInfinity(text, count) ? .special : .malformed }
        index &+= 1
        guard let microseconds = clock(text, end, &index) else { return .malformed }
        var offset: Int64 = 0
        if hasOffset {
            guard let seconds = zoneOffset(text, end, &index) else { return .malformed }
            offset = seconds &* 1_000_000
        }
        guard index == end else { return .malformed }
        let (start, hasOverflown) = Int64(days).multipliedReportingOverflow(by: microsecondsPerDay)
        let (value, hasOverflownToo) = start.addingReportingOverflow(microseconds &- offset)
        return hasOverflown || hasOverflownToo ? .special : .value(value)
    }

    /// Microseconds from midnight of `23:59:59.5`; `24:00:00` is special.
    @inline(__always)
    static func time(_ text: UnsafePointer<UInt8>, _ count: Int) -> ParsedText<Int64> {
        var index = 0
        guard let value = clock(text, count, &index), index == count else { return .malformed }
        return value < microsecondsPerDay ? .value(value) : .special
    }

    @inline(__always)
    private static func dropEraSuffix(_ text: UnsafePointer<UInt8>, _ end: inout Int) -> Bool {
        guard end > 3, text[end &- 1] == UInt8(ascii: "C"), text[end &- 2] == UInt8(ascii: "B"),
            text[end &- 3] == UInt8(ascii: " ")
        else { return false }
        end &-= 3
        return true
    }

    @inline(never)
    private static func isInfinity(_ text: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        TextNumbers.equals(text, count, "infinity") || TextNumbers.equals(text, count, "-infinity")
    }

    /// Two digits as a number, or a number above 99.
    @inline(__always)
    private static func pair(_ text: UnsafePointer<UInt8>) -> Int {
        let tens = text[0] &- UInt8(ascii: "0")
        let ones = text[1] &- UInt8(ascii: "0")
        return tens <= 9 && ones <= 9 ? Int(tens) &* 10 &+ Int(ones) : 255
    }

    @inline(__always)
    private static func day(
        _ text: UnsafePointer<UInt8>,
        _ end: Int,
        _ index: inout Int,
        isBeforeChrist: Bool
    ) -> Int? {
        var year = 0
        while index < end, text[index] &- UInt8(ascii: "0") <= 9 {
            year = year &* 10 &+ Int(text[index] &- UInt8(ascii: "0"))
            index &+= 1
            if index > yearDigitsMax { return nil }
        }
        guard index >= 4, end &- index >= 6, text[index] == UInt8(ascii: "-"),
            text[index &+ 3] == UInt8(ascii: "-")
        else { return nil }
        let month = pair(text + (index &+ 1))
        let day = pair(text + (index &+ 4))
        index &+= 6
        // There is no year 0 before Christ: 1 BC is the year 0 of the count that goes on below it.
        if year == 0 { return nil }
        if isBeforeChrist { year = 1 &- year }
        guard isCivilDate(year: year, month: month, day: day) else { return nil }
        return daysFromCivil(year: year, month: month, day: day)
    }

    /// Microseconds of `HH:MM:SS` with up to six decimal places; at most 24:00:00.
    @inline(__always)
    private static func clock(
        _ text: UnsafePointer<UInt8>,
        _ end: Int,
        _ index: inout Int
    ) -> Int64? {
        guard end &- index >= 8, text[index &+ 2] == UInt8(ascii: ":"),
            text[index &+ 5] == UInt8(ascii: ":")
        else { return nil }
        let hour = pair(text + index)
        let minute = pair(text + (index &+ 3))
        let second = pair(text + (index &+ 6))
        guard hour <= 24, minute <= 59, second <= 59 else { return nil }
        index &+= 8
        var fraction = 0
        if index < end, text[index] == UInt8(ascii: ".") {
            index &+= 1
            var places = 0
            while index < end, text[index] &- UInt8(ascii: "0") <= 9 {
                fraction = fraction &* 10 &+ Int(text[index] &- UInt8(ascii: "0"))
                index &+= 1
                places &+= 1
                if places > 6 { return nil }
            }
            if places == 0 { return nil }
            while places < 6 {
                fraction &*= 10
                places &+= 1
            }
        }
        let seconds = hour &* 3600 &+ minute &* 60 &+ second
        let value = Int64(seconds &* 1_000_000 &+ fraction)
        return value <= microsecondsPerDay ? value : nil
    }

    /// Seconds east of Greenwich of `+00`, `+05:30` or `-00:01:15`.
    @inline(__always)
    private static func zoneOffset(
        _ text: UnsafePointer<UInt8>,
        _ end: Int,
        _ index: inout Int
    ) -> Int64? {
        guard end &- index >= 3 else { return nil }
        let sign = text[index]
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        var seconds = pair(text + (index &+ 1))
        guard seconds <= 99 else { return nil }
        seconds &*= 3600
        index &+= 3
        var unit = 60
        while unit >= 1, end &- index >= 3, text[index] == UInt8(ascii: ":") {
            let part = pair(text + (index &+ 1))
            guard part <= 59 else { return nil }
            seconds &+= part &* unit
            index &+= 3
            unit /= 60
        }
        return Int64(sign == UInt8(ascii: "-") ? 0 &- seconds : seconds)
    }
}
