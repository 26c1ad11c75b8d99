internal import Bytes

/// Dates and times, from the binlog's packed forms and from the client protocol's fields.
///
/// A value with no place in a calendar (zero dates, 31 February) gives `nil`.
enum Temporal {
    static let microsecondsPerSecond: Int64 = 1_000_000
    static let secondsPerDay = 86_400

    /// Days from 1970-01-01.
    @inline(__always)
    static func days(year: Int, month: Int, day: Int) -> Int32? {
        guard isCivilDate(year: year, month: month, day: day) else { return nil }
        return Int32(truncatingIfNeeded: daysFromCivil(year: year, month: month, day: day))
    }

    /// Microseconds from 1970-01-01 00:00:00.
    @inline(__always)
    static func microseconds(
        year: Int,
        month: Int,
        day: Int,
        hour: Int,
        minute: Int,
        second: Int,
        fraction: Int64
    ) -> Int64? {
        guard let days = days(year: year, month: month, day: day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let seconds =
            Int64(days) &* Int64(secondsPerDay) &+ Int64(hour &* 3_600 &+ minute &* 60 &+ second)
        return seconds &* microsecondsPerSecond &+ fraction
    }

    /// Big-endian bytes as an unsigned number; at most eight.
    @inline(__always)
    static func bigEndian(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for offset in 0..<count {
            value = value << 8 | UInt64(start.load(fromByteOffset: offset, as: UInt8.self))
        }
        return value
    }

    /// What one unit of a fraction of so many bytes is worth in microseconds.
    @inline(__always)
    static func microsecondsPerUnit(fractionBytes: Int) -> Int64 {
        switch fractionBytes {
        case 1: 10_000
        case 2: 100
        default: 1
        }
    }

    /// DATE of three little-endian bytes.
    @inline(__always)
    static func date(_ start: UnsafeRawPointer) -> Int32? {
        let value =
            Int(start.loadUnaligned(as: UInt16.self))
            | Int(start.load(fromByteOffset: 2, as: UInt8.self)) << 16
        return days(year: value >> 9, month: value >> 5 & 15, day: value & 31)
    }

    /// DATETIME of five big-endian bytes and its fraction.
    @inline(__always)
    static func datetime2(_ start: UnsafeRawPointer, byteCount: Int) -> Int64? {
        let packed = bigEndian(start, 5) ^ 0x80_0000_0000
        let fractionBytes = byteCount &- 5
        let fraction =
            Int64(bitPattern: bigEndian(start + 5, fractionBytes))
            &* microsecondsPerUnit(fractionBytes: fractionBytes)
        let date = Int(truncatingIfNeeded: packed >> 17)
        let time = Int(truncatingIfNeeded: packed & 0x1FFFF)
        let yearMonth = date >> 5
        return microseconds(
            year: yearMonth / 13,
            month: yearMonth % 13,
            day: date & 31,
            hour: time >> 12,
            minute: time >> 6 & 63,
            second: time & 63,
            fraction: fraction
        )
    }

    /// TIMESTAMP of four big-endian bytes and its fraction; zero is the zero date.
    @inline(__always)
    static func timestamp2(_ start: UnsafeRawPointer, byteCount: Int) -> Int64? {
        let seconds = bigEndian(start, 4)
        let fractionBytes = byteCount &- 4
        let fraction =
            Int64(bitPattern: bigEndian(start + 4, fractionBytes))
            &* microsecondsPerUnit(fractionBytes: fractionBytes)
        if seconds == 0, fraction == 0 { return nil }
        return Int64(bitPattern: seconds) &* microsecondsPerSecond &+ fraction
    }

    /// DATETIME as servers before 5.6 stored it: the digits YYYYMMDDhhmmss as a number.
    static func datetime1(_ start: UnsafeRawPointer) -> Int64? {
        let value = start.loadUnaligned(as: UInt64.self)
        guard value <= 99_991_231_235_959 else { return nil }
        let date = Int(value / 1_000_000)
        let time = Int(value % 1_000_000)
        return microseconds(
            year: date / 10_000,
            month: date / 100 % 100,
            day: date % 100,
            hour: time / 10_000,
            minute: time / 100 % 100,
            second: time % 100,
            fraction: 0
        )
    }
}

/// TIME is a span of up to ±838 hours, so it becomes the text that the server prints.
struct TimeSpan: Equatable {
    /// `-838:59:59.000000` in full.
    static let textBytesMax = 32

    var isNegative: Bool
    var hours: Int
    var minutes: Int
    var seconds: Int
    var microseconds: Int

    init(isNegative: Bool, hours: Int, minutes: Int, seconds: Int, microseconds: Int) {
        self.isNegative = isNegative
        self.hours = hours
        self.minutes = minutes
        self.seconds = seconds
        self.microseconds = microseconds
    }

    /// TIME of three big-endian bytes and its fraction, as one number that is moved up by half of
    /// its range; the sign applies to all of it.
    init(time2 start: UnsafeRawPointer, byteCount: Int) {
        let fractionBytes = byteCount - 3
        let raw = Int64(bitPattern: Temporal.bigEndian(start, byteCount))
        let value = raw - (0x80_0000 << Int64(8 * fractionBytes))
        let magnitude = value < 0 ? -value : value
        let whole = Int(magnitude >> Int64(8 * fractionBytes))
        let fraction = magnitude & (1 << Int64(8 * fractionBytes) - 1)
        isNegative = value < 0
        hours = whole >> 12 & 1023
        minutes = whole >> 6 & 63
        seconds = whole & 63
        microseconds = Int(
            fraction * Temporal.microsecondsPerUnit(fractionBytes: fractionBytes)
        )
    }

    /// TIME as servers before 5.6 stored it: the digits hhmmss as a signed number of three bytes.
    init(time1 start: UnsafeRawPointer) {
        let low = Int32(start.loadUnaligned(as: UInt16.self))
        let high = Int32(start.load(fromByteOffset: 2, as: Int8.self))
        let value = Int(high << 16 | low)
        let magnitude = abs(value)
        isNegative = value < 0
        hours = magnitude / 10_000
        minutes = magnitude / 100 % 100
        seconds = magnitude % 100
        microseconds = 0
    }

    /// Writes the text with `fractionDigits` digits behind the point.
    ///
    /// - Returns: The number of bytes written, at most ``textBytesMax``.
    func write(to target: UnsafeMutableRawPointer, fractionDigits: Int) -> Int {
        var count = 0
        func put(_ byte: UInt8) {
            target.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        func put(_ value: Int, digits: Int) {
            var power = 1
            for _ in 1..<digits { power *= 10 }
            var rest = value
            while power > 0 {
                put(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest / power % 10))
                rest %= power
                power /= 10
            }
        }
        if isNegative { put(UInt8(ascii: "-")) }
        put(hours, digits: hours > 99 ? (hours > 999 ? 4 : 3) : 2)
        put(UInt8(ascii: ":"))
        put(minutes, digits: 2)
        put(UInt8(ascii: ":"))
        put(seconds, digits: 2)
        if fractionDigits > 0 {
            put(UInt8(ascii: "."))
            var scaled = microseconds
            for _ in fractionDigits..<6 { scaled /= 10 }
            put(scaled, digits: fractionDigits)
        }
        return count
    }
}
