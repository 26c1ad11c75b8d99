internal import Bytes

/// The seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`; nil for other texts.
///
/// Source: RFC 9110 section 5.6.7, IMF-fixdate; its obsolete forms are not read.
public func secondsSince1970(ofHTTPDate text: String) -> Int? {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 6, words[0].utf8.count == 4, words[0].hasSuffix(","), words[5] == "GMT",
        let day = number(words[1], digits: 2),
        let month = monthNames.firstIndex(of: String(words[2])).map({ $0 + 1 }),
        let year = number(words[3], digits: 4),
        isCivilDate(year: year, month: month, day: day)
    else { return nil }
    let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
    guard clock.count == 3, let hours = number(clock[0], digits: 2), hours < 24,
        let minutes = number(clock[1], digits: 2), minutes < 60,
        let seconds = number(clock[2], digits: 2), seconds <= 60
    else { return nil }
    let days = daysFromCivil(year: year, month: month, day: day)
    return days * 86_400 + hours * 3600 + minutes * 60 + seconds
}

private let monthNames = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
]

private func number(_ text: Substring, digits: Int) -> Int? {
    guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    return Int(text)
}
