/// Where the pages of a leaf that are to be read lie.
enum LeafSource: Sendable {
    /// One after another in a range that the whole chunk takes.
    case whole(Range<Int>)
    /// Some of them, which an offset index tells of.
    case pages(dictionary: Range<Int>?, [PageLocation])
}

/// Where a page lies and which rows of the row group it has.
struct PageLocation: Sendable, Hashable {
    var bytes: Range<Int>
    var rows: Range<Int>
}

/// Where a ``LeafReader`` is.
struct LeafPosition {
    /// The next page: an offset in the file for a whole chunk, an index among chosen pages.
    var nextPage = 0
    /// Where the header of the open page lies in the file.
    var page: Int?
    var encoding = ParquetEncoding.plain
    /// Level entries of the open page that were not decoded yet.
    var entriesLeft = 0
    /// Level entries of all pages that were opened.
    var entriesOpened = 0
    /// The row of the row group that comes next.
    var row = 0
    var definitions = LevelStream.constant
    var repetitions = LevelStream.constant
    var values = ValueStream.plainFixed(offset: 0, end: 0)
    var window = LevelWindow()
}
