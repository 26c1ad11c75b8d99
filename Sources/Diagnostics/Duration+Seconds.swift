extension Duration {
    /// Seconds to two decimals, as log lines have them.
    public var seconds: Double {
        let parts = components
        return Double(parts.seconds) + (Double(parts.attoseconds) / 1e16).rounded() / 100
    }
}
