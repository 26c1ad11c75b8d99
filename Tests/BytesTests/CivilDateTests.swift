import Bytes
import Testing

@Suite("Civil dates")
struct CivilDateTests {
    @Test(
        "known days count from 1970-01-01",
        arguments: [
            (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017),
            (1, 1, 1, -719_162), (0, 3, 1, -719_468), (9999, 12, 31, 2_932_896),
            (-4713, 11, 24, -2_440_588), (294_247, 1, 10, 106_751_991),
        ]
    )
    func known(_ year: Int, _ month: Int, _ day: Int, _ days: Int) {
        #expect(daysFromCivil(year: year, month: month, day: day) == days)
        #expect(civilFromDays(days) == (year, month, day))
    }

    /// A walk by the rules of the calendar, independent of the formula.
    @Test("800 years on both sides of year 0 count on day by day")
    func walk() {
        var (year, month, day) = (-400, 1, 1)
        var days = daysFromCivil(year: year, month: month, day: day)
        while year < 400 {
            #expect(civilFromDays(days) == (year, month, day))
            #expect(daysFromCivil(year: year, month: month, day: day) == days)
            days += 1
            day += 1
            if !isCivilDate(year: year, month: month, day: day) { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
        }
        #expect(days == daysFromCivil(year: 400, month: 1, day: 1))
    }

    @Test(
        "only days that a calendar has are dates",
        arguments: [
            (2023, 2, 29, false), (2024, 2, 29, true), (1900, 2, 29, false), (2000, 2, 29, true),
            (2000, 2, 30, false), (2024, 4, 31, false), (2024, 4, 30, true), (2024, 12, 31, true),
            (2024, 13, 1, false), (2024, 0, 1, false), (2024, 1, 0, false), (2024, 1, 32, false),
            (0, 2, 29, true), (-1, 2, 29, false),
        ]
    )
    func calendar(_ year: Int, _ month: Int, _ day: Int, _ expected: Bool) {
        #expect(isCivilDate(year: year, month: month, day: day) == expected)
    }
}
