internal import Bytes
internal import Glibc

/// A moment as AWS writes it: `20150830T123600Z`.
struct AWSTimestamp {
    let text: String
    /// `20150830`.
    var day: Substring { text.prefix(8) }

    init(secondsSince1970 seconds: Int) {
        let (days, rest) = seconds.quotientAndFloorRemainder(dividingBy: 86_400)
        let (year, month, day) = civilFromDays(days)
        let parts = [(year, 4), (month, 2), (day, 2)].map(Self.padded).joined()
        let clock = [(rest / 3600, 2), (rest / 60 % 60, 2), (rest % 60, 2)].map(Self.padded)
        text = "\(parts)T\(clock.joined())Z"
    }

    private static func padded(_ number: Int, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}

extension Int {
    fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Seconds since 1970 of `2026-01-31T12:00:00Z`, with or without a fraction; nil for other texts.
public func secondsSince1970(ofISODate text: String) -> Int? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes.last == UInt8(ascii: "Z"), bytes[4] == UInt8(ascii: "-"),
        bytes[7] == UInt8(ascii: "-"), bytes[10] == UInt8(ascii: "T"),
        bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
        bytes.count == 20 || bytes[19] == UInt8(ascii: ".")
    else { return nil }
    func number(_ range: Range<Int>) -> Int? {
        let digits = bytes[range]
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
        isCivilDate(year: year, month: month, day: day), let hours = number(11..<13), hours < 24,
        let minutes = number(14..<16), minutes < 60, let seconds = number(17..<19), seconds <= 60
    else { return nil }
    let days = daysFromCivil(year: year, month: month, day: day)
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds
}

/// Seconds since 1970 by the machine's clock.
public func wallClockSeconds() -> Int { time(nil) }
