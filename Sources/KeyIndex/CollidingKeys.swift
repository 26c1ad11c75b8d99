/// Two keys have one fingerprint.
///
/// What was noted under the fingerprint cannot be told apart; index and epoch are to be thrown away
/// and begun anew under another secret, under which these keys have different fingerprints.
public struct CollidingKeys: Error, Equatable, Sendable, CustomStringConvertible {
    public init() {}

    public var description: String {
        "two keys of the table have the same fingerprint; its key index is built anew under another "
            + "secret"
    }
}
