extension Int32 {
    /// The id after this one, which may come from a file of others and be the last there is.
    ///
    /// - `kind`: What gets the id: `schema`.
    /// - Throws: ``TableUpdateError`` `.invalid`.
    func nextID(of kind: String) throws(TableUpdateError) -> Int32 {
        let (next, overflows) = addingReportingOverflow(1)
        guard !overflows else {
            throw TableUpdateError(.invalid, "no ids are left for a \(kind), the last was \(self)")
        }
        return next
    }
}
